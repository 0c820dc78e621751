#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace weft::config {

// The runtime that a cluster is chosen for.
inline constexpr char kKubernetes[] = "kubernetes";

// Whether a runtime may be named so: a DNS label.
bool IsRuntimeName(const std::string& name);

// What `weft up` was told to run last, from DATA/services.yaml, which need not exist: it is what
// the next `weft up`, and a supervisor that takes over, run.
//   runtimes: [local, kubernetes]
//   kubernetes: {kubeconfig: /home/me/.kube/config, context: staging}
struct ServicesConfig {
  std::vector<std::string> runtimes = {"local"};  // At least one; each once.
  std::string kubeconfig;                         // Absolute; empty: the runtime's default.
  std::string context;                            // Of the kubeconfig; empty: its current one.

  bool operator==(const ServicesConfig&) const = default;
};

// The defaults where there is no such file. INVALID_ARGUMENT as ReadFile (file.h).
absl::StatusOr<ServicesConfig> ReadServicesConfig(const std::string& path);

// The text of such a file.
std::string ServicesFile(const ServicesConfig& config);

}  // namespace weft::config
