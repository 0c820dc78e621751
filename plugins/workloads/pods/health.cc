#include "plugins/workloads/pods/health.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/container_state.h"

namespace weft::pods {
namespace {

// Reasons for which a container waits and that waiting does not mend. Source: the kubelet's
// container states.
constexpr std::array<std::string_view, 8> kNeedsHelp = {
    "ImagePullBackOff", "ErrImagePull",         "ErrImageNeverPull",          "InvalidImageName",
    "CrashLoopBackOff", "CreateContainerError", "CreateContainerConfigError", "RunContainerError"};

constexpr char kStuckReason[] = "ProgressDeadlineExceeded";

Trouble TroubleOfPod(const sdk::Projection& pod, const char* list) {
  const json::value* containers = json::FindPath(pod.status, {list});
  if (containers == nullptr || !containers->is_array()) return {};
  for (const json::value& container : containers->get_array()) {
    const std::string reason = json::GetString(container, {"state", "waiting", "reason"});
    const std::string message = StateMessage(container, "waiting");
    // Of what is just being made there is nothing to say.
    const bool stuck = reason == "ContainerCreating" && !message.empty();
    if (!stuck && std::find(kNeedsHelp.begin(), kNeedsHelp.end(), reason) == kNeedsHelp.end())
      continue;
    return {reason, absl::StrCat("pod ", pod.ref.name, ": ", message.empty() ? reason : message)};
  }
  return {};
}

// Why the first pod that no node takes is not taken: it may be for a moment, as while its claims
// are being bound. Source: Kubernetes API, core/v1 PodCondition.
std::string Unschedulable(const sdk::AssessRequest& request) {
  for (const sdk::Projection& pod : request.observed) {
    const json::value* conditions = json::FindPath(pod.status, {"conditions"});
    if (pod.ref.kind != "Pod" || pod.deleting || conditions == nullptr || !conditions->is_array())
      continue;
    for (const json::value& condition : conditions->get_array())
      if (json::GetString(condition, {"type"}) == "PodScheduled" &&
          json::GetString(condition, {"reason"}) == "Unschedulable")
        return absl::StrCat("pod ", pod.ref.name, ": ", json::GetString(condition, {"message"}));
  }
  return "";
}

std::vector<sdk::Endpoint> EndpointsOf(const sdk::AssessRequest& request) {
  std::vector<sdk::Endpoint> endpoints;
  const sdk::Projection* service = request.Find({"v1", "Service", request.instance.name, ""});
  if (service == nullptr) return endpoints;
  const std::string address = json::GetString(service->status, {"clusterIP"});
  const json::value* ports = json::FindPath(service->status, {"ports"});
  if (address.empty() || ports == nullptr || !ports->is_array()) return endpoints;
  for (const json::value& port : ports->get_array()) {
    const std::string name = json::GetString(port, {"name"});
    const char* scheme = absl::StartsWith(name, "http") ? "http" : "tcp";
    endpoints.push_back(
        {name, absl::StrCat(scheme, "://", address, ":", json::GetInt(port, {"port"}))});
  }
  return endpoints;
}

// Whether a Service was rendered that nobody can reach yet.
bool ServicePending(const sdk::AssessRequest& request) {
  return std::any_of(request.objects.begin(), request.objects.end(), [&](const auto& object) {
    if (object.kind != "Service") return false;
    const sdk::Projection* service = request.Find(object);
    return service == nullptr || !service->up_to_date;
  });
}

// Why the platform takes the rollout for stuck; empty: it does not. Source: Kubernetes API, apps/v1
// DeploymentCondition.
std::string Stuck(const sdk::Projection& deployment) {
  const json::value* conditions = json::FindPath(deployment.status, {"conditions"});
  if (conditions == nullptr || !conditions->is_array()) return "";
  for (const json::value& condition : conditions->get_array())
    if (json::GetString(condition, {"reason"}) == kStuckReason)
      return json::GetString(condition, {"message"}, "the rollout does not go on");
  return "";
}

// `least`: so many pods are wanted at least.
sdk::Health AssessAtLeast(const sdk::AssessRequest& request, int64_t least) {
  const sdk::Projection* deployment =
      request.Find({request.shape.api_version, request.shape.kind, request.instance.name, ""});
  if (deployment == nullptr)
    return {sdk::Verdict::kProgressing, "NotCreated", "the platform has not taken it yet", {}};
  sdk::Health health{sdk::Verdict::kProgressing, "", "", EndpointsOf(request)};
  const auto count = [&](const char* field) { return json::GetInt(deployment->status, {field}); };
  // Before there are pods only those are told that are missing.
  const int64_t wanted = std::max(
      {count("replicas"), least, count("availableReplicas") + count("unavailableReplicas")});
  const int64_t ready = count("readyReplicas");
  health.message = absl::StrCat(ready, " of ", wanted, " ready");
  if (const Trouble trouble = TroubleOf(request); !trouble.reason.empty()) {
    health.verdict = ready > 0 ? sdk::Verdict::kDegraded : sdk::Verdict::kFailed;
    health.reason = trouble.reason;
    health.message = absl::StrCat(health.message, "; ", trouble.message);
  } else if (const std::string stuck = Stuck(*deployment);
             deployment->up_to_date && !stuck.empty()) {
    health.verdict = ready > 0 ? sdk::Verdict::kDegraded : sdk::Verdict::kFailed;
    health.reason = kStuckReason;
    health.message = absl::StrCat(health.message, "; ", stuck);
    if (const std::string why = Unschedulable(request); !why.empty())
      absl::StrAppend(&health.message, "; ", why);
  } else if (!deployment->up_to_date || count("updatedReplicas") < count("replicas")) {
    health.reason = "RollingOut";
  } else if (ready < wanted) {
    const std::string why = Unschedulable(request);
    health.reason = why.empty() ? "PodsNotReady" : "Unschedulable";
    if (!why.empty()) health.message = absl::StrCat(health.message, "; ", why);
  } else if (ServicePending(request)) {
    health.reason = "ServiceNotReady";
  } else {
    health.verdict = sdk::Verdict::kHealthy;
    health.reason = wanted == 0 ? "ScaledToZero" : "Ready";
  }
  return health;
}

}  // namespace

Trouble TroubleOf(const sdk::AssessRequest& request) {
  for (const sdk::Projection& pod : request.observed) {
    if (pod.ref.kind != "Pod" || pod.deleting) continue;
    for (const char* list : {"initContainerStatuses", "containerStatuses"})
      if (Trouble trouble = TroubleOfPod(pod, list); !trouble.reason.empty()) return trouble;
  }
  return {};
}

sdk::Health Assess(const sdk::AssessRequest& request) { return AssessAtLeast(request, 0); }

sdk::Health AssessSingleton(const sdk::AssessRequest& request) { return AssessAtLeast(request, 1); }

}  // namespace weft::pods
