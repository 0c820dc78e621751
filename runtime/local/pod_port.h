#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/base/connection.h"

namespace weft::local {

// Connects to `port` as from inside of the pod whose sandbox is the process `sandbox`: to
// 127.0.0.1. Where this process may not look into it, to the pod's `address` instead (IPv4).
// UNAVAILABLE: nothing listens there, or the pod has just ended.
absl::StatusOr<std::unique_ptr<Connection>> ConnectToPod(int64_t sandbox,
                                                         const std::string& address, uint32_t port);

}  // namespace weft::local
