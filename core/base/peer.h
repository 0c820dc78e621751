#pragma once

#include <functional>
#include <grpcpp/security/auth_context.h>
#include <grpcpp/security/auth_metadata_processor.h>
#include <grpcpp/server_context.h>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace weft {

// The metadata that names a child process of `weft up`. Source: docs/protocol.md, "Trust".
inline constexpr char kTokenMetadata[] = "weft-token";

// What is known of who makes a call.
struct Peer {
  bool local = false;    // It came through a unix socket.
  std::string identity;  // Over TCP, of the certificate that was checked: "provider/greeter".
  std::string token;     // Empty: it sent none.

  bool operator==(const Peer&) const = default;
};

// The caller of a call, in a service of ours.
Peer PeerOf(const grpc::ServerContextBase& context);

// Decides whether a call may be made: OK, UNAUTHENTICATED or PERMISSION_DENIED, whose message the
// caller sees. `method` is "/weft.core.v1.Applications/List". Called from gRPC's threads for every
// call of every service, also those of health and reflection, before anything of the call reaches
// a service; must not block.
using Admit = std::function<absl::Status(const Peer& peer, absl::string_view method)>;

// Admits everyone through a unix socket, which only its directory's owner can reach, and cores over
// TCP.
absl::Status AdmitCores(const Peer& peer, absl::string_view method);

// What gRPC asks of every call on a listening port that has it. Refusals are logged.
std::shared_ptr<grpc::AuthMetadataProcessor> MakeAdmission(Admit admit);

}  // namespace weft
