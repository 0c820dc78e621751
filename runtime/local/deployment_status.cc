// What is said of a Deployment and its pods: Kubernetes API, apps/v1 DeploymentStatus.
#include "core/base/failpoint.h"
#include "core/base/json.h"
#include "runtime/local/deployment_controller.h"

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

// `updated_hash` is the template's; pods of another are out of date.
std::string DeploymentStatusJson(uint64_t generation, const std::string& updated_hash,
                                 const std::vector<Pod>& pods) {
  int replicas = 0, ready = 0, updated = 0;
  for (const Pod& pod : pods) {
    if (pod.terminating) continue;
    ++replicas;
    if (pod.readiness() == Readiness::kReady) ++ready;
    if (pod.template_hash == updated_hash) ++updated;
  }
  return json::Canonical(json::object{{"observedGeneration", generation},
                                      {"replicas", replicas},
                                      {"readyReplicas", ready},
                                      {"availableReplicas", ready},
                                      {"updatedReplicas", updated},
                                      {"unavailableReplicas", replicas - ready}});
}

}  // namespace

void DeploymentController::Publish(const std::string& key, const ObjectPtr& object,
                                   const std::vector<Pod>& pods, const RolloutPlan* plan) {
  // After a restart of this process nothing is said of a pod before it was asked: it would look
  // as if pods that serve were not ready. The prober has this called again.
  for (const Pod& pod : pods)
    if (pod.readiness() == Readiness::kUnknown && !pod.terminating) return;
  Failpoint("runtime.status.before");
  parts_.board.SetPods(key, ProjectPods(key, object, pods, parts_.now()));
  if (object != nullptr) {
    const auto* spec = std::get_if<DeploymentSpec>(&object->spec);
    const std::string hash = spec == nullptr ? "" : spec->pod.hash;
    parts_.board.SetStatus(key, object->generation,
                           DeploymentStatusJson(object->generation, hash, pods),
                           plan != nullptr && plan->finished);
  }
  Failpoint("runtime.status.after");
  if (parts_.pods.Set(key, pods)) {
    for (const ObjectPtr& other : parts_.objects.InNamespace(NamespaceOfKey(key)))
      if (other->ref.kind == "Service") parts_.wake(LocalKey(other->ref));
  }
  on_observed_(key);
}

}  // namespace weft::local
