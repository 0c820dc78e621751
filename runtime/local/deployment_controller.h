#pragma once

#include "runtime/local/pods_controller.h"
#include "runtime/local/rollout_clock.h"

namespace weft::local {

// Keeps the pods of a Deployment as it says, or the one pod of a DaemonSet.
class DeploymentController final : public PodsController {
 public:
  using PodsController::PodsController;

 private:
  absl::StatusOr<absl::Duration> Keep(const ObjectPtr& object, std::vector<Pod> pods) override;
  absl::Status Gone(const Object& object) override;

  RolloutClock clock_;
};

}  // namespace weft::local
