#include "runtime/anchor/network.h"

#include "core/base/status.h"
#include "runtime/anchor/addresses.h"

namespace weft::anchor {
namespace {

// The range that a network was made with: a Podman keeps it but does not tell it.
constexpr char kRangeLabel[] = "weft.dev/range";

}  // namespace

absl::StatusOr<engine::Network> EnsureNetwork(engine::Engine& engine, const std::string& name,
                                              const engine::Labels& labels) {
  absl::StatusOr<engine::Network> network = engine.InspectNetwork(name);
  if (absl::IsNotFound(network.status())) {
    // Only the engine knows which subnets are free, and only a given subnet can be given a range.
    WEFT_RETURN_IF_ERROR(engine.CreateNetwork({.name = name, .labels = labels}).status());
    network = engine.InspectNetwork(name);
  }
  WEFT_RETURN_IF_ERROR(network.status());
  if (!network->ip_range.empty() || network->labels.contains(kRangeLabel)) return network;
  engine::NetworkSpec spec = {.name = name, .subnet = network->subnet, .labels = labels};
  WEFT_ASSIGN_OR_RETURN(spec.ip_range, EngineRange(spec.subnet));
  spec.labels[kRangeLabel] = spec.ip_range;
  const absl::Status removed = engine.RemoveNetwork(name);
  if (absl::IsFailedPrecondition(removed)) return network;  // In use.
  WEFT_RETURN_IF_ERROR(removed);
  WEFT_RETURN_IF_ERROR(engine.CreateNetwork(spec).status());
  return engine.InspectNetwork(name);
}

}  // namespace weft::anchor
