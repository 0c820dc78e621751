#pragma once

#include <cstdint>
#include <string>

#include "core/scheduler/events.h"
#include "weft/core/v1/applications.pb.h"

namespace weft::scheduler {

// Why an application became another: it was applied, if nothing else is said.
struct ChangeCause {
  int64_t restores = 0;  // The generation that it was rolled back to; 0: it was not.
  bool again = false;    // It was rendered again for what a provider reported.
};

// Records that an application became another; nothing, if the change is of a component or changes
// nothing. `by` as weft.core.v1.Event.by.
void TellChange(const core::v1::ApplyResponse::Change& change, const std::string& by,
                const ChangeCause& cause, Events& events);

// Records that the deletion of an application was asked for, or forced.
void TellDeletion(const std::string& ns, const std::string& name, const std::string& by, bool force,
                  Events& events);

}  // namespace weft::scheduler
