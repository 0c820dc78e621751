#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/engine/engine.h"

namespace weft::local {

// A run of a pod's container.
struct PodRun {
  std::string id;     // Of the engine's container.
  bool last = false;  // None comes after it.
};

// The last run that has started; NOT_FOUND: the pod is gone.
using LastRun = std::function<absl::StatusOr<PodRun>()>;

// The output of a pod's container: of its last run, and with `follow` of every run after it, until
// none comes any more or the pod is gone (OK), the sink wants no more (OK) or `control` ends it
// (CANCELLED). Blocks.
absl::Status ReadPodLogs(engine::Engine& engine, const LastRun& last_run,
                         engine::LogSelection selection, engine::StreamControl& control,
                         const engine::ChunkSink& sink);

}  // namespace weft::local
