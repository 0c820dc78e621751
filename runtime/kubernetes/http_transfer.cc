#include "runtime/kubernetes/http_transfer.h"

#include "absl/strings/str_cat.h"

namespace weft::kubernetes {
namespace {

constexpr long kConnectSeconds = 5;
// A stopped machine is noticed after about 10 + 3 * 5 seconds, also on a watch that nothing comes
// by.
constexpr long kKeepAliveIdleSeconds = 10;
constexpr long kKeepAliveIntervalSeconds = 5;
// A server ends a connection that nothing was asked on for a while, and what is sent on it then is
// lost. Source: kube-apiserver, 90 s.
constexpr long kIdleSeconds = 60;
// The largest answer that is held whole: a page of 500 objects is far below.
constexpr size_t kLargestBody = 256 << 20;

curl_blob Blob(const std::string& text) {
  // NOCOPY: libcurl only reads it.
  return {const_cast<char*>(text.data()), text.size(), CURL_BLOB_NOCOPY};
}

}  // namespace

HttpClient::Transfer::Transfer(const Settings& settings, const HttpRequest& request, Sink sink)
    : easy_(curl_easy_init()),
      request_(request),
      sink_(std::move(sink)),
      url_(absl::StrCat(settings.url, request.path)) {
  if (!settings.token.empty())
    headers_ =
        curl_slist_append(headers_, absl::StrCat("Authorization: Bearer ", settings.token).c_str());
  if (!settings.connect_to.empty())
    connect_to_ = curl_slist_append(nullptr, settings.connect_to.c_str());
  curl_easy_setopt(easy_, CURLOPT_USERAGENT, settings.user_agent.c_str());
  SetSecurity(settings.access);
  SetRequest();
}

HttpClient::Transfer::~Transfer() {
  curl_easy_cleanup(easy_);
  curl_slist_free_all(headers_);
  curl_slist_free_all(connect_to_);
}

void HttpClient::Transfer::SetSecurity(const ClusterAccess& access) {
  curl_easy_setopt(easy_, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  if (!access.ca.empty()) {
    curl_blob blob = Blob(access.ca);
    curl_easy_setopt(easy_, CURLOPT_CAINFO_BLOB, &blob);
    curl_easy_setopt(easy_, CURLOPT_CAPATH, nullptr);  // Not the machine's as well.
  }
  if (access.insecure_skip_verify) {
    curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (!access.client_certificate.empty()) {
    curl_blob certificate = Blob(access.client_certificate), key = Blob(access.client_key);
    curl_easy_setopt(easy_, CURLOPT_SSLCERT_BLOB, &certificate);
    curl_easy_setopt(easy_, CURLOPT_SSLKEY_BLOB, &key);
  }
  if (!access.proxy_url.empty()) curl_easy_setopt(easy_, CURLOPT_PROXY, access.proxy_url.c_str());
}

void HttpClient::Transfer::SetRequest() {
  curl_easy_setopt(easy_, CURLOPT_URL, url_.c_str());
  curl_easy_setopt(easy_, CURLOPT_PATH_AS_IS, 1L);  // Else "..", a name here, is a step upwards.
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  headers_ = curl_slist_append(headers_, "Accept: application/json");
  if (!request_.body.empty()) {
    headers_ =
        curl_slist_append(headers_, absl::StrCat("Content-Type: ", request_.content_type).c_str());
    headers_ = curl_slist_append(headers_, "Expect:");  // No waiting for "100 Continue".
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, request_.body.data());
  }
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_);
  if (connect_to_ != nullptr) curl_easy_setopt(easy_, CURLOPT_CONNECT_TO, connect_to_);
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  if (request_.timeout < absl::InfiniteDuration())
    curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS,
                     static_cast<long>(absl::ToInt64Milliseconds(request_.timeout)));
  curl_easy_setopt(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy_, CURLOPT_TCP_KEEPIDLE, kKeepAliveIdleSeconds);
  curl_easy_setopt(easy_, CURLOPT_TCP_KEEPINTVL, kKeepAliveIntervalSeconds);
  curl_easy_setopt(easy_, CURLOPT_MAXAGE_CONN, kIdleSeconds);
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &Transfer::OnBytes);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
}

size_t HttpClient::Transfer::OnBytes(char* bytes, size_t size, size_t count, void* self) {
  Transfer& transfer = *static_cast<Transfer*>(self);
  const size_t length = size * count;
  long status = 0;
  curl_easy_getinfo(transfer.easy_, CURLINFO_RESPONSE_CODE, &status);
  if (transfer.sink_.on_data && status >= 200 && status < 300)
    return transfer.sink_.on_data({bytes, length}) ? length : CURL_WRITEFUNC_PAUSE;
  if (transfer.body_.size() + length > kLargestBody) return 0;  // An error: cuts the transfer.
  transfer.body_.append(bytes, length);
  return length;
}

absl::StatusOr<HttpResponse> HttpClient::Transfer::Result(CURLcode code) {
  if (code != CURLE_OK) {
    return absl::UnavailableError(absl::StrCat(
        request_.method, " ", url_, ": ", *error_ != '\0' ? error_ : curl_easy_strerror(code)));
  }
  HttpResponse response;
  long status = 0;
  curl_off_t retry_after = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy_, CURLINFO_RETRY_AFTER, &retry_after);
  response.status = static_cast<int>(status);
  response.retry_after = absl::Seconds(retry_after);
  response.body = std::move(body_);
  return response;
}

void HttpClient::Transfer::End(absl::StatusOr<HttpResponse> response) {
  sink_.on_end(std::move(response));
  std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

void HttpClient::Transfer::WaitForEnd() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ended_; });
}

}  // namespace weft::kubernetes
