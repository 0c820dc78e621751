#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/base/connection.h"
#include "runtime/engine/engine.h"

namespace weft::local {

// Connects to `port` as from inside of the pod whose sandbox is the process `sandbox`: to
// 127.0.0.1. `address`: the pod's, by which it is known to be that one. UNAVAILABLE: nothing
// listens there, or the pod has just ended. Only root may.
absl::StatusOr<std::unique_ptr<Connection>> ConnectToPod(int64_t sandbox,
                                                         const std::string& address, uint32_t port);

// The same by a program in the sandbox, a container of `engine`, which outlives the result.
absl::StatusOr<std::unique_ptr<Connection>> ConnectThroughEngine(engine::Engine& engine,
                                                                 const std::string& sandbox,
                                                                 uint32_t port);

}  // namespace weft::local
