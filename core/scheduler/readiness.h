#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "core/scheduler/desired_application.h"
#include "core/store/records.pb.h"
#include "core/store/store.h"

// What of an application that is about to be stored has no answer yet, and when the core is to ask
// again.
namespace weft::scheduler {

// Marks the instances of `record` that wait, as `desired` says; what is restored is marked already.
void SetNotReady(const DesiredApplication& desired, store::v1::ApplicationRecord& record);

// Notes in `record` which reports it is from, and adds to `transaction` when it is to be rendered
// again (render_again.h): never, if all of it is ready and from the reports of now. `now` in
// milliseconds since 1970. DATA_LOSS: something stored cannot be read; else the store's errors.
absl::Status PutRenderAgain(const DesiredApplication& desired, int64_t now_unix_ms,
                            store::Store& store, store::v1::ApplicationRecord& record,
                            store::Transaction& transaction);

}  // namespace weft::scheduler
