#pragma once

#include <string>

#include "absl/status/status.h"
#include "runtime/engine/engine.h"

namespace weft::local {

// The output of a pod's container. With `follow` across restarts of its process, until the
// container is gone (OK), the sink wants no more (OK) or `control` ends it (CANCELLED). Blocks.
absl::Status ReadPodLogs(engine::Engine& engine, const std::string& container_id,
                         engine::LogSelection selection, engine::StreamControl& control,
                         const engine::ChunkSink& sink);

}  // namespace weft::local
