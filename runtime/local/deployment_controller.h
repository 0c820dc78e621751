#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/local/controller.h"
#include "runtime/local/pod.h"
#include "runtime/local/pod_keeper.h"
#include "runtime/local/rollout.h"

namespace weft::local {

// Keeps the pods of a Deployment as it says. See controller.h.
class DeploymentController {
 public:
  // `on_observed` is called when what the board says of a Deployment's pods is what the engine has.
  // `keeper` outlives it.
  DeploymentController(Parts parts, PodKeeper& keeper,
                       std::function<void(const std::string& key)> on_observed)
      : parts_(std::move(parts)), keeper_(keeper), on_observed_(std::move(on_observed)) {}

  absl::StatusOr<absl::Duration> Reconcile(const std::string& key);

 private:
  absl::StatusOr<absl::Duration> Keep(const ObjectPtr& object, std::vector<Pod> pods);
  absl::StatusOr<absl::Duration> End(const ObjectPtr& object, std::vector<Pod> pods);
  void Publish(const std::string& key, const ObjectPtr& object, const std::vector<Pod>& pods,
               const RolloutPlan* plan);

  const Parts parts_;
  PodKeeper& keeper_;
  const std::function<void(const std::string&)> on_observed_;
};

}  // namespace weft::local
