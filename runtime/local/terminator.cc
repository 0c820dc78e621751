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
  Ending ending{key, absl::Seconds(pod.rules.grace_seconds), {}};
  for (const Member& member : pod.members) {
    if (!member.run.container.id.empty()) ending.containers.push_back(member.run.container.id);
    if (member.previous.has_value()) ending.containers.push_back(member.previous->container.id);
  }
  {
    std::lock_guard lock(mutex_);
    if (!endings_.try_emplace(pod.sandbox.id, std::move(ending)).second) return;
  }
  const bool serves = pod.readiness() == Readiness::kReady;
  queue_.Add(pod.sandbox.id, serves ? lead_ : KeyedQueue::Clock::duration(0));
}

void Terminator::EndRun(const std::string& container, absl::Duration grace,
                        const std::string& key) {
  {
    std::lock_guard lock(mutex_);
    if (!endings_.try_emplace(container, Ending{key, grace, {container}, true}).second) return;
  }
  queue_.Add(container, KeyedQueue::Clock::duration(0));
}

bool Terminator::IsTerminating(const std::string& sandbox) const {
  std::lock_guard lock(mutex_);
  return endings_.count(sandbox) > 0;
}

KeyedQueue::Clock::duration Terminator::End(const std::string& sandbox) {
  Ending ending;
  {
    std::lock_guard lock(mutex_);
    const auto found = endings_.find(sandbox);
    if (found == endings_.end()) return KeyedQueue::kDone;
    ending = found->second;
  }
  // The first container ends while the others still serve it. The sandbox goes last: as long as it
  // is there, they are known to be a pod's.
  const absl::Time end = absl::Now() + ending.grace;  // Of the whole pod.
  absl::Status status;
  for (const std::string& container : ending.containers) {
    status = engine_.StopContainer(container, std::max(end - absl::Now(), absl::ZeroDuration()));
    if (absl::IsNotFound(status)) status = absl::OkStatus();
    if (status.ok() && !ending.run) status = engine_.RemoveContainer(container);
    if (!status.ok()) break;
  }
  if (status.ok() && !ending.run) status = engine_.RemoveContainer(sandbox);
  if (!status.ok()) {
    spdlog::warn("msg=\"cannot end a pod\" container={} error=\"{}\"", sandbox.substr(0, 12),
                 std::string(status.message()));
    return kRetry;
  }
  {
    std::lock_guard lock(mutex_);
    endings_.erase(sandbox);
  }
  on_gone_(ending.key);
  return KeyedQueue::kDone;
}

}  // namespace weft::local
