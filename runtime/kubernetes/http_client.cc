#include "runtime/kubernetes/http_client.h"

#include <curl/curl.h>
#include <fstream>
#include <spdlog/spdlog.h>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "runtime/kubernetes/http_transfer.h"

namespace weft::kubernetes {
namespace {

constexpr int kPollMilliseconds = 1000;
constexpr long kKeptConnections = 64;
// Kubernetes rotates the token of a service account well before it expires; its own clients read
// the file again as often.
constexpr absl::Duration kTokenAge = absl::Minutes(1);

// `server` with its host replaced by `name`, and what tells libcurl to connect to that host anyway:
// the name that TLS asks for and checks is the URL's.
void RenameHost(std::string& server, const std::string& name, std::string& connect_to) {
  const size_t host = server.find("://") + 3;
  const size_t end = std::min(server.find('/', host), server.size());
  std::string authority = server.substr(host, end - host);
  const size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string::npos && authority.find(']', colon) == std::string::npos;
  if (!has_port) authority += server.rfind("https", 0) == 0 ? ":443" : ":80";
  const std::string port = authority.substr(authority.rfind(':'));
  connect_to = absl::StrCat(name, port, ":", authority);
  server.replace(host, end - host, name + port);
}

}  // namespace

std::string UrlEncode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || std::string_view("-._~").find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
  return out;
}

absl::StatusOr<std::unique_ptr<HttpClient>> HttpClient::Make(ClusterAccess access,
                                                             std::string user_agent) {
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  std::unique_ptr<HttpClient> client(new HttpClient(std::move(access), std::move(user_agent)));
  client->multi_ = initialized == CURLE_OK ? curl_multi_init() : nullptr;
  if (client->multi_ == nullptr) return absl::FailedPreconditionError("libcurl does not start");
  curl_multi_setopt(client->multi_, CURLMOPT_MAXCONNECTS, kKeptConnections);
  client->thread_ = std::thread([raw = client.get()] { raw->Run(); });
  return client;
}

HttpClient::HttpClient(ClusterAccess access, std::string user_agent)
    : access_(std::move(access)), user_agent_(std::move(user_agent)), url_(access_.server) {
  if (!access_.tls_server_name.empty()) RenameHost(url_, access_.tls_server_name, connect_to_);
}

HttpClient::~HttpClient() {
  if (thread_.joinable()) {
    Post([this] { stopping_ = true; });
    thread_.join();
  }
  if (multi_ != nullptr) curl_multi_cleanup(multi_);
}

absl::StatusOr<HttpResponse> HttpClient::Send(const HttpRequest& request) {
  absl::StatusOr<HttpResponse> result = absl::UnavailableError("not sent");
  const auto transfer = Begin(request, {nullptr, [&](absl::StatusOr<HttpResponse> response) {
                                          result = std::move(response);
                                        }});
  transfer->WaitForEnd();
  return result;
}

std::unique_ptr<HttpClient::Stream> HttpClient::Open(const HttpRequest& request, Sink sink) {
  return std::unique_ptr<Stream>(new Stream(*this, Begin(request, std::move(sink))));
}

std::shared_ptr<HttpClient::Transfer> HttpClient::Begin(const HttpRequest& request, Sink sink) {
  auto transfer = std::make_shared<Transfer>(
      Transfer::Settings{access_, url_, connect_to_, user_agent_, Token()}, request,
      std::move(sink));
  Post([this, transfer] {
    curl_easy_setopt(transfer->easy(), CURLOPT_PRIVATE, transfer.get());
    curl_multi_add_handle(multi_, transfer->easy());
    transfers_.emplace(transfer.get(), transfer);
  });
  return transfer;
}

std::string HttpClient::Token() {
  if (access_.token_file.empty()) return access_.token;
  std::lock_guard lock(mutex_);
  if (const absl::Time now = absl::Now(); now - token_read_ > kTokenAge) {
    std::ifstream in(access_.token_file);
    std::stringstream text;
    if (in && text << in.rdbuf()) {
      token_ = std::string(absl::StripAsciiWhitespace(text.str()));
      token_read_ = now;
    } else {
      spdlog::warn("msg=\"cannot read the token\" file={}", access_.token_file);
    }
  }
  return token_.empty() ? access_.token : token_;
}

void HttpClient::Post(std::function<void()> task) {
  {
    std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  curl_multi_wakeup(multi_);
}

void HttpClient::Run() {
  for (RunTasks(); !stopping_; RunTasks()) {
    int running = 0;
    curl_multi_perform(multi_, &running);
    TakeFinished();
    curl_multi_poll(multi_, nullptr, 0, kPollMilliseconds, nullptr);
  }
  while (!transfers_.empty()) End(transfers_.begin()->first, absl::UnavailableError("stopping"));
}

void HttpClient::RunTasks() {
  std::vector<std::function<void()>> tasks;
  {
    std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (const auto& task : tasks) task();
}

void HttpClient::TakeFinished() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;  // The message ends with its handle's removal.
    Transfer* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    End(transfer, transfer->Result(code));
  }
}

void HttpClient::End(Transfer* transfer, absl::StatusOr<HttpResponse> response) {
  const auto node = transfers_.extract(transfer);
  if (node.empty()) return;
  curl_multi_remove_handle(multi_, transfer->easy());
  transfer->End(std::move(response));
}

HttpClient::Stream::Stream(HttpClient& client, std::shared_ptr<Transfer> transfer)
    : client_(client), transfer_(std::move(transfer)) {}

HttpClient::Stream::~Stream() {
  client_.Post([client = &client_, transfer = transfer_] {
    client->End(transfer.get(), absl::UnavailableError("cut"));
  });
  transfer_->WaitForEnd();
}

void HttpClient::Stream::Resume() {
  client_.Post([client = &client_, transfer = transfer_] {
    if (client->transfers_.count(transfer.get()) > 0)
      curl_easy_pause(transfer->easy(), CURLPAUSE_CONT);
  });
}

}  // namespace weft::kubernetes
