#include "runtime/local/rollout.h"

#include <algorithm>
#include <set>

namespace weft::local {
namespace {

bool Ready(const Pod& pod) { return pod.readiness() == Readiness::kReady && !pod.settling; }

// Those that serve first, then those that have run longest, then by name: the end goes first.
void SortWorthiest(std::vector<Pod>& pods) {
  std::sort(pods.begin(), pods.end(), [](const Pod& a, const Pod& b) {
    if (Ready(a) != Ready(b)) return Ready(a);
    if (a.sandbox.created != b.sandbox.created) return a.sandbox.created < b.sandbox.created;
    return a.name < b.name;
  });
}

void MoveEnd(std::vector<Pod>& from, int count, std::vector<Pod>& to) {
  for (; count > 0 && !from.empty(); --count) {
    to.push_back(std::move(from.back()));
    from.pop_back();
  }
}

int CountUnready(const std::vector<Pod>& pods) {
  return static_cast<int>(
      std::count_if(pods.begin(), pods.end(), [](const Pod& p) { return !Ready(p); }));
}

std::vector<Pod> PlanNew(const ObjectRef& deployment, const DeploymentSpec& spec, int count,
                         const std::vector<Pod>& pods) {
  std::set<std::string> taken;
  for (const Pod& pod : pods) taken.insert(pod.name);
  std::vector<Pod> planned;
  for (int index = 0; static_cast<int>(planned.size()) < count; ++index) {
    Pod pod = PlannedPod(deployment, spec.pod, index);
    if (taken.count(pod.name) == 0) planned.push_back(std::move(pod));
  }
  return planned;
}

}  // namespace

RolloutPlan PlanRollout(const ObjectRef& deployment, const DeploymentSpec& spec,
                        const std::vector<Pod>& pods) {
  RolloutPlan plan;
  std::vector<Pod> current, old;
  bool old_ends = false;
  for (const Pod& pod : pods) {
    const bool is_old = pod.template_hash != spec.pod.hash;
    old_ends |= is_old && pod.terminating;
    if (!pod.terminating) (is_old ? old : current).push_back(pod);
  }
  SortWorthiest(current);
  SortWorthiest(old);
  MoveEnd(current, static_cast<int>(current.size()) - spec.replicas, plan.remove);

  const int have = static_cast<int>(current.size());
  if (spec.recreate && (old_ends || !old.empty())) {
    plan.remove.insert(plan.remove.end(), old.begin(), old.end());
    plan.keep = std::move(current);
    return plan;
  }
  const int surge = old.empty() ? 0 : spec.max_surge;
  const int room = spec.replicas + surge - static_cast<int>(old.size());
  const int wanted = std::clamp(room, have, std::max(have, spec.replicas));
  plan.create = PlanNew(deployment, spec, wanted - have, pods);

  const int total = wanted + static_cast<int>(old.size());
  const int unready = CountUnready(current) + (wanted - have);
  const int least = std::max(0, spec.replicas - spec.max_unavailable);
  MoveEnd(old, spec.replicas == 0 ? total : total - least - unready, plan.remove);

  plan.keep = std::move(current);
  plan.keep.insert(plan.keep.end(), old.begin(), old.end());
  return plan;
}

}  // namespace weft::local
