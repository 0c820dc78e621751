#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/model/diagnostic.h"
#include "core/scheduler/desired_application.h"
#include "core/scheduler/runtimes.h"

namespace weft::scheduler {

// Leaves for which an object will be deleted and made anew, by store::ObjectKey.
using Replaced = std::map<std::string, std::vector<std::string>>;

struct RuntimeVerdict {
  model::Diagnostics diagnostics;
  Replaced replaced;
};

// Asks the application's runtime whether it could carry the objects out, and returns what it says
// against them. A runtime that cannot be asked is a warning: it says so later, in the application's
// status. Blocks, at most 3 s for every 512 objects. Thread-safe.
RuntimeVerdict CheckWithRuntime(const DesiredApplication& desired, const Runtimes& runtimes);

}  // namespace weft::scheduler
