#pragma once

#include <grpcpp/grpcpp.h>
#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace weft::cli {

// Whether the server behind `channel` calls itself SERVING (grpc.health.v1, for the whole server).
// Blocks up to `limit`; a server that cannot be reached is found out at once. Thread-safe.
bool IsServing(const std::shared_ptr<grpc::Channel>& channel, absl::Duration limit);

// The same, with the call's status, or FAILED_PRECONDITION of a server that is not SERVING.
absl::Status CheckHealth(const std::shared_ptr<grpc::Channel>& channel, absl::Duration limit);

}  // namespace weft::cli
