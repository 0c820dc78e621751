#pragma once

#include "plugins/sdk/provider.h"

namespace weft::task {

// How a Job does: healthy when it has come to its good end. Pure.
sdk::Health Assess(const sdk::AssessRequest& request);

}  // namespace weft::task
