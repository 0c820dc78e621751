#pragma once

#include <condition_variable>
#include <curl/curl.h>
#include <mutex>
#include <string>

#include "runtime/kubernetes/http_client.h"

namespace weft::kubernetes {

// One exchange: libcurl's easy handle and all that must live as long.
class HttpClient::Transfer {
 public:
  struct Settings {
    const ClusterAccess& access;  // Outlives the transfer.
    std::string url;
    std::string connect_to;
    std::string user_agent;
    std::string token;
  };
  Transfer(const Settings& settings, const HttpRequest& request, Sink sink);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURL* easy() { return easy_; }
  // What libcurl's end of the exchange amounts to.
  absl::StatusOr<HttpResponse> Result(CURLcode code);
  // Tells the sink, then those who wait.
  void End(absl::StatusOr<HttpResponse> response);
  void WaitForEnd();

 private:
  void SetSecurity(const ClusterAccess& access);
  void SetRequest();
  static size_t OnBytes(char* bytes, size_t size, size_t count, void* self);

  CURL* const easy_;
  const HttpRequest request_;
  const Sink sink_;
  const std::string url_;
  curl_slist* headers_ = nullptr;
  curl_slist* connect_to_ = nullptr;
  char error_[CURL_ERROR_SIZE] = "";
  std::string body_;  // Of an answer that the sink is not given in pieces.
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
};

}  // namespace weft::kubernetes
