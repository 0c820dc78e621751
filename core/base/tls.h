#pragma once

#include <atomic>
#include <chrono>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/certificate.h"

// Mutual TLS from a directory, the container contract's WEFT_TLS_DIR: tls.crt (a chain), tls.key
// and ca.crt (every authority that is trusted), all PEM. The directory is looked at every second;
// connections that are made afterwards use what it holds now. docs/security.md says how it is
// replaced.
namespace weft {

// Credentials of a server: every client must present a certificate that one of the authorities
// issued. Whom it names is for the caller to judge (Admit). Refused connections are logged; the
// peer sees only that the connection ends (TLS 1.3 has the client done by then). An identity that
// nobody will accept is logged, and may be replaced. FAILED_PRECONDITION, naming the file: there is
// none.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> TlsServerCredentials(
    const std::string& directory);

// How the handshakes of one client end, as far as it can tell: a server that refuses our
// certificate only ends the connection. Thread-safe.
class Handshakes {
 public:
  // With the identity in `directory`.
  explicit Handshakes(std::string directory) : directory_(std::move(directory)) {}

  // The server's certificate was found good; then, that a connection came of it.
  void Accepted() { accepted_ = Clock::now(); }
  void Connected() { accepted_ = Clock::time_point(); }

  // The status of a call; of one that is UNAVAILABLE because the server ends connections after the
  // handshake the message says so, and which certificate of ours it has seen.
  absl::Status Explain(const absl::Status& status) const;

 private:
  using Clock = std::chrono::steady_clock;

  const std::string directory_;
  std::atomic<Clock::time_point> accepted_ = Clock::time_point();  // The last one; this: none.
};

// Credentials of a client that expects `server` at the other end. What is wrong with the server's
// certificate, or with our own, is the message with which calls fail. `handshakes` may be null.
std::shared_ptr<grpc::ChannelCredentials> TlsChannelCredentials(
    const std::string& directory, const ExpectedPeer& server,
    std::shared_ptr<Handshakes> handshakes = nullptr);

}  // namespace weft
