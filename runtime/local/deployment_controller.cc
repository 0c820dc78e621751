#include "runtime/local/deployment_controller.h"

#include <algorithm>
#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "core/base/failpoint.h"
#include "core/base/json.h"
#include "core/base/status.h"
#include "runtime/local/names.h"

namespace weft::local {
namespace {

constexpr absl::Duration kFirstRetry = absl::Seconds(1);
constexpr absl::Duration kLongestRetry = absl::Minutes(1);

// The engine sees to these itself, or is about to.
bool NeedsStart(const Pod& pod) {
  const std::string& state = pod.container.state;
  return state != "running" && state != "restarting" && state != "paused" && state != "removing";
}

bool EngineIsAway(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

}  // namespace

absl::StatusOr<absl::Duration> DeploymentController::Reconcile(const std::string& key) {
  WEFT_ASSIGN_OR_RETURN(std::vector<Pod> pods, Observe(key));
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

absl::StatusOr<std::vector<Pod>> DeploymentController::Observe(const std::string& key) {
  WEFT_ASSIGN_OR_RETURN(const std::vector<engine::ContainerSummary> containers,
                        parts_.engine.ListContainers({{kInstallationLabel, parts_.installation},
                                                      {kNamespaceLabel, NamespaceOfKey(key)},
                                                      {kDeploymentLabel, NameOfKey(key)}}));
  std::vector<Pod> pods;
  for (const engine::ContainerSummary& summary : containers) {
    const absl::StatusOr<engine::Container> container = parts_.engine.InspectContainer(summary.id);
    if (absl::IsNotFound(container.status())) continue;  // Gone meanwhile.
    WEFT_RETURN_IF_ERROR(container.status());
    std::optional<Pod> pod = PodFromContainer(parts_.installation, *container);
    if (!pod.has_value()) continue;
    pod->terminating = parts_.terminator.IsTerminating(pod->container.id);
    pods.push_back(*std::move(pod));
  }
  JudgeReadiness(key, pods);
  return pods;
}

void DeploymentController::JudgeReadiness(const std::string& key, std::vector<Pod>& pods) {
  std::vector<ProbeTarget> targets;
  for (const Pod& pod : pods) {
    if (!pod.address.empty() && pod.rules.readiness.has_value() && !pod.terminating)
      targets.push_back(
          {pod.container.id, pod.container.started_at, pod.address, *pod.rules.readiness});
  }
  parts_.prober.Track(key, targets);
  for (Pod& pod : pods) {
    pod.readiness = Readiness::kNotReady;
    if (pod.address.empty() || IsCrashLooping(pod.container, parts_.now())) continue;
    pod.readiness = pod.rules.readiness.has_value()
                        ? parts_.prober.Of(pod.container.id, pod.container.started_at)
                        : Readiness::kReady;
  }
}

absl::StatusOr<absl::Duration> DeploymentController::Keep(const ObjectPtr& object,
                                                          std::vector<Pod> pods) {
  const std::string key = KeyOf(object->ref);
  RolloutPlan plan = PlanRollout(object->ref, std::get<DeploymentSpec>(object->spec), pods);
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
    absl::StatusOr<absl::Duration> next = BringUp(*object, pod);
    if (next.ok()) {
      again = std::min(again, *next);
    } else {
      failed = next.status();
      break;  // The engine is away: the rest would only wait for it, too.
    }
  }
  JudgeReadiness(key, living);
  living.insert(living.end(), ending.begin(), ending.end());
  Publish(key, object, living, &plan);
  WEFT_RETURN_IF_ERROR(failed);
  return again;
}

absl::StatusOr<absl::Duration> DeploymentController::End(const ObjectPtr& object,
                                                         std::vector<Pod> pods) {
  const std::string key = KeyOf(object->ref);
  for (Pod& pod : pods) {
    parts_.terminator.Terminate(pod, key);
    pod.terminating = true;
  }
  Publish(key, object, pods, nullptr);
  if (!pods.empty()) return absl::InfiniteDuration();
  WEFT_RETURN_IF_ERROR(parts_.objects.Forget(object->ref));
  parts_.pods.Forget(key);
  {
    std::lock_guard lock(mutex_);
    failures_.erase(key);
  }
  parts_.wake(KeyOf("Network", object->ref.ns, ""));
  return absl::InfiniteDuration();
}

absl::StatusOr<absl::Duration> DeploymentController::BringUp(const Object& object, Pod& pod) {
  if (!NeedsStart(pod)) {
    if (pod.container.state == "running" && IsCrashLooping(pod.container, parts_.now()))
      return kTrustedAfter;
    return absl::InfiniteDuration();
  }
  const auto& spec = std::get<DeploymentSpec>(object.spec);
  const std::string key = KeyOf(object.ref);
  Failure failure;
  {
    std::lock_guard lock(mutex_);
    const auto& failures = failures_[key];
    if (const auto found = failures.find(pod.name); found != failures.end())
      failure = found->second;
  }
  if (failure.times > 0 && failure.retry_at > parts_.now()) {
    pod.waiting_reason = failure.reason;
    pod.waiting_message = failure.message;
    return failure.retry_at - parts_.now();
  }
  if (pod.container.id.empty()) {
    WEFT_ASSIGN_OR_RETURN(const ImagePuller::Answer image,
                          parts_.images.Ask(spec.image, spec.pull, key));
    pod.waiting_reason = image.reason;
    pod.waiting_message = image.message;
    if (!image.present) return absl::InfiniteDuration();
  }
  const absl::Status started = Start(object, failure.times > 0, pod);
  if (EngineIsAway(started)) return started;
  if (!started.ok()) return Fail(object, pod, started);
  std::lock_guard lock(mutex_);
  failures_[key].erase(pod.name);
  return absl::InfiniteDuration();
}

absl::Status DeploymentController::Start(const Object& object, bool failed_before, Pod& pod) {
  const bool current = pod.template_hash == std::get<DeploymentSpec>(object.spec).template_hash;
  if (!pod.container.id.empty() && current && (failed_before || pod.container.state == "dead")) {
    // What could not be started may refer to what is no longer there: made anew.
    WEFT_RETURN_IF_ERROR(parts_.engine.RemoveContainer(pod.container.id));
    pod.container.id.clear();
  }
  std::string id = pod.container.id;
  if (id.empty()) {
    WEFT_ASSIGN_OR_RETURN(id, Create(object, pod));
    pod.container.id = id;
  }
  Failpoint("runtime.start.before");
  WEFT_RETURN_IF_ERROR(parts_.engine.StartContainer(id));
  Failpoint("runtime.start.after");
  WEFT_ASSIGN_OR_RETURN(const engine::Container container, parts_.engine.InspectContainer(id));
  if (std::optional<Pod> now = PodFromContainer(parts_.installation, container)) pod = *now;
  return absl::OkStatus();
}

absl::StatusOr<std::string> DeploymentController::Create(const Object& object, const Pod& pod) {
  WEFT_RETURN_IF_ERROR(parts_.networks.Ensure(object.ref.ns).status());
  Failpoint("runtime.create.before");
  absl::StatusOr<std::string> id = parts_.engine.CreateContainer(ContainerSpecFor(
      parts_.installation, object.ref, std::get<DeploymentSpec>(object.spec), pod));
  Failpoint("runtime.create.after");
  return id;
}

absl::Duration DeploymentController::Fail(const Object& object, Pod& pod,
                                          const absl::Status& status) {
  pod.waiting_reason = pod.container.id.empty() ? "CreateContainerError" : "RunContainerError";
  pod.waiting_message = std::string(status.message());
  spdlog::warn("msg=\"cannot start a pod\" namespace={} pod={} error=\"{}\"", pod.ns, pod.name,
               pod.waiting_message);
  std::lock_guard lock(mutex_);
  Failure& failure = failures_[KeyOf(object.ref)][pod.name];
  const absl::Duration wait =
      std::min(kFirstRetry * (1 << std::min(failure.times, 10)), kLongestRetry);
  failure = {pod.waiting_reason, pod.waiting_message, parts_.now() + wait, failure.times + 1};
  return wait;
}

}  // namespace weft::local
