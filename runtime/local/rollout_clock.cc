#include "runtime/local/rollout_clock.h"

#include <algorithm>

namespace weft::local {
namespace {

bool IsReady(const Pod& pod) { return pod.readiness() == Readiness::kReady; }

absl::Time StartOf(const Pod& pod) {
  absl::Time start = absl::InfinitePast();
  for (const Member& member : pod.members)
    start = std::max(start, TimeOf(member.run.container.started_at));
  return start;
}

bool IsComplete(const DeploymentSpec& spec, const RolloutCounts& counts) {
  return counts.updated == spec.replicas && counts.replicas == spec.replicas &&
         counts.available == spec.replicas;
}

// Source: Kubernetes, DeploymentProgressing.
bool IsStep(const RolloutCounts& before, const RolloutCounts& now) {
  return now.updated > before.updated ||
         now.replicas - now.updated < before.replicas - before.updated ||
         now.ready > before.ready || now.available > before.available;
}

}  // namespace

RolloutCounts CountPods(const DeploymentSpec& spec, const std::vector<Pod>& pods) {
  RolloutCounts counts;
  for (const Pod& pod : pods) {
    if (pod.terminating) continue;
    ++counts.replicas;
    if (IsReady(pod)) ++counts.ready;
    if (IsReady(pod) && !pod.settling) ++counts.available;
    if (pod.template_hash == spec.pod.hash) ++counts.updated;
  }
  return counts;
}

absl::Duration RolloutClock::Settle(const std::string& key, const DeploymentSpec& spec,
                                    absl::Time now, std::vector<Pod>& pods) {
  absl::Duration again = absl::InfiniteDuration();
  std::lock_guard lock(mutex_);
  Known& known = known_[key];
  std::map<std::string, absl::Time> ready_since;
  for (Pod& pod : pods) {
    pod.settling = false;
    // It ran before this process did, and has not been asked yet: the first answer counts.
    if (pod.readiness() == Readiness::kUnknown) continue;
    const std::string run = RunKey(pod.sandbox);
    const auto before = known.ready_since.find(run);
    absl::Time since = absl::InfiniteFuture();
    if (IsReady(pod)) {
      since = before == known.ready_since.end() ? StartOf(pod) : before->second;
      since = std::min(since, now);  // Not before; nor does a clock that was set back delay it.
    }
    ready_since[run] = since;
    pod.settling = IsReady(pod) && now - since < spec.min_ready;
    if (pod.settling && !pod.terminating) again = std::min(again, since + spec.min_ready - now);
  }
  known.ready_since = std::move(ready_since);
  return again;
}

RolloutClock::Progress RolloutClock::Look(const std::string& key, const DeploymentSpec& spec,
                                          absl::Time now, const std::vector<Pod>& pods,
                                          bool rolled_out) {
  const RolloutCounts counts = CountPods(spec, pods);
  std::lock_guard lock(mutex_);
  Known& known = known_[key];
  // A clock that was set back delays nothing.
  if (known.template_hash != spec.pod.hash || IsStep(known.counts, counts) || known.stepped > now)
    known.stepped = now;
  known.template_hash = spec.pod.hash;
  known.counts = counts;
  if (rolled_out || IsComplete(spec, counts))
    return {RolloutState::kComplete, absl::InfiniteDuration()};
  const absl::Time end = known.stepped + spec.progress_deadline;
  if (now >= end) return {RolloutState::kStuck, absl::InfiniteDuration()};
  return {RolloutState::kGoesOn, end - now};
}

void RolloutClock::Forget(const std::string& key) {
  std::lock_guard lock(mutex_);
  known_.erase(key);
}

}  // namespace weft::local
