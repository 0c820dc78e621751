#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/catalog/type.h"
#include "core/scheduler/records.h"
#include "core/store/store.h"

namespace weft::scheduler {

struct Deletion {
  bool force = false;                         // Ask no provider.
  const catalog::TypeTable* types = nullptr;  // As Removal.types.
};

// What makes an application one that is to be deleted, or one whose deletion is forced from now on.
// Empty: it is already.
absl::StatusOr<store::Transaction> MakeDeletion(const std::string& ns, const std::string& name,
                                                int64_t now_unix_ms, store::Store& store,
                                                const Deletion& how = {});

// Adds to `transaction` that an application of which nothing is left on the platform leaves the
// store, with everything of it but its events; if it is still as `stored`. Its departure at `now`
// says how long those are kept (core/scheduler/events.h). Errors are the store's.
absl::Status Depart(const StoredApplication& stored, absl::Time now, store::Store& store,
                    store::Transaction& transaction);

}  // namespace weft::scheduler
