#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/scheduler/records.h"
#include "core/store/store.h"

namespace weft::scheduler {

// Adds to `transaction` that an application of which nothing is left on the platform leaves the
// store, with everything of it but its events; if it is still as `stored`. Its departure at `now`
// says how long those are kept (core/scheduler/events.h). Errors are the store's.
absl::Status Depart(const StoredApplication& stored, absl::Time now, store::Store& store,
                    store::Transaction& transaction);

}  // namespace weft::scheduler
