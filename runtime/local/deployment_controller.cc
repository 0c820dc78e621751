#include "runtime/local/deployment_controller.h"

#include <algorithm>
#include <filesystem>
#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "core/base/failpoint.h"
#include "core/base/json.h"
#include "core/base/status.h"
#include "runtime/local/admission.h"
#include "runtime/local/names.h"

namespace weft::local {
namespace {

constexpr absl::Duration kFirstRetry = absl::Seconds(1);
constexpr absl::Duration kLongestRetry = absl::Minutes(1);
constexpr absl::Duration kIdentityRetry = absl::Seconds(1);

// The engine sees to these itself, or is about to.
bool NeedsStart(const engine::Container& container) {
  const std::string& state = container.state;
  return state != "running" && state != "restarting" && state != "paused" && state != "removing";
}

bool EngineIsAway(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

}  // namespace

absl::StatusOr<absl::Duration> DeploymentController::Reconcile(const std::string& key) {
  WEFT_ASSIGN_OR_RETURN(Observation observed, Observe(key));
  std::vector<Pod>& pods = observed.pods;
  const ObjectPtr object = parts_.objects.Find(key);
  if (object == nullptr) {  // Pods whose Deployment the store does not know are shown and kept.
    Publish(key, object, pods, nullptr);
    return absl::InfiniteDuration();
  }
  for (const std::string& orphan : observed.orphans)
    WEFT_RETURN_IF_ERROR(parts_.engine.RemoveContainer(orphan));
  if (object->deleting) return End(object, std::move(pods));
  if (!std::holds_alternative<DeploymentSpec>(object->spec)) {
    Publish(key, object, pods, nullptr);
    return absl::InfiniteDuration();
  }
  return Keep(object, std::move(pods));
}

absl::StatusOr<DeploymentController::Observation> DeploymentController::Observe(
    const std::string& key) {
  WEFT_ASSIGN_OR_RETURN(const std::vector<engine::ContainerSummary> containers,
                        parts_.engine.ListContainers({{kInstallationLabel, parts_.installation},
                                                      {kNamespaceLabel, NamespaceOfKey(key)},
                                                      {kDeploymentLabel, NameOfKey(key)}}));
  Observation observed;
  std::vector<std::pair<std::string, Sidecar>> sidecars;  // With their pods' names.
  for (const engine::ContainerSummary& summary : containers) {
    // Before the look: one that ends in between is not found, or is known to end.
    const bool terminating = parts_.terminator.IsTerminating(summary.id);
    const absl::StatusOr<engine::Container> container = parts_.engine.InspectContainer(summary.id);
    if (absl::IsNotFound(container.status())) continue;  // Gone meanwhile.
    WEFT_RETURN_IF_ERROR(container.status());
    if (auto sidecar = SidecarFromContainer(parts_.installation, *container))
      sidecars.push_back(*std::move(sidecar));
    std::optional<Pod> pod = PodFromContainer(parts_.installation, *container);
    if (!pod.has_value()) continue;
    pod->terminating = terminating;
    observed.pods.push_back(*std::move(pod));
  }
  for (auto& [name, sidecar] : sidecars) {
    const auto pod = std::find_if(observed.pods.begin(), observed.pods.end(),
                                  [&name = name](const Pod& p) { return p.name == name; });
    if (pod == observed.pods.end()) {
      observed.orphans.push_back(sidecar.container.id);
    } else {
      pod->sidecars.push_back(std::move(sidecar));
    }
  }
  JudgeReadiness(key, observed.pods);
  return observed;
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
    pod.complaint.clear();
    if (!RunsWhole(pod, parts_.now())) continue;
    if (!pod.rules.readiness.has_value()) {
      pod.readiness = Readiness::kReady;
      continue;
    }
    pod.readiness = parts_.prober.Of(pod.container.id, pod.container.started_at);
    pod.complaint = parts_.prober.Complaint(pod.container.id, pod.container.started_at);
  }
}

absl::StatusOr<absl::Duration> DeploymentController::Keep(const ObjectPtr& object,
                                                          std::vector<Pod> pods) {
  const std::string key = LocalKey(object->ref);
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
    const absl::StatusOr<absl::Duration> next = BringUp(*object, pod);
    const absl::StatusOr<absl::Duration> sidecars =
        next.ok() ? BringUpSidecars(*object, pod) : next;
    if (!sidecars.ok()) {
      failed = sidecars.status();
      break;  // The engine is away: the rest would only wait for it, too.
    }
    again = std::min({again, *next, *sidecars});
  }
  JudgeReadiness(key, living);
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
  {
    std::lock_guard lock(mutex_);
    failures_.erase(key);
  }
  parts_.wake(LocalKey("Network", object->ref.ns, ""));
  return absl::InfiniteDuration();
}

