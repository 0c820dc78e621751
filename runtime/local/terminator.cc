#include "runtime/local/terminator.h"

#include <algorithm>
#include <spdlog/spdlog.h>

#include "absl/time/clock.h"

namespace weft::local {

constexpr auto kRetry = std::chrono::seconds(1);

Terminator::Terminator(engine::Engine& engine, int threads, KeyedQueue::Clock::duration lead,
                       std::function<void(const std::string& key)> on_gone)
    : engine_(engine),
      lead_(lead),
      on_gone_(std::move(on_gone)),
      queue_(threads, [this](const std::string& id) { return End(id); }) {}

void Terminator::Terminate(const Pod& pod, const std::string& key) {
  {
    std::lock_guard lock(mutex_);
    Ending ending{key, absl::Seconds(pod.rules.grace_seconds), {}};
    for (const Sidecar& sidecar : pod.sidecars) ending.sidecars.push_back(sidecar.container.id);
    if (!endings_.try_emplace(pod.container.id, ending).second) return;
  }
  const bool serves = pod.readiness == Readiness::kReady;
  queue_.Add(pod.container.id, serves ? lead_ : KeyedQueue::Clock::duration(0));
}

bool Terminator::IsTerminating(const std::string& container_id) const {
  std::lock_guard lock(mutex_);
  return endings_.count(container_id) > 0;
}

KeyedQueue::Clock::duration Terminator::End(const std::string& container_id) {
  Ending ending;
  {
    std::lock_guard lock(mutex_);
    const auto found = endings_.find(container_id);
    if (found == endings_.end()) return KeyedQueue::kDone;
    ending = found->second;
  }
  // The first container ends while its sidecars still serve it, and goes last: as long as it is
  // there, they are known to be a pod's.
  const absl::Time end = absl::Now() + ending.grace;  // Of the whole pod.
  absl::Status status = engine_.StopContainer(container_id, ending.grace);
  for (const std::string& sidecar : ending.sidecars) {
    if (sidecar.empty() || !(status.ok() || absl::IsNotFound(status))) continue;
    status = engine_.StopContainer(sidecar, std::max(end - absl::Now(), absl::ZeroDuration()));
    if (status.ok() || absl::IsNotFound(status)) status = engine_.RemoveContainer(sidecar);
  }
  if (status.ok() || absl::IsNotFound(status)) status = engine_.RemoveContainer(container_id);
  if (!status.ok()) {
    spdlog::warn("msg=\"cannot end a pod\" container={} error=\"{}\"", container_id.substr(0, 12),
                 std::string(status.message()));
    return kRetry;
  }
  {
    std::lock_guard lock(mutex_);
    endings_.erase(container_id);
  }
  on_gone_(ending.key);
  return KeyedQueue::kDone;
}

}  // namespace weft::local
