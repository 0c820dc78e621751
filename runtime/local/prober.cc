#include "runtime/local/prober.h"

#include <algorithm>
#include <set>
#include <spdlog/spdlog.h>

#include "absl/time/clock.h"

namespace weft::local {
namespace {

absl::Time StartOf(const ProbeTarget& target) {
  absl::Time started;
  return absl::ParseTime(absl::RFC3339_full, target.started_at, &started, nullptr) ? started
                                                                                   : absl::Now();
}

absl::Time FirstAsk(const ProbeTarget& target) {
  return StartOf(target) + target.probe.initial_delay;
}

bool SameRun(const ProbeTarget& a, const ProbeTarget& b) {
  return a.started_at == b.started_at && a.address == b.address;
}

// Until a container is ready it is asked this often, so that a long period delays no start.
constexpr absl::Duration kEagerPeriod = absl::Seconds(1);

// More failures than a container has that is only starting.
constexpr int kFailuresToTell = 10;

}  // namespace

Prober::Prober(int threads, absl::Time now, Ask ask,
               std::function<void(const std::string&)> on_change)
    : began_(now),
      ask_(std::move(ask)),
      on_change_(std::move(on_change)),
      queue_(threads, [this](const std::string& id) { return Probe(id); }) {}

void Prober::Track(const std::string& group, const std::vector<ProbeTarget>& targets) {
  std::lock_guard lock(mutex_);
  std::set<std::string> wanted;
  for (const ProbeTarget& target : targets) {
    wanted.insert(target.container_id);
    const auto found = tracked_.find(target.container_id);
    if (found != tracked_.end() && SameRun(found->second.target, target)) continue;
    if (found != tracked_.end()) tracked_.erase(found);
    const HttpProbe& probe = target.probe;
    tracked_.insert(
        {target.container_id,
         {group, target, ReadinessJudge(probe.success_threshold, probe.failure_threshold),
          FirstAsk(target) <= began_}});
    queue_.Add(target.container_id, FirstDelay(target));
  }
  std::erase_if(tracked_, [&](const auto& entry) {
    return entry.second.group == group && wanted.count(entry.first) == 0;
  });
}

Readiness Prober::Of(const std::string& container_id, const std::string& started_at) const {
  std::lock_guard lock(mutex_);
  const Tracked* tracked = FindLocked(container_id, started_at);
  if (tracked == nullptr) return Readiness::kNotReady;
  if (tracked->judge.ready()) return Readiness::kReady;
  return tracked->inherited && !tracked->judge.asked() ? Readiness::kUnknown : Readiness::kNotReady;
}

std::string Prober::Complaint(const std::string& container_id,
                              const std::string& started_at) const {
  std::lock_guard lock(mutex_);
  const Tracked* tracked = FindLocked(container_id, started_at);
  return tracked == nullptr ? "" : tracked->complaint;
}

// Null: that run is not among the tracked.
const Prober::Tracked* Prober::FindLocked(const std::string& container_id,
                                          const std::string& started_at) const {
  const auto found = tracked_.find(container_id);
  if (found == tracked_.end() || found->second.target.started_at != started_at) return nullptr;
  return &found->second;
}

// Takes note of why a container is not ready. True: for the first time since it was ready.
bool Prober::Complain(Tracked& tracked, const absl::Status& answer) {
  const bool told = !tracked.complaint.empty();
  const ProbeTarget& target = tracked.target;
  tracked.failures = answer.ok() ? 0 : tracked.failures + 1;
  if (tracked.judge.ready()) {
    tracked.complaint.clear();
    if (told)
      spdlog::info("msg=\"ready after all\" object={} container={}", tracked.group,
                   target.container_id);
    return false;
  }
  if (!told && tracked.failures < kFailuresToTell) return false;
  // What succeeds now, but not often enough yet, has nothing newer to complain of.
  if (!answer.ok()) tracked.complaint = std::string(answer.message());
  if (!told)
    spdlog::warn("msg=\"still not ready\" object={} container={} failures={} error=\"{}\"",
                 tracked.group, target.container_id, tracked.failures, tracked.complaint);
  return !told;
}

KeyedQueue::Clock::duration Prober::FirstDelay(const ProbeTarget& target) const {
  const absl::Duration delay = FirstAsk(target) - absl::Now();
  return absl::ToChronoNanoseconds(std::max(delay, absl::ZeroDuration()));
}

KeyedQueue::Clock::duration Prober::Probe(const std::string& container_id) {
  std::unique_lock lock(mutex_);
  const auto before = tracked_.find(container_id);
  if (before == tracked_.end()) return KeyedQueue::kDone;
  const ProbeTarget target = before->second.target;
  lock.unlock();
  const absl::Status answer = ask_(target);
  lock.lock();
  const auto found = tracked_.find(container_id);
  // Tracked anew meanwhile: that added it to the queue.
  if (found == tracked_.end() || !SameRun(found->second.target, target)) return KeyedQueue::kDone;
  Tracked& tracked = found->second;
  const bool was_ready = tracked.judge.ready();
  const bool was_known = tracked.judge.asked() || !tracked.inherited;
  tracked.judge.Take(answer.ok());
  const bool complains = Complain(tracked, answer);
  const bool ready = tracked.judge.ready();
  const std::string group = tracked.group;
  lock.unlock();
  if (ready != was_ready || !was_known || complains) on_change_(group);
  return absl::ToChronoNanoseconds(ready ? target.probe.period
                                         : std::min(target.probe.period, kEagerPeriod));
}

}  // namespace weft::local
