#pragma once

#include "absl/status/statusor.h"
#include "core/auth/caller.h"
#include "core/auth/tokens.h"
#include "core/base/data_directory.h"
#include "core/base/peer.h"

namespace weft::auth {

// Tells who calls the core. Source: docs/protocol.md, "Trust". Thread-safe.
class Authenticator {
 public:
  explicit Authenticator(const DataDirectory& data) : tokens_(data) {}

  // Through a unix socket: the child whose token was sent, or without one the user. Over TCP: whom
  // the certificate names. UNAUTHENTICATED: nobody that is known.
  absl::StatusOr<Caller> IdentifyPeer(const Peer& peer) const;

  // The same for services. The function may not outlive the object.
  Identify identify() const;

  // Whether the caller may make the call (Authorize), for RunService. May not outlive the object.
  Admit admit() const;

 private:
  const Tokens tokens_;
};

}  // namespace weft::auth
