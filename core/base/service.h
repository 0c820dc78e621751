#pragma once

#include <functional>
#include <grpcpp/grpcpp.h>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/base/channel.h"
#include "core/base/peer.h"

// What every program that serves gRPC has in common: health, reflection, logs, drain, --version.
// It knows nothing of Weft's own protocol.
namespace weft {

struct ServiceOptions {
  std::string name;                         // "weft-core": its name in logs.
  std::string address;                      // gRPC's form: "unix:/path" or "host:port".
  std::string tcp_address = {};             // Another one, "host:port"; empty: none.
  std::string tls_dir = {};                 // The identity over TCP (tls.h), which is mTLS only.
  Admit admit = AdmitCores;                 // Who may call.
  std::vector<grpc::Service*> services;     // Not owned; outlive the call.
  absl::Duration drain = absl::Seconds(5);  // How long calls under way may take after SIGTERM.
  std::function<void()> on_ready;           // Called once, when calls are taken. May be empty.
  std::function<void()> on_drain;  // Called once at SIGTERM or SIGINT, before calls are cut: end
                                   // streams here. May be empty.
};

// Serves until SIGTERM or SIGINT, then drains. Blocks; call it from main after InitializeService.
// A unix socket left by a dead process is replaced. UNAVAILABLE: the address cannot be listened on.
// INVALID_ARGUMENT: TCP without tls_dir. FAILED_PRECONDITION as TlsServerCredentials.
absl::Status RunService(const ServiceOptions& options);

// Call first in main: blocks SIGTERM and SIGINT for all threads, ignores SIGPIPE, sets up the log
// on standard error (key=value; level from WEFT_LOG: debug, info, warn, error).
void InitializeService(const std::string& name);

// Part of InitializeService. A distribution's Abseil looks at each lock, and gRPC takes many,
// whether one could wait for another in a circle. This has it do so in debug builds alone, which is
// its default where it is built without assertions.
void SkipLockChecks();

// gRPC's status as Abseil's, and the reverse. The codes are the same (google.rpc.Code).
absl::Status FromGrpc(const grpc::Status& status);
grpc::Status ToGrpc(const absl::Status& status);

}  // namespace weft
