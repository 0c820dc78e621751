#pragma once

#include <functional>
#include <grpcpp/grpcpp.h>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

// What every program that serves gRPC has in common: health, reflection, logs, drain, --version.
// This is the one file of core/base that links gRPC (target weft_service); it knows nothing of
// Weft's own protocol.
namespace weft {

struct ServiceOptions {
  std::string name;                         // "weft-core": its name in logs.
  std::string address;                      // gRPC's form: "unix:/path" or "host:port".
  std::vector<grpc::Service*> services;     // Not owned; outlive the call.
  absl::Duration drain = absl::Seconds(5);  // How long calls under way may take after SIGTERM.
  std::function<void()> on_ready;           // Called once, when calls are taken. May be empty.
  std::function<void()> on_drain;  // Called once at SIGTERM or SIGINT, before calls are cut: end
                                   // streams here. May be empty.
};

// Serves until SIGTERM or SIGINT, then drains. Blocks; call it from main after InitializeService.
// A unix socket left by a dead process is replaced. UNAVAILABLE: the address cannot be listened on.
absl::Status RunService(const ServiceOptions& options);

// Call first in main: blocks SIGTERM and SIGINT for all threads, ignores SIGPIPE, sets up the log
// on standard error (key=value; level from WEFT_LOG: debug, info, warn, error).
void InitializeService(const std::string& name);

// A channel to a service of ours: keepalive pings every 10 s with a timeout of 5 s notice a stopped
// process, messages of up to 4 MiB (servers take as many), reconnection back-off from 100 ms to 2
// s. `service_config` is gRPC's, as JSON: load balancing, health checks, retries; empty: none.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address,
                                           const std::string& service_config = "");

// gRPC's status as Abseil's, and the reverse. The codes are the same (google.rpc.Code).
absl::Status FromGrpc(const grpc::Status& status);
grpc::Status ToGrpc(const absl::Status& status);

}  // namespace weft
