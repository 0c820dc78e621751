#pragma once

#include <string>

#include "absl/time/time.h"
#include "weft/core/v1/applications.pb.h"

// What `weft events` and `weft status` show of events: pure functions.
namespace weft::cli {

// A table of what happened to the application `name`, in the order of the answer; ends with a line
// break. Ages are counted to `now`.
std::string RenderEvents(const core::v1::EventsResponse& events, const std::string& name,
                         absl::Time now);

// "2 warnings in the last hour: COMMAND" and a line break; empty, if there is none.
std::string RenderWarnings(const core::v1::EventsResponse& events, const std::string& command,
                           absl::Time now);

}  // namespace weft::cli
