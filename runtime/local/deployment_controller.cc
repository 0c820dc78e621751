#include "runtime/local/deployment_controller.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/base/status.h"
#include "runtime/local/rollout.h"

namespace weft::local {
namespace {

// Where the hash of the template stands that has been rolled out.
std::string SettingOf(const std::string& key) { return absl::StrCat("rolled out ", key); }

json::object Condition(const char* type, bool is_so, const char* reason, std::string message) {
  return {{"type", type},
          {"status", is_so ? "True" : "False"},
          {"reason", reason},
          {"message", std::move(message)}};
}

json::object Available(const DeploymentSpec& spec, const RolloutCounts& counts) {
  const int least = std::max(0, spec.replicas - spec.max_unavailable);
  const bool enough = counts.available >= least;
  return Condition("Available", enough,
                   enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
                   absl::StrCat(counts.available, " of at least ", least, " are available"));
}

json::object Progressing(const DeploymentSpec& spec, const RolloutCounts& counts,
                         RolloutState state) {
  const std::string so_far = absl::StrCat(counts.updated, " of ", spec.replicas,
                                          " are up to date, ", counts.available, " available");
  switch (state) {
    case RolloutState::kComplete:
      return Condition("Progressing", true, "NewReplicaSetAvailable", "it has been rolled out");
    case RolloutState::kGoesOn:
      return Condition("Progressing", true, "ReplicaSetUpdated", so_far);
    case RolloutState::kStuck:
      break;
  }
  return Condition("Progressing", false, "ProgressDeadlineExceeded",
                   absl::StrCat("it has come no further for ",
                                absl::FormatDuration(spec.progress_deadline), ": ", so_far));
}

// Source: Kubernetes API, apps/v1 DeploymentStatus.
std::string StatusJson(uint64_t generation, const DeploymentSpec& spec,
                       const std::vector<Pod>& pods, RolloutState state) {
  const RolloutCounts counts = CountPods(spec, pods);
  json::array conditions{Available(spec, counts)};
  if (spec.progress_deadline != absl::InfiniteDuration())
    conditions.push_back(Progressing(spec, counts, state));
  return json::Canonical(json::object{
      {"observedGeneration", generation},
      {"replicas", counts.replicas},
      {"readyReplicas", counts.ready},
      {"availableReplicas", counts.available},
      {"updatedReplicas", counts.updated},
      {"unavailableReplicas", std::max(counts.replicas, spec.replicas) - counts.available},
      {"conditions", std::move(conditions)}});
}

// Source: Kubernetes API, apps/v1 DaemonSetStatus.
std::string DaemonSetStatusJson(uint64_t generation, const DeploymentSpec& spec,
                                const std::vector<Pod>& pods) {
  const RolloutCounts counts = CountPods(spec, pods);
  return json::Canonical(json::object{{"observedGeneration", generation},
                                      {"desiredNumberScheduled", spec.replicas},
                                      {"currentNumberScheduled", counts.replicas},
                                      {"numberMisscheduled", 0},
                                      {"numberReady", counts.ready},
                                      {"numberAvailable", counts.available},
                                      {"numberUnavailable", spec.replicas - counts.available},
                                      {"updatedNumberScheduled", counts.updated}});
}

}  // namespace

absl::StatusOr<absl::Duration> DeploymentController::Keep(const ObjectPtr& object,
                                                          std::vector<Pod> pods) {
  const auto* daemon_set = std::get_if<DaemonSetSpec>(&object->spec);
  const DeploymentSpec& spec =
      daemon_set != nullptr ? daemon_set->rollout : std::get<DeploymentSpec>(object->spec);
  const std::string key = LocalKey(object->ref);
  std::string rolled_out;
  if (daemon_set == nullptr) {
    WEFT_ASSIGN_OR_RETURN(rolled_out, parts_.objects.ReadSetting(SettingOf(key)));
  }
  RolloutState state = RolloutState::kGoesOn;
  absl::Duration again = clock_.Settle(key, spec, parts_.now(), pods);
  const auto status = [&](std::vector<Pod>& all) {
    // Time has passed, and some may have become ready.
    const absl::Time now = parts_.now();
    again = std::min(again, clock_.Settle(key, spec, now, all));
    if (daemon_set != nullptr) return DaemonSetStatusJson(object->generation, spec, all);
    const RolloutClock::Progress progress =
        clock_.Look(key, spec, now, all, rolled_out == spec.pod.hash);
    state = progress.state;
    again = std::min(again, progress.again);
    return StatusJson(object->generation, spec, all, state);
  };
  const absl::StatusOr<absl::Duration> next =
      Carry(object, spec.pod, PlanRollout(object->ref, spec, pods), pods, status);
  if (state == RolloutState::kComplete && rolled_out != spec.pod.hash)
    WEFT_RETURN_IF_ERROR(parts_.objects.WriteSetting(SettingOf(key), spec.pod.hash));
  return next.ok() ? std::min(*next, again) : next;
}

absl::Status DeploymentController::Gone(const Object& deployment) {
  const std::string key = LocalKey(deployment.ref);
  clock_.Forget(key);
  return parts_.objects.RemoveSetting(SettingOf(key));
}

}  // namespace weft::local
