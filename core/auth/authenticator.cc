#include "core/auth/authenticator.h"

#include <string>
#include <utility>

#include "absl/strings/str_split.h"
#include "core/auth/authorize.h"
#include "core/base/status.h"

namespace weft::auth {
namespace {

// The caller that "provider/greeter" names.
absl::StatusOr<Caller> CallerOfIdentity(const std::string& identity) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(identity, '/');
  for (const Caller::Kind kind : {Caller::Kind::kUser, Caller::Kind::kProvider,
                                  Caller::Kind::kRuntime, Caller::Kind::kCore}) {
    if (ToText(kind) == parts.first) return Caller{kind, parts.second};
  }
  return absl::UnauthenticatedError("the certificate names nobody that is known here");
}

}  // namespace

absl::StatusOr<Caller> Authenticator::IdentifyPeer(const Peer& peer) const {
  if (!peer.local) return CallerOfIdentity(peer.identity);
  if (!peer.token.empty()) return tokens_.Find(peer.token);
  return Caller{};
}

Identify Authenticator::identify() const {
  return [this](const grpc::ServerContextBase& context) { return IdentifyPeer(PeerOf(context)); };
}

Admit Authenticator::admit() const {
  return [this](const Peer& peer, absl::string_view method) -> absl::Status {
    WEFT_ASSIGN_OR_RETURN(const Caller caller, IdentifyPeer(peer));
    return Authorize(caller, method);
  };
}

}  // namespace weft::auth
