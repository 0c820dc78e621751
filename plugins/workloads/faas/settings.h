#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "plugins/sdk/provider.h"

namespace weft::faas {

inline constexpr char kFunctionType[] = "weft.dev/v1alpha1.Function";
inline constexpr char kOpenFaasType[] = "openfaas.com/v1alpha2.Function";

// What a function of either type says of itself, with the defaults filled in.
struct Settings {
  std::string image;
  int port = 8080;
  int64_t minimum = 0;       // Replicas.
  int64_t maximum = 0;       // 0: as many as the minimum, and at least 1.
  int64_t concurrency = 10;  // Requests at a time for one replica.
  absl::Duration idle = absl::Seconds(300);
  std::string health_path;     // Empty: none.
  int64_t cpu_millicores = 0;  // 0: not said.
  int64_t memory_mib = 0;
  std::vector<sdk::EnvironmentVariable> environment;
};

// The settings in `properties`, which satisfy the schema of `type`, one of the two above. The
// `handler` of OpenFaaS is the variable `fprocess`, as its operator has it.
Settings ReadSettings(const std::string& type, const json::value& properties);

}  // namespace weft::faas
