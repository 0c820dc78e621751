#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/engine/engine.h"

namespace weft::local {

// The container of the last run that has started; NOT_FOUND: the pod is gone.
using LastRun = std::function<absl::StatusOr<std::string>()>;

// The output of a pod's container: of its last run, and with `follow` of every run after it, until
// the pod is gone (OK), the sink wants no more (OK) or `control` ends it (CANCELLED). Blocks.
absl::Status ReadPodLogs(engine::Engine& engine, const LastRun& last_run,
                         engine::LogSelection selection, engine::StreamControl& control,
                         const engine::ChunkSink& sink);

}  // namespace weft::local
