#pragma once

#include <vector>

#include "runtime/local/pods_controller.h"
#include "runtime/local/rollout.h"

namespace weft::local {

// The next step towards `spec.replicas` pods with the names of a StatefulSet, each of which is gone
// before it is made anew. Ordered: made from the first one on, each when those before it are ready;
// removed, and made anew for a changed template, from the last one on, one at a time, but what is
// not ready anyway at once. Pure. Source: Kubernetes, StatefulSet, RollingUpdate.
RolloutPlan PlanStatefulSet(const ObjectRef& set, const StatefulSetSpec& spec,
                            const std::vector<Pod>& pods);

// Keeps the pods of a StatefulSet as it says, and makes the claims of each.
class StatefulSetController final : public PodsController {
 public:
  using PodsController::PodsController;

 private:
  absl::StatusOr<absl::Duration> Keep(const ObjectPtr& object, std::vector<Pod> pods) override;
  absl::Status Gone(const Object& set) override;
  absl::Status KeepClaims(const Object& set, const StatefulSetSpec& spec,
                          const std::vector<Pod>& pods);
};

}  // namespace weft::local
