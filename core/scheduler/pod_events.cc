#include "core/scheduler/pod_events.h"

#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/container_state.h"
#include "core/base/json.h"
#include "core/scheduler/event_log.h"
#include "core/scheduler/pod_status.h"

namespace weft::scheduler {
namespace {

constexpr char kPod[] = "Pod";

// Why the containers of a pod ended before, as far as the platform says: "OOMKilled".
std::string WhyEnded(const runtime::v1::Projection& pod) {
  const absl::StatusOr<json::value> status = json::Parse(pod.status());
  if (!status.ok()) return "";
  const json::value* containers = json::Find(*status, "containerStatuses");
  if (containers == nullptr || !containers->is_array()) return "";
  for (const json::value& container : containers->get_array()) {
    const std::string reason = json::GetString(container, {"lastState", "terminated", "reason"});
    const std::string message = LastWords(container);
    if (!reason.empty()) return message.empty() ? reason : absl::StrCat(reason, ": ", message);
  }
  return "";
}

uint64_t Generations(const Observed::View& observed) {
  uint64_t sum = 0;
  for (const auto& [key, projection] : observed.objects) sum += projection.generation();
  return sum;
}

store::v1::EventRecord Tell(const runtime::v1::Projection& pod) {
  const std::string why = WhyEnded(pod);
  return MakeEvent(events::kRestarted,
                   {.object = pod.ref(),
                    .instance = pod.owner(),
                    .message = absl::StrCat("a container ended and was started again",
                                            why.empty() ? "" : absl::StrCat(" (", why, ")"))});
}

}  // namespace

bool PodEvents::Restarted(const Pod& before, const Pod& now, absl::Time at, Application& of) {
  if (now.restarts > before.restarts) return true;  // A pod that is made anew begins with none.
  const bool another = !before.container.empty() && before.container != now.container;
  if (!another || at - of.changed >= kRollout) {
    const bool again = before.started != 0 && now.started > before.started;
    return another || again;
  }
  of.changed = at;
  return false;
}

std::vector<store::v1::EventRecord> PodEvents::Look(const std::string& application,
                                                    const Observed::View& observed, absl::Time now,
                                                    const std::function<bool()>& healthy) {
  std::vector<store::v1::EventRecord> happened;
  std::lock_guard lock(mutex_);
  const auto [of, first] = applications_.try_emplace(application);
  const uint64_t generations = Generations(observed);
  if (std::exchange(of->second.generations, generations) != generations) {
    if (!first) of->second.changed = now;
  } else if (of->second.changed != absl::InfinitePast() && healthy()) {
    of->second.changed = absl::InfinitePast();
  }
  std::map<std::string, Pod> before = std::exchange(of->second.pods, {});
  for (const auto& [key, projection] : observed.objects) {
    if (projection.ref().kind() != kPod) continue;
    const size_t status = std::hash<std::string>()(projection.status());
    const auto known = before.find(key);
    if (known != before.end() && known->second.status == status) {
      of->second.pods.insert(before.extract(known));
      continue;
    }
    const core::v1::PodStatus said = ReadPodStatus(projection);
    Pod pod = {status, said.restarts(), said.container_id(), said.started().seconds()};
    if (known != before.end()) {
      // Between two containers a pod has none: the next one is compared with the one before.
      if (pod.container.empty()) pod.container = known->second.container;
      if (pod.started == 0) pod.started = known->second.started;
      if (Restarted(known->second, pod, now, of->second)) happened.push_back(Tell(projection));
    }
    of->second.pods[key] = std::move(pod);
  }
  return happened;
}

void PodEvents::Forget(const std::string& application) {
  std::lock_guard lock(mutex_);
  applications_.erase(application);
}

}  // namespace weft::scheduler
