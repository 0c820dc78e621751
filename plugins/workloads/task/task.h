#pragma once

#include "plugins/sdk/provider.h"

namespace weft::task {

// A process that comes to an end. Source: OAM v1alpha1, core workload types, "Task".
extern const sdk::Workload kTask;

// What it becomes: a Job, and the ConfigMap of its files.
sdk::Parts Render(const sdk::WorkloadRequest& request, sdk::Diagnostics& diagnostics);

}  // namespace weft::task
