#pragma once

#include "plugins/sdk/provider.h"

namespace weft::server {

// A long-running, scalable service that answers on its ports. Source: OAM v1alpha1, core workload
// types, "Server".
extern const sdk::Workload kServer;

}  // namespace weft::server
