#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace weft::kubernetes {

struct HttpRequest {
  std::string method = "GET";
  std::string path;  // Behind the server's URL, with its query, percent-encoded: "/version".
  std::string body;
  std::string content_type = "application/json";
  absl::Duration timeout = absl::Seconds(10);  // Of the whole exchange; infinite: none.
};

struct HttpResponse {
  int status = 0;
  std::string body;
  absl::Duration retry_after = absl::ZeroDuration();  // As the server asks; zero: it does not.

  bool ok() const { return status >= 200 && status < 300; }
};

// Somewhere to send requests of the Kubernetes API.
class ApiServer {
 public:
  virtual ~ApiServer() = default;
  // Any HTTP status is a response. UNAVAILABLE: there was none; whether the request was carried out
  // is not known. Blocks. Thread-safe.
  virtual absl::StatusOr<HttpResponse> Send(const HttpRequest& request) = 0;
};

// `text` percent-encoded for a path segment or a query value: RFC 3986 section 2.3.
std::string UrlEncode(std::string_view text);

}  // namespace weft::kubernetes
