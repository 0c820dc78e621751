#include "plugins/workloads/faas/testing.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace weft::faas {
namespace {

constexpr long kAnswerSeconds = 90;

size_t TakeBody(char* bytes, size_t size, size_t count, void* answer) {
  static_cast<Answer*>(answer)->body.append(bytes, size * count);
  return size * count;
}

size_t TakeHeader(char* bytes, size_t size, size_t count, void* answer) {
  const std::string line(bytes, size * count);
  const size_t colon = line.find(':');
  if (colon != std::string::npos)
    static_cast<Answer*>(answer)->headers[absl::AsciiStrToLower(line.substr(0, colon))] =
        std::string(absl::StripAsciiWhitespace(line.substr(colon + 1)));
  return size * count;
}

// A socket bound to `address`; -1 with `port` 0: the machine cannot.
int Bind(const std::string& address, int& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in at = {};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET, address.c_str(), &at.sin_addr);
  socklen_t size = sizeof at;
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&at), size) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) == 0;
  port = bound ? ntohs(at.sin_port) : 0;
  return fd;
}

// Reads until `input` ends the first piece that `length` knows the length of. False: it ended.
bool ReadUntil(int fd, std::string& input, const std::function<size_t()>& length) {
  char bytes[4096];
  while (length() == std::string::npos || input.size() < length()) {
    const ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    if (n <= 0) return false;
    input.append(bytes, static_cast<size_t>(n));
  }
  return true;
}

size_t HeadLength(const std::string& input) {
  const size_t end = input.find("\r\n\r\n");
  return end == std::string::npos ? end : end + 4;
}

// Of a chunked body without trailers.
std::string Decode(const std::string& chunked) {
  std::string body;
  for (size_t at = 0; at < chunked.size();) {
    const size_t size = std::stoul(chunked.substr(at), nullptr, 16);
    at = chunked.find("\r\n", at) + 2;
    body += chunked.substr(at, size);
    at += size + 2;
  }
  return body;
}

// Takes one request off `input`, reading what is missing of it. False: the client is gone.
bool ReadRequest(int fd, std::string& input, std::string& head, std::string& body) {
  if (!ReadUntil(fd, input, [&] { return HeadLength(input); })) return false;
  head = input.substr(0, HeadLength(input));
  input.erase(0, head.size());
  const std::string lower = absl::AsciiStrToLower(head);
  if (absl::StrContains(lower, "transfer-encoding: chunked")) {
    constexpr char kLast[] = "0\r\n\r\n";
    const auto length = [&] {
      const size_t last = absl::StartsWith(input, kLast) ? 0 : input.find("\r\n0\r\n\r\n");
      return last == std::string::npos ? last : last == 0 ? 5 : last + 7;
    };
    if (!ReadUntil(fd, input, length)) return false;
    const size_t whole = length();
    body = Decode(input.substr(0, whole));
    input.erase(0, whole);
    return true;
  }
  constexpr char kLength[] = "content-length: ";
  const size_t at = lower.find(kLength);
  const size_t size =
      at == std::string::npos ? 0 : std::stoul(lower.substr(at + sizeof kLength - 1));
  if (!ReadUntil(fd, input, [&] { return size; })) return false;
  body = input.substr(0, size);
  input.erase(0, size);
  return true;
}

}  // namespace

Client::Client(std::string socket) : socket_(std::move(socket)), curl_(curl_easy_init()) {}

Client::~Client() { curl_easy_cleanup(curl_); }

Answer Client::Ask(const std::string& method, const std::string& url, const std::string& body,
                   const std::vector<std::string>& headers) {
  Answer answer;
  curl_easy_reset(curl_);  // Keeps the connection.
  curl_easy_setopt(curl_, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl_, CURLOPT_PROXY, "");
  if (!socket_.empty()) curl_easy_setopt(curl_, CURLOPT_UNIX_SOCKET_PATH, socket_.c_str());
  curl_easy_setopt(curl_, CURLOPT_TIMEOUT, kAnswerSeconds);
  curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, TakeBody);
  curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &answer);
  curl_easy_setopt(curl_, CURLOPT_HEADERFUNCTION, TakeHeader);
  curl_easy_setopt(curl_, CURLOPT_HEADERDATA, &answer);
  if (method == "HEAD") {
    curl_easy_setopt(curl_, CURLOPT_NOBODY, 1L);
  } else if (method == "POST" || method == "PUT") {
    curl_easy_setopt(curl_, CURLOPT_POST, 1L);
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, body.data());
  }
  curl_easy_setopt(curl_, CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_slist* list = nullptr;
  for (const std::string& header : headers) list = curl_slist_append(list, header.c_str());
  curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, list);
  const CURLcode code = curl_easy_perform(curl_);
  curl_slist_free_all(list);
  long status = 0;
  long connections = 0;
  curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(curl_, CURLINFO_NUM_CONNECTS, &connections);
  answer.status = code == CURLE_OK ? static_cast<int>(status) : 0;
  answer.anew = connections > 0;
  answer.error = code == CURLE_OK ? "" : curl_easy_strerror(code);
  return answer;
}

Backend::Backend(Handler handler, const std::string& address, int port)
    : handler_(std::move(handler)), port_(port) {
  listener_ = Bind(address, port_);
  listen(listener_, SOMAXCONN);
  accepting_ = std::thread([this] { Accept(); });
}

Backend::~Backend() {
  shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  close(listener_);
  {
    std::lock_guard lock(mutex_);
    for (const int connection : open_) shutdown(connection, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
}

int Backend::connections() const {
  std::lock_guard lock(mutex_);
  return static_cast<int>(threads_.size());
}

void Backend::Accept() {
  while (true) {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    std::lock_guard lock(mutex_);
    open_.insert(connection);
    threads_.emplace_back([this, connection] { Serve(connection); });
  }
}

void Backend::Serve(int connection) {
  std::string input, head, body;
  while (ReadRequest(connection, input, head, body)) {
    const std::string answer = handler_(head, body);
    if (answer.empty()) break;
    send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
    if (absl::StrContains(answer, "Connection: close")) break;
  }
  std::lock_guard lock(mutex_);
  open_.erase(connection);
  close(connection);
}

std::string Ok(const std::string& body) {
  return absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", body.size(), "\r\n\r\n", body);
}

}  // namespace weft::faas
