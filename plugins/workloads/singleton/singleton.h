#pragma once

#include <vector>

#include "plugins/sdk/provider.h"

namespace weft::singleton {

// A server, a worker and a task of which never two run at once, also while one is replaced. Source:
// OAM v1alpha1, core workload types, "SingletonServer", "SingletonWorker", "SingletonTask".
extern const std::vector<const sdk::Workload*> kSingleton;

}  // namespace weft::singleton
