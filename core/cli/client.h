#pragma once

#include <functional>
#include <grpcpp/grpcpp.h>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/channel.h"
#include "core/base/data_directory.h"
#include "core/cli/terminal.h"

namespace weft::cli {

// Names the core that commands talk to, in gRPC's form, in the place of the data directory's; over
// TCP with the identity in WEFT_TLS_DIR. The option --address sets it.
inline constexpr char kCoreAddress[] = "WEFT_ADDRESS";

// A channel to `address`, not yet connected; over TCP with our identity in WEFT_TLS_DIR unless
// `options` names another. Programs of this folder open theirs with it: it keeps gRPC from delaying
// the end of the process. Makes threads.
std::shared_ptr<grpc::Channel> Dial(const std::string& address, ChannelOptions options = {});

// A connected channel to the service `name` ("core", "runtime-local") of a data directory. A
// service that listens, or that a supervisor may be starting again, is waited for up to 5 s.
// The core is that of WEFT_ADDRESS, if it is set. UNAVAILABLE, saying what to do: it cannot be
// reached. INVALID_ARGUMENT: over TCP there is no WEFT_TLS_DIR.
absl::StatusOr<std::shared_ptr<grpc::Channel>> ConnectService(const DataDirectory& data,
                                                              const std::string& name);

// Prepares `context` for a call that may take as long as `limit`.
void SetDeadline(grpc::ClientContext& context, absl::Duration limit);

// How long a call that is answered from the core's memory and store may take.
inline constexpr absl::Duration kCallLimit = absl::Seconds(10);

// A failed call as people should read it: "ACTION: MESSAGE", with what to do where that is known.
absl::Status CallError(const grpc::Status& status, const std::string& action);

// The same of a call that may have done something, is made by itself for a connection, or asks what
// not every platform can tell: nothing is said of trying again, but why it failed.
absl::Status StreamError(const grpc::Status& status, const std::string& action);

// Prints "weft: MESSAGE" on the terminal's error stream; returns 1, the exit status.
int Fail(const Terminal& terminal, const absl::Status& status);

}  // namespace weft::cli