absl::StatusOr<absl::Duration> DeploymentController::BringUp(const Object& object, Pod& pod) {
  if (!NeedsStart(pod.container)) {
    if (pod.container.state == "running" && IsCrashLooping(pod.container, parts_.now()))
      return kTrustedAfter;
    return absl::InfiniteDuration();
  }
  if (AwaitsIdentity(object, pod)) return kIdentityRetry;
  const auto& spec = std::get<DeploymentSpec>(object.spec);
  return Attempt(object, pod.name, pod.container.id.empty() ? &spec.container : nullptr,
                 pod.waiting, [&](bool failed) { return Start(object, failed, pod); });
}

std::string DeploymentController::IdentityDirectory(const Object& object) const {
  const std::string name = IdentityOf(object.ref, std::get<DeploymentSpec>(object.spec));
  return name.empty() ? "" : absl::StrCat(parts_.identities, "/", name);
}

// Whoever installs a provider issues its identity; until then its pods wait.
bool DeploymentController::AwaitsIdentity(const Object& object, Pod& pod) const {
  const std::string name = IdentityOf(object.ref, std::get<DeploymentSpec>(object.spec));
  if (name.empty()) return false;
  std::error_code error;
  if (IsDnsLabel(name) && std::filesystem::is_directory(IdentityDirectory(object), error))
    return false;
  pod.waiting = {"IdentityMissing", absl::StrCat("the provider ", name, " has no identity yet")};
  return true;
}

absl::StatusOr<absl::Duration> DeploymentController::Attempt(
    const Object& object, const std::string& name, const PodContainer* image, Waiting& waiting,
    const std::function<absl::Status(bool failed)>& start) {
  const std::string key = LocalKey(object.ref);
  Failure failure;
  {
    std::lock_guard lock(mutex_);
    const auto& failures = failures_[key];
    if (const auto found = failures.find(name); found != failures.end()) failure = found->second;
  }
  if (failure.times > 0 && failure.retry_at > parts_.now()) {
    waiting = failure.waiting;
    return failure.retry_at - parts_.now();
  }
  if (image != nullptr) {
    WEFT_ASSIGN_OR_RETURN(const ImagePuller::Answer answer,
                          parts_.images.Ask(image->image, image->pull, key));
    waiting = {answer.reason, answer.message};
    if (!answer.present) return absl::InfiniteDuration();
  }
  const absl::Status started = start(failure.times > 0);
  if (EngineIsAway(started)) return started;
  std::lock_guard lock(mutex_);
  if (started.ok()) {
    failures_[key].erase(name);
    return absl::InfiniteDuration();
  }
  waiting = {image != nullptr ? "CreateContainerError" : "RunContainerError",
             std::string(started.message())};
  spdlog::warn("msg=\"cannot start a container\" namespace={} pod={} error=\"{}\"", object.ref.ns,
               name, waiting.message);
  const absl::Duration wait =
      std::min(kFirstRetry * (1 << std::min(failure.times, 10)), kLongestRetry);
  failures_[key][name] = {waiting, parts_.now() + wait, failure.times + 1};
  return wait;
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
  if (std::optional<Pod> now = PodFromContainer(parts_.installation, container)) {
    now->sidecars = std::move(pod.sidecars);
    pod = *std::move(now);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> DeploymentController::Create(const Object& object, const Pod& pod) {
  WEFT_RETURN_IF_ERROR(parts_.networks.Ensure(object.ref.ns).status());
  Failpoint("runtime.create.before");
  absl::StatusOr<std::string> id = parts_.engine.CreateContainer(
      ContainerSpecFor(parts_.installation, object.ref, std::get<DeploymentSpec>(object.spec), pod,
                       IdentityDirectory(object)));
  Failpoint("runtime.create.after");
  return id;
}

}  // namespace weft::local
