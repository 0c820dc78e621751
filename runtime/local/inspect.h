#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "runtime/engine/engine.h"

namespace weft::local {

// The containers of a list, without those that are gone meanwhile. The engine's errors.
absl::StatusOr<std::vector<engine::Container>> InspectAll(
    engine::Engine& engine, const std::vector<engine::ContainerSummary>& summaries);

}  // namespace weft::local
