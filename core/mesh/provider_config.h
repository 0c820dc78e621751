#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace weft::mesh {

// One configured provider, from a file DATA/providers/NAME.yaml:
//   name: server
//   address: unix:/run/weft/weft-provider-server.sock
//   artifact: sha256:...      # of the program; measured by whoever starts it
struct ProviderConfig {
  std::string name;
  std::string address;   // gRPC's form.
  std::string artifact;  // Empty: not known.

  bool operator==(const ProviderConfig&) const = default;
};

struct ProviderConfigs {
  std::vector<ProviderConfig> providers;  // By name.
  std::vector<std::string> problems;      // Of files that cannot be used: "FILE: what is wrong".
};

// Reads every *.yaml file of `directory`. Strict: an unknown key is a problem. A file that cannot
// be used leaves the others alone. A directory that does not exist is empty.
ProviderConfigs ReadProviderConfigs(const std::string& directory);

}  // namespace weft::mesh
