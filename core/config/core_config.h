#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "core/config/policy.h"

namespace weft::config {

// What `weft-core` does, from DATA/core.yaml, which need not exist:
//   runtime: kubernetes          # of applications that nothing else is said of
//   namespaces:
//     shop:
//       runtime: local           # of those in this namespace
//       allow: [hostPath]        # what they may have that is refused by itself
//   listen: 0.0.0.0:7070         # where it serves over mTLS, beside its socket
//   address: core.example:7070   # how others reach that; without it as `listen`
struct CoreConfig {
  std::string runtime;                              // Empty: not said.
  std::map<std::string, std::string> of_namespace;  // Runtimes, by namespace.
  std::string listen;                               // Empty: nowhere.
  std::string address;                              // Empty only with `listen`.
  std::map<std::string, Policy> policies = {};      // By namespace; the others allow nothing.

  bool operator==(const CoreConfig&) const = default;
};

// Errors as ReadFile (file.h).
absl::StatusOr<CoreConfig> ReadCoreConfig(const std::string& path);

}  // namespace weft::config
