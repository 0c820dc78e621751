#include "runtime/local/inspect.h"

#include <utility>

#include "core/base/status.h"

namespace weft::local {

absl::StatusOr<std::vector<engine::Container>> InspectAll(
    engine::Engine& engine, const std::vector<engine::ContainerSummary>& summaries) {
  std::vector<engine::Container> containers;
  for (const engine::ContainerSummary& summary : summaries) {
    absl::StatusOr<engine::Container> container = engine.InspectContainer(summary.id);
    if (absl::IsNotFound(container.status())) continue;
    WEFT_RETURN_IF_ERROR(container.status());
    containers.push_back(*std::move(container));
  }
  return containers;
}

}  // namespace weft::local
