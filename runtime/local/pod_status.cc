// The status of a pod: Kubernetes API, core/v1 PodStatus, ContainerStatus and ContainerState.
#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "runtime/local/pod.h"

namespace weft::local {
namespace {

constexpr int64_t kCrashes = 3;

json::object WaitingState(const std::string& reason, const std::string& message) {
  json::object waiting = {{"reason", reason}};
  if (!message.empty()) waiting["message"] = message;
  return {{"waiting", std::move(waiting)}};
}

json::object State(const engine::Container& c, const Waiting& waiting, absl::Time now) {
  if (!waiting.reason.empty()) return WaitingState(waiting.reason, waiting.message);
  if (IsCrashLooping(c, now)) {
    return WaitingState("CrashLoopBackOff", absl::StrCat("restarted ", c.restart_count,
                                                         " times, last exit code ", c.exit_code));
  }
  if (c.state == "running" || c.state == "paused")
    return {{"running", json::object{{"startedAt", c.started_at}}}};
  if (c.state == "exited" || c.state == "dead" || c.state == "restarting") {
    return {{"terminated", json::object{{"exitCode", c.exit_code},
                                        {"reason", c.exit_code == 0 ? "Completed" : "Error"},
                                        {"startedAt", c.started_at},
                                        {"finishedAt", c.finished_at}}}};
  }
  return WaitingState("ContainerCreating", "");
}

json::object ContainerStatus(const std::string& name, const engine::Container& c, bool ready,
                             const Waiting& waiting, absl::Time now) {
  json::object status = {{"name", name},
                         {"image", c.image},
                         {"ready", ready},
                         {"restartCount", c.restart_count},
                         {"state", State(c, waiting, now)}};
  if (!c.id.empty()) status["containerID"] = "docker://" + c.id;
  return status;
}

}  // namespace

bool IsCrashLooping(const engine::Container& c, absl::Time now) {
  if (c.restart_count < kCrashes) return false;
  if (c.state == "restarting") return true;
  absl::Time started;
  return c.state == "running" &&
         absl::ParseTime(absl::RFC3339_full, c.started_at, &started, nullptr) &&
         now - started < kTrustedAfter;
}

std::string PodStatusJson(const Pod& pod, absl::Time now) {
  const engine::Container& c = pod.container;
  const bool ready = pod.readiness == Readiness::kReady;
  // The first container is ready by its probe; the pod is when its sidecars run, too.
  json::array containers = {ContainerStatus(pod.rules.container, c, ready, pod.waiting, now)};
  for (const Sidecar& sidecar : pod.sidecars) {
    const bool runs =
        sidecar.container.state == "running" && !IsCrashLooping(sidecar.container, now);
    containers.push_back(
        ContainerStatus(sidecar.name, sidecar.container, runs, sidecar.waiting, now));
  }
  json::object status = {
      {"phase", c.started_at.empty() ? "Pending" : "Running"},
      {"containerStatuses", std::move(containers)},
      {"conditions",
       json::array{json::object{{"type", "Ready"}, {"status", ready ? "True" : "False"}}}}};
  if (!pod.address.empty()) status["podIP"] = pod.address;
  if (!pod.complaint.empty()) {
    status["reason"] = "Unhealthy";  // As the kubelet calls a probe that fails.
    status["message"] = absl::StrCat("readiness probe failed: ", pod.complaint);
  }
  return json::Canonical(status);
}

}  // namespace weft::local
