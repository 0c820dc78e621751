#include "runtime/local/pods_controller.h"

#include <algorithm>
#include <iterator>

#include "core/base/failpoint.h"
#include "core/base/status.h"

namespace weft::local {
namespace {

std::vector<Projection> ProjectPods(const std::string& key, const ObjectPtr& object,
                                    const std::vector<Pod>& pods, absl::Time now) {
  std::vector<Projection> projections;
  for (const Pod& pod : pods) {
    Projection p;
    p.ref = {"v1", "Pod", NamespaceOfKey(key), pod.name};
    if (object != nullptr) {
      p.owner = object->owner;
      p.controller = object->ref;
    }
    p.status = PodStatusJson(pod, now);
    p.up_to_date = true;
    p.deleting = pod.terminating;
    projections.push_back(std::move(p));
  }
  return projections;
}

}  // namespace

absl::StatusOr<absl::Duration> PodsController::Reconcile(const std::string& key) {
  WEFT_ASSIGN_OR_RETURN(std::vector<Pod> pods, keeper_.Observe(key));
  const ObjectPtr object = parts_.objects.Find(key);
  if (object != nullptr && object->deleting) return End(object, std::move(pods));
  // Pods whose object the store does not know, or not understand, are shown and kept.
  if (object == nullptr || std::holds_alternative<std::monostate>(object->spec)) {
    Publish(key, object, pods, "{}", false);
    return absl::InfiniteDuration();
  }
  return Keep(object, std::move(pods));
}

absl::StatusOr<absl::Duration> PodsController::Carry(
    const ObjectPtr& object, const PodTemplate& pod_template, RolloutPlan plan,
    const std::vector<Pod>& pods, const std::function<std::string(std::vector<Pod>&)>& status) {
  const std::string key = LocalKey(object->ref);
  // After a restart of this process nobody goes before all were asked: what serves looks as what
  // does not.
  const bool asks = std::any_of(pods.begin(), pods.end(), [](const Pod& pod) {
    return !pod.terminating && pod.readiness() == Readiness::kUnknown;
  });
  if (asks) {
    std::move(plan.remove.begin(), plan.remove.end(), std::back_inserter(plan.keep));
    plan.remove.clear();
  }
  Terminate(key, plan.remove);
  std::vector<Pod> all = std::move(plan.keep);
  all.insert(all.end(), plan.create.begin(), plan.create.end());
  absl::Status failed;
  const absl::Duration again = BringUp(object->ref, pod_template, all, failed);
  keeper_.Judge(key, all);
  std::move(plan.remove.begin(), plan.remove.end(), std::back_inserter(all));
  std::copy_if(pods.begin(), pods.end(), std::back_inserter(all),
               [](const Pod& pod) { return pod.terminating; });
  Publish(key, object, all, status(all), plan.up_to_date);
  WEFT_RETURN_IF_ERROR(failed);
  return again;
}

// Takes the next steps of pods that stay, until the engine is away; says so in `failed`. After how
// long to come back.
absl::Duration PodsController::BringUp(const ObjectRef& object, const PodTemplate& pod_template,
                                       std::vector<Pod>& pods, absl::Status& failed) {
  absl::Duration again = absl::InfiniteDuration();
  for (Pod& pod : pods) {
    const absl::StatusOr<absl::Duration> next = keeper_.BringUp(object, pod_template, pod);
    if (!next.ok()) {
      failed = next.status();
      break;
    }
    again = std::min(again, *next);
  }
  return again;
}

// Has pods ended, and says it of them.
void PodsController::Terminate(const std::string& key, std::vector<Pod>& pods) {
  for (Pod& pod : pods) {
    parts_.terminator.Terminate(pod, key);
    pod.terminating = true;
  }
}

absl::StatusOr<absl::Duration> PodsController::End(const ObjectPtr& object, std::vector<Pod> pods) {
  const std::string key = LocalKey(object->ref);
  Terminate(key, pods);
  Publish(key, object, pods, "{}", false);
  if (!pods.empty()) return absl::InfiniteDuration();
  WEFT_RETURN_IF_ERROR(Gone(*object));
  WEFT_RETURN_IF_ERROR(parts_.objects.Forget(object->ref));
  parts_.pods.Forget(key);
  keeper_.Forget(key);
  parts_.wake(LocalKey("Network", object->ref.ns, ""));
  return absl::InfiniteDuration();
}

void PodsController::Publish(const std::string& key, const ObjectPtr& object,
                             const std::vector<Pod>& pods, const std::string& status,
                             bool up_to_date) {
  // After a restart of this process nothing is said of a pod before it was asked: it would look
  // as if pods that serve were not ready. The prober has this called again.
  for (const Pod& pod : pods)
    if (pod.readiness() == Readiness::kUnknown && !pod.terminating) return;
  // Before it is told: who hears of it finds them there.
  const bool changed = parts_.pods.Set(key, pods);
  Failpoint("runtime.status.before");
  parts_.board.SetPods(key, ProjectPods(key, object, pods, parts_.now()));
  if (object != nullptr) parts_.board.SetStatus(key, object->generation, status, up_to_date);
  Failpoint("runtime.status.after");
  if (changed) {
    for (const ObjectPtr& other : parts_.objects.InNamespace(NamespaceOfKey(key)))
      if (other->ref.kind == "Service" || other->ref.kind == "NetworkPolicy")
        parts_.wake(LocalKey(other->ref));
  }
  on_observed_(key);
}

}  // namespace weft::local
