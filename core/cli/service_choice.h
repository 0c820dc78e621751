#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/data_directory.h"
#include "core/config/services_config.h"

// Which runtimes `weft up` runs: what it was told last, until it is told otherwise.
namespace weft::cli {

// What a command line of `weft up` says of it.
struct ServiceFlags {
  std::vector<std::string> runtimes;      // Empty: nothing.
  std::optional<std::string> kubeconfig;  // Relative to the working directory.
  std::optional<std::string> context;
  bool operator==(const ServiceFlags&) const = default;
};

// The services that `flags` choose where `remembered` were chosen before. A cluster belongs to the
// choice: which kubeconfig `environment` (KUBECONFIG) names is remembered too, if it is one file,
// so that whoever starts the runtime again means the same cluster; and a context belongs to its
// kubeconfig. INVALID_ARGUMENT: a cluster is named where Kubernetes is not chosen, or a runtime
// twice or by no name.
absl::StatusOr<config::ServicesConfig> ChooseServices(const config::ServicesConfig& remembered,
                                                      const ServiceFlags& flags,
                                                      const std::string& environment);

// What was chosen last for a data directory. INVALID_ARGUMENT: services.yaml cannot be used.
absl::StatusOr<config::ServicesConfig> ReadChoice(const DataDirectory& data);

// Remembers a choice. FAILED_PRECONDITION: it cannot be written.
absl::Status WriteChoice(const DataDirectory& data, const config::ServicesConfig& choice);

}  // namespace weft::cli
