#include "runtime/local/stateful_set_controller.h"

#include <algorithm>
#include <map>

#include "core/base/json.h"
#include "runtime/local/names.h"

namespace weft::local {
namespace {

bool IsReady(const Pod& pod) { return pod.readiness() == Readiness::kReady; }

// Source: Kubernetes API, apps/v1 StatefulSetStatus.
std::string StatusJson(uint64_t generation, const std::string& updated_hash,
                       const std::vector<Pod>& pods) {
  int replicas = 0, ready = 0, updated = 0;
  for (const Pod& pod : pods) {
    ++replicas;
    if (pod.terminating) continue;
    if (IsReady(pod)) ++ready;
    if (pod.template_hash == updated_hash) ++updated;
  }
  return json::Canonical(json::object{{"observedGeneration", generation},
                                      {"replicas", replicas},
                                      {"readyReplicas", ready},
                                      {"availableReplicas", ready},
                                      {"currentReplicas", updated},
                                      {"updatedReplicas", updated}});
}

}  // namespace

RolloutPlan PlanStatefulSet(const ObjectRef& set, const StatefulSetSpec& spec,
                            const std::vector<Pod>& pods) {
  RolloutPlan plan;
  std::map<std::string, const Pod*> there;  // Those that are not wanted stay in it.
  bool ending = false;
  for (const Pod& pod : pods) {
    there[pod.name] = &pod;
    ending |= pod.terminating;
  }
  std::vector<Pod> wanted;  // That are there, in order.
  bool waits = false;       // For one before it.
  bool old = false;
  for (int i = 0; i < spec.replicas; ++i) {
    const auto found = there.find(StatefulPodName(set.name, i));
    if (found == there.end()) {
      if (!waits || !spec.ordered)
        plan.create.push_back(PlannedPod(set, spec.pod, StatefulPodName(set.name, i)));
      waits = true;
      continue;
    }
    waits |= !IsReady(*found->second) || found->second->terminating;
    if (!found->second->terminating) wanted.push_back(*found->second);
    old |= found->second->template_hash != spec.pod.hash;
    there.erase(found);
  }
  const bool complete = static_cast<int>(wanted.size()) == spec.replicas;
  // The names say the order, but for their length.
  std::vector<Pod> unwanted;
  for (const auto& [name, pod] : there)
    if (!pod->terminating) unwanted.push_back(*pod);
  std::sort(unwanted.begin(), unwanted.end(), [](const Pod& a, const Pod& b) {
    return a.name.size() != b.name.size() ? a.name.size() > b.name.size() : a.name > b.name;
  });
  plan.up_to_date = complete && !old && there.empty();
  for (Pod& pod : unwanted) {
    const bool now = !spec.ordered || (!ending && plan.remove.empty());
    (now ? plan.remove : plan.keep).push_back(std::move(pod));
  }

  // What is not ready serves nobody; else the last one, if those after it are ready again.
  auto next = std::find_if(wanted.rbegin(), wanted.rend(), [&](const Pod& pod) {
    return pod.template_hash != spec.pod.hash && !IsReady(pod);
  });
  const bool all_ready = complete && std::all_of(wanted.begin(), wanted.end(), IsReady);
  if (next == wanted.rend() && all_ready)
    next = std::find_if(wanted.rbegin(), wanted.rend(),
                        [&](const Pod& pod) { return pod.template_hash != spec.pod.hash; });
  if (next != wanted.rend() && !ending && plan.remove.empty()) {
    plan.remove.push_back(*next);
    wanted.erase(std::next(next).base());
  }
  plan.keep.insert(plan.keep.end(), wanted.begin(), wanted.end());
  return plan;
}

absl::StatusOr<absl::Duration> StatefulSetController::Keep(const ObjectPtr& object,
                                                           std::vector<Pod> pods) {
  const auto& spec = std::get<StatefulSetSpec>(object->spec);
  return Carry(object, spec.pod, PlanStatefulSet(object->ref, spec, pods), pods,
               [&](const std::vector<Pod>& all) {
                 return StatusJson(object->generation, spec.pod.hash, all);
               });
}

}  // namespace weft::local
