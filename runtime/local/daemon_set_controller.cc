#include "runtime/local/daemon_set_controller.h"

#include <algorithm>

#include "core/base/json.h"
#include "runtime/local/rollout.h"

namespace weft::local {
namespace {

// Source: Kubernetes API, apps/v1 DaemonSetStatus.
std::string StatusJson(uint64_t generation, const DeploymentSpec& rollout,
                       const std::vector<Pod>& pods) {
  const RolloutCounts counts = CountPods(rollout, pods);
  return json::Canonical(json::object{{"observedGeneration", generation},
                                      {"desiredNumberScheduled", rollout.replicas},
                                      {"currentNumberScheduled", counts.replicas},
                                      {"numberMisscheduled", 0},
                                      {"numberReady", counts.ready},
                                      {"numberAvailable", counts.available},
                                      {"numberUnavailable", rollout.replicas - counts.available},
                                      {"updatedNumberScheduled", counts.updated}});
}

}  // namespace

absl::StatusOr<absl::Duration> DaemonSetController::Keep(const ObjectPtr& object,
                                                         std::vector<Pod> pods) {
  const DeploymentSpec& rollout = std::get<DaemonSetSpec>(object->spec).rollout;
  const std::string key = LocalKey(object->ref);
  const absl::Time now = parts_.now();
  absl::Duration again = clock_.Settle(key, rollout, now, pods);
  const absl::StatusOr<absl::Duration> next =
      Carry(object, rollout.pod, PlanRollout(object->ref, rollout, pods), pods,
            [&](std::vector<Pod>& all) {
              again = std::min(again, clock_.Settle(key, rollout, now, all));
              return StatusJson(object->generation, rollout, all);
            });
  return next.ok() ? std::min(*next, again) : next;
}

absl::Status DaemonSetController::Gone(const std::string& key) {
  clock_.Forget(key);
  return absl::OkStatus();
}

}  // namespace weft::local
