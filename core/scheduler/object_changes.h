#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/scheduler/desired_application.h"
#include "core/scheduler/observed.h"
#include "core/scheduler/plan.h"
#include "core/scheduler/runtime_check.h"
#include "core/store/records.pb.h"
#include "weft/core/v1/applications.pb.h"

namespace weft::scheduler {

// What the store and the runtime have of an application.
struct PresentApplication {
  std::map<std::string, store::v1::DesiredRecord> objects;  // By store::ObjectKey.
  Inventory inventory;
  Observed::View observed;
};

// What becomes of the objects of `present` if the application is made `desired`, by object; see
// weft.core.v1.ObjectChange. `replaced` is what the runtime said of that. Pure.
std::vector<core::v1::ObjectChange> MakeObjectChanges(const PresentApplication& present,
                                                      const DesiredApplication& desired,
                                                      const Replaced& replaced = {});

}  // namespace weft::scheduler
