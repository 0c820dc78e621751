#pragma once

#include <string>

#include "core/scheduler/event_log.h"
#include "core/scheduler/events.h"

namespace weft::api {

// Who reached into which pod of which application.
struct Access {
  std::string ns;
  std::string application;
  std::string pod;
  std::string by;  // Empty: it is not known.
};

// Records, before it is known what comes of it, that somebody asked to do `what`: "run sh".
void RecordAccess(scheduler::Events& events, const scheduler::EventReason& reason,
                  const Access& access, const std::string& what);

}  // namespace weft::api
