#pragma once

#include "plugins/sdk/provider.h"

namespace weft::server {

// How a Deployment and its Service do, from what the platform says of them and of their pods. Pure.
sdk::Health Assess(const sdk::AssessRequest& request);

}  // namespace weft::server
