#pragma once

#include <functional>

#include "absl/status/statusor.h"
#include "core/scheduler/runtimes.h"
#include "core/scheduler/scheduler.h"
#include "weft/core/v1/applications.pb.h"

namespace weft::api {

// Asks the runtime of an application what its pods use, and calls `done`, from any thread, with the
// answer. Reads the store; `done` may come before it returns. The errors are those of the protocol.
void AskUsage(const core::v1::UsageRequest& request, const scheduler::Scheduler& scheduler,
              const scheduler::Runtimes& runtimes,
              std::function<void(absl::StatusOr<core::v1::UsageResponse>)> done);

}  // namespace weft::api
