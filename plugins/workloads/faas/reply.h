#pragma once

#include <string>

#include "absl/status/status.h"
#include "plugins/workloads/faas/http.h"

namespace weft::faas {

// An answer of the gateway itself.
struct Reply {
  http::status status = http::status::ok;
  std::string body;
  std::string content_type = "text/plain; charset=utf-8";
  int retry_after_seconds = 0;  // 0: not said.
};

// What a client is told of a function that cannot be reached: 404, or 503 with when to try again.
Reply ReplyOf(const absl::Status& status);

// Answers the request of which `request` has read the header. True: the connection can take
// another. A request whose body was not read ends its connection.
asio::awaitable<bool> SendReply(ClientStream& client, const RequestParser& request, Reply reply);

// Ends a connection so that the last answer arrives although the client may still send: without
// reading on, the kernel would reset it. Takes 1 s at most. Source: RFC 9112, section 9.6.
asio::awaitable<void> EndConnection(ClientStream& client);

}  // namespace weft::faas
