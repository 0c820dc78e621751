#pragma once

#include <string>
#include <vector>

#include "runtime/local/object.h"
#include "runtime/local/pod.h"

namespace weft::local {

// What to do for a Deployment now.
struct RolloutPlan {
  std::vector<Pod> keep;    // Pods of today that stay; some may still have to be started.
  std::vector<Pod> create;  // Pods that are still to be made.
  std::vector<Pod> remove;  // Pods that go.
  bool up_to_date = true;   // What is said of its object speaks of what it asks for now.
};

// The next step towards `spec.replicas` pods of its template, from `pods` (terminating ones are
// passed over). When the template changes: so many pods more than wanted as it allows, and an old
// one goes only if enough are ready without it, unready old ones first. Pure. Source: Kubernetes,
// Deployment, RollingUpdate and Recreate.
RolloutPlan PlanRollout(const ObjectRef& deployment, const DeploymentSpec& spec,
                        const std::vector<Pod>& pods);

}  // namespace weft::local
