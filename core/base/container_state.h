#pragma once

#include <string>

#include "core/base/json.h"

namespace weft {

// What is to be said, on one line, of a container that waits or has ended: the message of its
// `state` of that kind ("waiting" or "terminated"). Where the platform tells what a container wrote
// before it failed, the last line of that; of one that waits for its next run after the platform's
// own words. `container`: Kubernetes API, core/v1 ContainerStatus. Pure.
std::string StateMessage(const json::value& container, const char* state);

// The last line of what is told of the run before: what it wrote last, or why it was ended. Empty:
// there is nothing.
std::string LastWords(const json::value& container);

}  // namespace weft
