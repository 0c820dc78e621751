#include "runtime/local/deployment_controller.h"

#include <algorithm>
#include <iterator>

#include "core/base/status.h"

namespace weft::local {

absl::StatusOr<absl::Duration> DeploymentController::Reconcile(const std::string& key) {
  WEFT_ASSIGN_OR_RETURN(std::vector<Pod> pods, keeper_.Observe(key));
  const ObjectPtr object = parts_.objects.Find(key);
  if (object == nullptr) {  // Pods whose Deployment the store does not know are shown and kept.
    Publish(key, object, pods, nullptr);
    return absl::InfiniteDuration();
  }
  if (object->deleting) return End(object, std::move(pods));
  if (!std::holds_alternative<DeploymentSpec>(object->spec)) {
    Publish(key, object, pods, nullptr);
    return absl::InfiniteDuration();
  }
  return Keep(object, std::move(pods));
}

absl::StatusOr<absl::Duration> DeploymentController::Keep(const ObjectPtr& object,
                                                          std::vector<Pod> pods) {
  const std::string key = LocalKey(object->ref);
  const auto& spec = std::get<DeploymentSpec>(object->spec);
  RolloutPlan plan = PlanRollout(object->ref, spec, pods);
  for (const Pod& pod : plan.remove) parts_.terminator.Terminate(pod, key);
  std::vector<Pod> ending = std::move(plan.remove);
  for (Pod& pod : ending) pod.terminating = true;
  std::copy_if(pods.begin(), pods.end(), std::back_inserter(ending),
               [](const Pod& pod) { return pod.terminating; });
  std::vector<Pod> living = std::move(plan.keep);
  living.insert(living.end(), plan.create.begin(), plan.create.end());

  absl::Status failed;
  absl::Duration again = absl::InfiniteDuration();
  for (Pod& pod : living) {
    const absl::StatusOr<absl::Duration> next = keeper_.BringUp(object->ref, spec.pod, pod);
    if (!next.ok()) {
      failed = next.status();
      break;
    }
    again = std::min(again, *next);
  }
  keeper_.JudgeReadiness(key, living);
  living.insert(living.end(), ending.begin(), ending.end());
  Publish(key, object, living, &plan);
  WEFT_RETURN_IF_ERROR(failed);
  return again;
}

absl::StatusOr<absl::Duration> DeploymentController::End(const ObjectPtr& object,
                                                         std::vector<Pod> pods) {
  const std::string key = LocalKey(object->ref);
  for (Pod& pod : pods) {
    parts_.terminator.Terminate(pod, key);
    pod.terminating = true;
  }
  Publish(key, object, pods, nullptr);
  if (!pods.empty()) return absl::InfiniteDuration();
  WEFT_RETURN_IF_ERROR(parts_.objects.Forget(object->ref));
  parts_.pods.Forget(key);
  keeper_.Forget(key);
  parts_.wake(LocalKey("Network", object->ref.ns, ""));
  return absl::InfiniteDuration();
}

}  // namespace weft::local
