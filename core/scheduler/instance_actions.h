#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/scheduler/events.h"
#include "core/store/store.h"
#include "weft/core/v1/instances.pb.h"

// Actions of instances on steered leaves, from the call to the journal
// (weft.core.v1.Instances.Act).
namespace weft::scheduler {

// INVALID_ARGUMENT: too many actions, or one that breaks a rule of its message. Pure.
absl::Status CheckActions(const core::v1::ActRequest& request);

// Who acts, and when.
struct Acting {
  // Whether the caller may act for instances of the type: PERMISSION_DENIED, if not.
  std::function<absl::Status(const std::string& type)> permitted;
  std::function<uint64_t(const std::string& type)> held;  // The epoch that is held; 0: none.
  std::function<absl::Time()> now;                        // The core's clock.
  std::string by = {};                                    // As weft.core.v1.Event.by.
  Events* events = nullptr;  // Outlives the call; null: nothing is recorded.
};

// One action, and where its outcome goes.
struct PendingAction {
  const core::v1::Action* action = nullptr;
  core::v1::ActResponse::Result* result = nullptr;
};

// Carries out `actions`, all on instances of one application and checked by CheckActions, in their
// order: what they change is stored together, on the condition that no later epoch was granted
// meanwhile, and is durable when this returns. True: something was stored, so look at the
// application. Blocks for the store.
//
// PERMISSION_DENIED: one is of a type that the caller may not act for; nothing was done.
// UNAVAILABLE: the application changed all the time, or the store failed: act again.
absl::StatusOr<bool> ActOnApplication(const std::string& application,
                                      const std::vector<PendingAction>& actions,
                                      const Acting& acting, store::Store& store);

}  // namespace weft::scheduler
