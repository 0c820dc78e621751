#include "runtime/local/stateful_set_controller.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "core/base/json.h"
#include "core/base/status.h"
#include "runtime/local/admission.h"
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

// The pod of a set at `index`, with the claims that are its own.
Pod PlannedAt(const ObjectRef& set, const StatefulSetSpec& spec, int index) {
  Pod pod = PlannedPod(set, spec.pod, StatefulPodName(set.name, index));
  for (const StatefulSetSpec::ClaimTemplate& claim : spec.claims)
    for (Volume& volume : pod.rules.volumes)
      if (volume.name == claim.volume)
        volume.claim = StatefulClaimName(claim.volume, set.name, index);
  return pod;
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
      if (!waits || !spec.ordered) plan.create.push_back(PlannedAt(set, spec, i));
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
  WEFT_RETURN_IF_ERROR(KeepClaims(*object, spec, pods));
  return Carry(object, spec.pod, PlanStatefulSet(object->ref, spec, pods), pods,
               [&](const std::vector<Pod>& all) {
                 return StatusJson(object->generation, spec.pod.hash, all);
               });
}

// One that is there is taken as it is, whoever made it. Those of pods that the set has no more
// stay, unless it says otherwise; then they go when their pods have gone. Templates are not looked
// at for that: what a former one claimed stays in any case.
absl::Status StatefulSetController::KeepClaims(const Object& set, const StatefulSetSpec& spec,
                                               const std::vector<Pod>& pods) {
  std::vector<Candidate> missing;
  for (int i = 0; i < spec.replicas; ++i) {
    for (const StatefulSetSpec::ClaimTemplate& claim : spec.claims) {
      const ObjectRef ref = {"v1", "PersistentVolumeClaim", set.ref.ns,
                             StatefulClaimName(claim.volume, set.ref.name, i)};
      if (parts_.objects.Find(LocalKey(ref)) != nullptr) continue;
      WEFT_ASSIGN_OR_RETURN(Candidate candidate, ChildOf(set, ref, claim.claim));
      missing.push_back(std::move(candidate));
    }
  }
  WEFT_RETURN_IF_ERROR(parts_.objects.Make(missing));
  if (!spec.claims_go_when_scaled) return absl::OkStatus();
  std::set<std::string> used;
  for (const Pod& pod : pods)
    for (const Volume& volume : pod.rules.volumes) used.insert(volume.claim);
  std::vector<ObjectRef> unwanted;
  for (const ObjectPtr& claim : parts_.objects.ChildrenOf(set.ref)) {
    const std::string& name = claim->ref.name;
    int index = 0;
    if (absl::SimpleAtoi(name.substr(name.rfind('-') + 1), &index) && index >= spec.replicas &&
        !used.contains(name))
      unwanted.push_back(claim->ref);
  }
  return parts_.objects.Delete(unwanted, LocalKey(set.ref));
}

absl::Status StatefulSetController::Gone(const Object& set) {
  const auto* spec = std::get_if<StatefulSetSpec>(&set.spec);
  if (spec == nullptr || !spec->claims_go_when_deleted) return absl::OkStatus();
  return parts_.objects.DeleteChildren(set.ref);
}

}  // namespace weft::local
