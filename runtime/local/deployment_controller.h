#pragma once

#include "runtime/local/pods_controller.h"

namespace weft::local {

// Keeps the pods of a Deployment as it says.
class DeploymentController final : public PodsController {
 public:
  using PodsController::PodsController;

 private:
  absl::StatusOr<absl::Duration> Keep(const ObjectPtr& object, std::vector<Pod> pods) override;
};

}  // namespace weft::local
