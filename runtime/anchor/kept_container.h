#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/engine/engine.h"

namespace weft::anchor {

// The container that bears `labels`, running with an address on `network`: the one that is there,
// started; one by `create`, which returns its id, where none is or it cannot be started, as when
// its network was made anew. One that is not `usable` is removed. UNAVAILABLE: it has no address
// yet; else the engine's errors, or create's.
absl::StatusOr<engine::Container> KeepContainer(
    engine::Engine& engine, const std::string& network, const engine::Labels& labels,
    const std::function<bool(const engine::ContainerSummary&)>& usable,
    const std::function<absl::StatusOr<std::string>()>& create);

}  // namespace weft::anchor
