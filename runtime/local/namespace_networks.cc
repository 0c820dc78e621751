#include "runtime/local/namespace_networks.h"

#include "core/base/status.h"
#include "runtime/anchor/network.h"
#include "runtime/local/names.h"

namespace weft::local {

absl::StatusOr<std::string> NamespaceNetworks::Ensure(const std::string& ns) {
  std::lock_guard lock(mutex_);
  const engine::Labels labels = {{kInstallationLabel, installation_}, {kNamespaceLabel, ns}};
  WEFT_ASSIGN_OR_RETURN(const engine::Network network,
                        anchor::EnsureNetwork(engine_, NetworkName(installation_, ns), labels));
  return network.name;
}

absl::Status NamespaceNetworks::RemoveUnused(const std::string& ns) {
  std::lock_guard lock(mutex_);
  if (!objects_.InNamespace(ns).empty()) return absl::OkStatus();
  const std::string name = NetworkName(installation_, ns);
  const absl::StatusOr<engine::Network> network = engine_.InspectNetwork(name);
  if (absl::IsNotFound(network.status())) return absl::OkStatus();
  WEFT_RETURN_IF_ERROR(network.status());
  const auto label = network->labels.find(kInstallationLabel);
  if (label == network->labels.end() || label->second != installation_) return absl::OkStatus();
  return engine_.RemoveNetwork(name);
}

}  // namespace weft::local
