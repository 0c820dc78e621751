#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/engine/engine.h"

namespace weft::engine {

// What a container of this machine uses, by what the kernel counts of the control groups of its
// process `pid`: an engine of some versions takes a second to tell. Nothing: the process is not
// that of the container `id`, as when the engine is on another machine, or it has ended. The
// network is left out where it may not be looked at. Control groups of version 1 and 2.
// Source: cgroups(7); Linux, Documentation/admin-guide/cgroup-v1 and cgroup-v2.
std::optional<Usage> ReadCgroupUsage(int64_t pid, const std::string& id,
                                     const std::string& proc = "/proc",
                                     const std::string& groups = "/sys/fs/cgroup");

}  // namespace weft::engine
