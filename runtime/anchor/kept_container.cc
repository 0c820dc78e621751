#include "runtime/anchor/kept_container.h"

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace weft::anchor {

absl::StatusOr<engine::Container> KeepContainer(
    engine::Engine& engine, const std::string& network, const engine::Labels& labels,
    const std::function<bool(const engine::ContainerSummary&)>& usable,
    const std::function<absl::StatusOr<std::string>()>& create) {
  WEFT_ASSIGN_OR_RETURN(const std::vector<engine::ContainerSummary> there,
                        engine.ListContainers(labels));
  for (const engine::ContainerSummary& summary : there) {
    if (usable(summary)) {
      WEFT_ASSIGN_OR_RETURN(engine::Container container, engine.InspectContainer(summary.id));
      if (container.addresses.contains(network)) return container;
      if (engine.StartContainer(summary.id).ok()) {
        WEFT_ASSIGN_OR_RETURN(container, engine.InspectContainer(summary.id));
      }
      if (container.addresses.contains(network)) return container;
    }
    WEFT_RETURN_IF_ERROR(engine.RemoveContainer(summary.id));
  }
  WEFT_ASSIGN_OR_RETURN(const std::string id, create());
  WEFT_RETURN_IF_ERROR(engine.StartContainer(id));
  WEFT_ASSIGN_OR_RETURN(engine::Container container, engine.InspectContainer(id));
  if (container.addresses.contains(network)) return container;
  return absl::UnavailableError(
      absl::StrCat(container.name, " has no address yet: it is ", container.state));
}

}  // namespace weft::anchor
