#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/connection.h"
#include "core/base/two_way_call.h"

namespace weft {

// At once, by one program: each has two threads or three.
inline constexpr int kMostConnections = 256;

// A call that is a connection to a port of a pod: of `Forward` in weft.core.v1 and weft.runtime.v1,
// whose messages are alike.
template <typename Request, typename Response>
class ConnectionCall final : public TwoWayCall<Request, Response, Connection> {
 public:
  using First = std::decay_t<decltype(std::declval<Request>().start())>;
  // Connects to where the first message says; its port is one. Blocks.
  using Connect = std::function<absl::StatusOr<std::unique_ptr<Connection>>(const First& first)>;

  // `limit` outlives it.
  ConnectionCall(StreamLimit& limit, Connect connect)
      : TwoWayCall<Request, Response, Connection>(limit), connect_(std::move(connect)) {
    this->Begin();
  }

 private:
  absl::StatusOr<std::unique_ptr<Connection>> Open(const Request& first) override {
    if (!first.has_start())
      return absl::InvalidArgumentError("the first message is to say to which port of which pod");
    const uint32_t port = first.start().port();
    if (port < 1 || port > 65535)
      return absl::InvalidArgumentError(absl::StrCat("the port ", port, " is not from 1 to 65535"));
    return connect_(first.start());
  }

  void PassInput(Connection& connection) override {
    for (Request request; this->Read(request);)
      if (!connection.Write(request.data()).ok()) return;
    connection.CloseWrite();
  }

  absl::Status PassOutput(Connection& connection) override {
    while (true) {
      WEFT_ASSIGN_OR_RETURN(std::string bytes, connection.Read());
      if (bytes.empty()) return this->CheckClient();
      Response response;
      response.set_data(std::move(bytes));
      WEFT_RETURN_IF_ERROR(this->Write(response));
    }
  }

  const Connect connect_;
};

}  // namespace weft
