#pragma once

#include "plugins/sdk/provider.h"

namespace weft::worker {

// A long-running, scalable process that nobody calls. Source: OAM v1alpha1, core workload types,
// "Worker".
extern const sdk::Workload kWorker;

}  // namespace weft::worker
