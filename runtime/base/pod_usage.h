#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/object_ref.h"

// What weft.runtime.v1.Runtime.Usage answers, as plain values.
namespace weft::runtime {

struct ContainerUsage {
  std::string name;
  std::optional<int64_t> cpu_nanocores = {};  // Nothing: not known yet.
  int64_t memory_bytes = 0;
  std::optional<int64_t> disk_bytes = {};  // Nothing: the platform does not tell.
};

struct NetworkUsage {
  int64_t received_bytes = 0;
  int64_t sent_bytes = 0;
};

struct PodUsage {
  ObjectRef pod;
  std::vector<ContainerUsage> containers = {};  // Those that run.
  std::optional<NetworkUsage> network = {};     // Nothing: the platform does not tell.
};

}  // namespace weft::runtime
