#include "runtime/local/namespace_networks.h"

#include "core/base/status.h"
#include "runtime/anchor/network.h"
#include "runtime/local/names.h"

namespace weft::local {

absl::StatusOr<NamespaceNetwork> NamespaceNetworks::Ensure(const std::string& ns) {
  std::lock_guard lock(mutex_);
  const engine::Labels labels = {{kInstallationLabel, installation_}, {kNamespaceLabel, ns}};
  WEFT_ASSIGN_OR_RETURN(const engine::Network network,
                        anchor::EnsureNetwork(engine_, NetworkName(installation_, ns), labels));
  NamespaceNetwork result = {.name = network.name};
  WEFT_ASSIGN_OR_RETURN(result.name_server, names_.Ensure(ns, network));
  return result;
}

absl::Status NamespaceNetworks::SetNames(const std::string& ns, const std::string& service,
                                         const std::vector<std::string>& addresses) {
  std::lock_guard lock(mutex_);
  return names_.SetNames(ns, service, addresses);
}

absl::Status NamespaceNetworks::Keep(const std::string& ns) {
  std::lock_guard lock(mutex_);
  const std::string name = NetworkName(installation_, ns);
  const absl::StatusOr<engine::Network> network = engine_.InspectNetwork(name);
  if (absl::IsNotFound(network.status())) return absl::OkStatus();
  WEFT_RETURN_IF_ERROR(network.status());
  const auto label = network->labels.find(kInstallationLabel);
  if (label == network->labels.end() || label->second != installation_) return absl::OkStatus();
  if (!objects_.InNamespace(ns).empty()) return names_.Ensure(ns, *network, /*look=*/true).status();
  WEFT_RETURN_IF_ERROR(names_.Remove(ns));
  return engine_.RemoveNetwork(name);
}

absl::Status NamespaceNetworks::RemoveUnused() {
  WEFT_ASSIGN_OR_RETURN(const std::vector<engine::Network> networks,
                        engine_.ListNetworks({{kInstallationLabel, installation_}}));
  for (const engine::Network& network : networks) {
    const auto ns = network.labels.find(kNamespaceLabel);
    if (ns != network.labels.end() && objects_.InNamespace(ns->second).empty())
      WEFT_RETURN_IF_ERROR(Keep(ns->second));
  }
  return absl::OkStatus();
}

}  // namespace weft::local
