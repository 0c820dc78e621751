#pragma once

#include <functional>
#include <grpcpp/server_context.h>
#include <string>

#include "absl/status/statusor.h"

namespace weft::auth {

// Who makes a call.
struct Caller {
  enum class Kind { kUser, kProvider, kRuntime, kCore };
  Kind kind = Kind::kUser;
  std::string name;  // Of the provider, runtime, core or user; empty: the user of the machine.

  bool operator==(const Caller&) const = default;
};

// Tells who makes the call of a context: by its certificate over TCP, by its token or, without one,
// as the user of the machine on a unix socket. UNAUTHENTICATED: a token or certificate that names
// nobody. Thread-safe; does not block.
using Identify = std::function<absl::StatusOr<Caller>(const grpc::ServerContextBase&)>;

}  // namespace weft::auth
