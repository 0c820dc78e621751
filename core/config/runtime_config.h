#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "core/config/directory.h"

namespace weft::config {

// One configured runtime, from a file DATA/runtimes/NAME.yaml:
//   name: kubernetes
//   address: unix:/run/weft/runtime-kubernetes.sock
//   identity: kubernetes      # over TCP, its name in spiffe://weft/runtime/NAME
struct RuntimeConfig {
  std::string name;      // A DNS label.
  std::string address;   // gRPC's form.
  std::string identity;  // Empty: its name.

  bool operator==(const RuntimeConfig&) const = default;
};

// Errors as ReadFile (file.h).
absl::StatusOr<RuntimeConfig> ReadRuntimeConfig(const std::string& path);

// The text of such a file, which says that `weft up` wrote it.
std::string RuntimeFile(const RuntimeConfig& config);

// Every file of `directory`.
Entries<RuntimeConfig> ReadRuntimeConfigs(const std::string& directory);

}  // namespace weft::config
