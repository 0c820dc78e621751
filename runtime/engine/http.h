#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/engine/engine.h"
#include "runtime/engine/raw_connection.h"

namespace weft::engine {

struct HttpRequest {
  std::string method;  // "GET", "POST", "DELETE"
  std::string target;  // "/v1.41/containers/json?all=1", percent-encoded.
  std::string body;
  std::string content_type = "application/json";
  std::string registry_auth = {};  // X-Registry-Auth; empty: without.
};

struct HttpResponse {
  int status = 0;
  std::string body;
};

// HTTP/1.1 over a unix socket, a connection for each request: the engine is on this machine, where
// a connection costs tens of microseconds, and a pool would have to tell a closed connection from a
// failed request. Thread-safe. UNAVAILABLE: no connection, or it broke. DEADLINE_EXCEEDED.
class HttpClient {
 public:
  explicit HttpClient(std::string socket_path) : socket_path_(std::move(socket_path)) {}

  // Any HTTP status is a response. `deadline` is for the whole exchange.
  absl::StatusOr<HttpResponse> Send(const HttpRequest& request, absl::Duration deadline) const;

  // Sends `body` in chunks instead of the request's. `deadline` is for each chunk, and for the
  // response.
  absl::StatusOr<HttpResponse> Upload(const HttpRequest& request, const ChunkSource& body,
                                      absl::Duration deadline) const;

  // Hands the body of a successful response to `sink` as it comes. `opened` (may be empty) is
  // called after the header. `silence` is the longest time without a byte. A response that is no
  // success is returned whole instead; OK with status 200 is the stream's end.
  absl::StatusOr<HttpResponse> Stream(const HttpRequest& request, StreamControl& control,
                                      absl::Duration silence, const std::function<void()>& opened,
                                      const ChunkSink& sink) const;

  // Asks for the protocol "tcp". `deadline` is for the answer; the connection has none. Any other
  // status than 101 is `refused`, and there is no connection: null. Errors as of the class.
  absl::StatusOr<std::unique_ptr<RawConnection>> Upgrade(const HttpRequest& request,
                                                         absl::Duration deadline,
                                                         HttpResponse& refused) const;

 private:
  const std::string socket_path_;
};

// `text` percent-encoded for a query value: RFC 3986 section 2.3.
std::string UrlEncode(std::string_view text);

}  // namespace weft::engine
