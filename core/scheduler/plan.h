#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/scheduler/observed.h"
#include "core/store/records.pb.h"

namespace weft::scheduler {

using Inventory = std::map<std::string, store::v1::InventoryRecord>;  // By store::ObjectKey.

// What one pass over an application has to do, by object key.
struct Plan {
  std::vector<std::string> apply;    // Not accepted yet; missing or another generation there.
  std::vector<std::string> correct;  // Accepted, and changed by somebody else since: see drift.h.
  std::vector<std::string> remove;   // Unwanted or replaced, and not known to be gone.
  std::vector<std::string> gone;     // Unwanted or replaced, and the runtime said that it is gone.

  bool operator==(const Plan&) const = default;
};

// Compares what should be with what is. Absence is believed only of a complete view, and of a
// deletion only where the runtime has said so: an object whose first event is still under way is
// not gone. Pure.
Plan MakePlan(const Inventory& inventory, const Observed::View& observed);

}  // namespace weft::scheduler
