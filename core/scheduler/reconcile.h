#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/scheduler/observed.h"
#include "core/store/records.pb.h"
#include "core/store/store.h"
#include "weft/runtime/v1/runtime.grpc.pb.h"

namespace weft::scheduler {

// What one pass over an application came to.
struct ReconcileResult {
  bool gone = false;   // Deleted, with everything it had: nothing of it is stored any more.
  bool again = false;  // Something is left to do that no event will announce: come back.
  std::vector<std::string> problems;           // What keeps it from being carried out, for people.
  std::vector<store::v1::EventRecord> events;  // What happened, in order.
};

// Makes the platform as the store says: applies what the runtime has not accepted, puts right what
// somebody else changed, deletes what is not wanted, and forgets what is gone. What the runtime
// answered is stored, with the time `now` of what was put right. Level-triggered:
// whatever was done before, by whom, and wherever it stopped, one more pass is right.
//
// Blocks for calls of the runtime (at most 30 s each); one thread at a time for an application.
// An error is one of the store's; ABORTED: the application was changed meanwhile, come back.
absl::StatusOr<ReconcileResult> Reconcile(const std::string& application, store::Store& store,
                                          runtime::v1::Runtime::StubInterface& runtime,
                                          Observed& observed, absl::Time now);

}  // namespace weft::scheduler
