#include "runtime/local/deployment_controller.h"

#include "core/base/json.h"
#include "runtime/local/rollout.h"

namespace weft::local {
namespace {

// Source: Kubernetes API, apps/v1 DeploymentStatus. `updated_hash` is the template's; pods of
// another are out of date.
std::string StatusJson(uint64_t generation, const std::string& updated_hash,
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

absl::StatusOr<absl::Duration> DeploymentController::Keep(const ObjectPtr& object,
                                                          std::vector<Pod> pods) {
  const auto& spec = std::get<DeploymentSpec>(object->spec);
  return Carry(object, spec.pod, PlanRollout(object->ref, spec, pods), pods,
               [&](const std::vector<Pod>& all) {
                 return StatusJson(object->generation, spec.pod.hash, all);
               });
}

}  // namespace weft::local
