// The status of a pod: Kubernetes API, core/v1 PodStatus, ContainerStatus and ContainerState.
#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "runtime/local/pod.h"

namespace weft::local {
namespace {

constexpr int64_t kCrashes = 3;

json::object Waiting(const std::string& reason, const std::string& message) {
  json::object waiting = {{"reason", reason}};
  if (!message.empty()) waiting["message"] = message;
  return {{"waiting", std::move(waiting)}};
}

json::object State(const Pod& pod, absl::Time now) {
  const engine::Container& c = pod.container;
  if (!pod.waiting_reason.empty()) return Waiting(pod.waiting_reason, pod.waiting_message);
  if (IsCrashLooping(c, now)) {
    return Waiting("CrashLoopBackOff", absl::StrCat("restarted ", c.restart_count,
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
  return Waiting("ContainerCreating", "");
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
  json::object container = {{"name", pod.rules.container},
                            {"image", c.image},
                            {"ready", ready},
                            {"restartCount", c.restart_count},
                            {"state", State(pod, now)}};
  if (!c.id.empty()) container["containerID"] = "docker://" + c.id;
  json::object status = {
      {"phase", c.started_at.empty() ? "Pending" : "Running"},
      {"containerStatuses", json::array{std::move(container)}},
      {"conditions",
       json::array{json::object{{"type", "Ready"}, {"status", ready ? "True" : "False"}}}}};
  if (!pod.address.empty()) status["podIP"] = pod.address;
  return json::Canonical(status);
}

}  // namespace weft::local
