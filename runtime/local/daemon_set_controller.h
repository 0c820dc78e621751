#pragma once

#include "runtime/local/pods_controller.h"
#include "runtime/local/rollout_clock.h"

namespace weft::local {

// Keeps the one pod that a DaemonSet has on one machine.
class DaemonSetController final : public PodsController {
 public:
  using PodsController::PodsController;

 private:
  absl::StatusOr<absl::Duration> Keep(const ObjectPtr& object, std::vector<Pod> pods) override;
  absl::Status Gone(const std::string& key) override;

  RolloutClock clock_;
};

}  // namespace weft::local
