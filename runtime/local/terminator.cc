#include "runtime/local/terminator.h"

#include <algorithm>
#include <spdlog/spdlog.h>

#include "absl/time/clock.h"
#include "runtime/local/prober.h"

namespace weft::local {

constexpr auto kRetry = std::chrono::seconds(1);
constexpr auto kMostServed = std::chrono::seconds(10);
constexpr auto kLookAgain = std::chrono::milliseconds(20);
// Source: the kubelet's minimumGracePeriodInSeconds.
constexpr absl::Duration kLeastAfterPreStop = absl::Seconds(2);

Terminator::Terminator(engine::Engine& engine, int threads, KeyedQueue::Clock::duration lead,
                       Served served, std::function<void(const std::string& key)> on_gone)
    : engine_(engine),
      lead_(lead),
      served_(std::move(served)),
      on_gone_(std::move(on_gone)),
      queue_(threads, [this](const std::string& what) { return End(what); }) {}

Terminator::Container Terminator::ToEnd(const Member& member) {
  const engine::Container& container = member.run.container;
  // What does not run hears nothing any more.
  return {container.id, container.state == "running" ? member.pre_stop : std::nullopt};
}

void Terminator::Terminate(const Pod& pod, const std::string& key) {
  Ending ending{key, absl::Seconds(pod.rules.grace_seconds), pod.address, {}};
  ending.ns = pod.ns;
  if (pod.readiness() == Readiness::kReady)
    ending.leave_by = KeyedQueue::Clock::now() + kMostServed;
  for (const Member& member : pod.members) {
    if (!member.run.container.id.empty()) ending.containers.push_back(ToEnd(member));
    if (member.previous.has_value()) ending.containers.push_back({member.previous->container.id});
  }
  {
    std::lock_guard lock(mutex_);
    if (!endings_.try_emplace(pod.sandbox.id, std::move(ending)).second) return;
  }
  queue_.Add(pod.sandbox.id);
}

void Terminator::EndRun(const Pod& pod, const Member& member, const std::string& key) {
  const std::string run = RunKey(member.run.container);
  Ending ending{key, absl::Seconds(pod.rules.grace_seconds), pod.address, {ToEnd(member)}, true};
  {
    std::lock_guard lock(mutex_);
    if (!endings_.try_emplace(run, std::move(ending)).second) return;
  }
  queue_.Add(run, KeyedQueue::Clock::duration(0));
}

bool Terminator::IsTerminating(const std::string& sandbox) const {
  std::lock_guard lock(mutex_);
  return endings_.count(sandbox) > 0;
}

// After how long to look again; nothing: it may end.
std::optional<KeyedQueue::Clock::duration> Terminator::Leave(const std::string& what,
                                                             const Ending& ending) {
  if (!ending.leave_by.has_value()) return std::nullopt;
  if (served_(ending.ns, ending.address)) {
    if (KeyedQueue::Clock::now() < *ending.leave_by) return kLookAgain;
    spdlog::warn("msg=\"a pod ends though a Service leads to it\" container={} namespace={}",
                 what.substr(0, 12), ending.ns);
  }
  std::lock_guard lock(mutex_);
  if (const auto found = endings_.find(what); found != endings_.end())
    found->second.leave_by.reset();
  return lead_;
}

// What is done before is done again if this is called again. OK: it has ended, or is gone.
absl::Status Terminator::Stop(const Container& container, const std::string& address,
                              absl::Time end) {
  absl::Duration left = end - absl::Now();
  if (container.pre_stop.has_value() && left > absl::ZeroDuration()) {
    ProbeTarget target{.container_id = container.id, .address = address};
    target.probe.action = *container.pre_stop;
    target.probe.timeout = left;
    if (const absl::Status told = AskContainer(engine_, target); !told.ok())
      spdlog::warn("msg=\"preStop failed\" container={} error=\"{}\"", container.id.substr(0, 12),
                   std::string(told.message()));
    left = std::max(end - absl::Now(), kLeastAfterPreStop);
  }
  const absl::Status stopped =
      engine_.StopContainer(container.id, std::max(left, absl::ZeroDuration()));
  return absl::IsNotFound(stopped) ? absl::OkStatus() : stopped;
}

KeyedQueue::Clock::duration Terminator::End(const std::string& what) {
  Ending ending;
  {
    std::lock_guard lock(mutex_);
    const auto found = endings_.find(what);
    if (found == endings_.end()) return KeyedQueue::kDone;
    ending = found->second;
  }
  if (const auto again = Leave(what, ending)) return *again;
  // The first container ends while the others still serve it. The sandbox goes last: as long as it
  // is there, they are known to be a pod's.
  const absl::Time end = absl::Now() + ending.grace;  // Of the whole pod.
  absl::Status status;
  for (const Container& container : ending.containers) {
    status = Stop(container, ending.address, end);
    if (status.ok() && !ending.run) status = engine_.RemoveContainer(container.id);
    if (!status.ok()) break;
  }
  if (status.ok() && !ending.run) status = engine_.RemoveContainer(what);
  if (!status.ok()) {
    spdlog::warn("msg=\"cannot end a pod\" container={} error=\"{}\"", what.substr(0, 12),
                 std::string(status.message()));
    return kRetry;
  }
  {
    std::lock_guard lock(mutex_);
    endings_.erase(what);
  }
  on_gone_(ending.key);
  return KeyedQueue::kDone;
}

}  // namespace weft::local
