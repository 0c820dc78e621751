#include "runtime/local/prober.h"

#include <algorithm>
#include <set>
#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
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

// Until a container has started and is ready it is asked this often, so that a long period delays
// no start.
constexpr absl::Duration kEagerPeriod = absl::Seconds(1);

// More failures than a container has that is only starting.
constexpr int kFailuresToTell = 10;

std::string KeyOf(const std::string& container_id, ProbeKind kind) {
  return absl::StrCat(container_id, " ", static_cast<int>(kind));
}

// A container that has run for longer than it may take to start has started: it would have been
// ended. So one that serves is not asked again by the next process.
bool HasStarted(const ProbeTarget& target) {
  const Probe& probe = target.probe;
  return target.kind == ProbeKind::kStartup &&
         absl::Now() - FirstAsk(target) > probe.period * probe.failure_threshold;
}

bool Same(const Answers& a, const Answers& b) {
  return a.ready == b.ready && a.failed == b.failed && a.inherited == b.inherited &&
         a.telling == b.telling;
}

}  // namespace

Prober::Prober(int threads, absl::Time now, Ask ask,
               std::function<void(const std::string&)> on_change)
    : began_(now),
      ask_(std::move(ask)),
      on_change_(std::move(on_change)),
      queue_(threads, [this](const std::string& key) { return AskOne(key); }) {}

void Prober::Track(const std::string& group, const std::vector<ProbeTarget>& targets) {
  std::lock_guard lock(mutex_);
  std::set<std::string> wanted;
  for (const ProbeTarget& target : targets) {
    const std::string key = KeyOf(target.container_id, target.kind);
    wanted.insert(key);
    const auto found = tracked_.find(key);
    if (found != tracked_.end() && SameRun(found->second.target, target)) continue;
    if (found != tracked_.end()) tracked_.erase(found);
    const Probe& probe = target.probe;
    const bool inherited = FirstAsk(target) <= began_;
    const auto delay = FirstDelay(target);
    Tracked& tracked =
        tracked_
            .insert(
                {key,
                 {group, target, ReadinessJudge(probe.success_threshold, probe.failure_threshold),
                  inherited, KeyedQueue::Clock::now() + delay}})
            .first->second;
    if (inherited && HasStarted(target)) {
      tracked.judge.Take(true);
      continue;
    }
    queue_.Add(key, delay);
  }
  std::erase_if(tracked_, [&](const auto& entry) {
    return entry.second.group == group && wanted.count(entry.first) == 0;
  });
}

Answers Prober::Of(const std::string& container_id, const std::string& started_at,
                   ProbeKind kind) const {
  std::lock_guard lock(mutex_);
  const auto found = tracked_.find(KeyOf(container_id, kind));
  if (found == tracked_.end() || found->second.target.started_at != started_at) return {};
  return AnswersOf(found->second);
}

Answers Prober::AnswersOf(const Tracked& tracked) {
  const ReadinessJudge& judge = tracked.judge;
  return {judge.asked(),   judge.ready(),  judge.failed(), tracked.inherited && !judge.asked(),
          tracked.failure, tracked.telling};
}

// Takes note of why a container is not well.
void Prober::Tell(Tracked& tracked, const absl::Status& answer) {
  const ProbeTarget& target = tracked.target;
  tracked.failures = answer.ok() ? 0 : tracked.failures + 1;
  // What succeeds now, but not often enough yet, has nothing newer to complain of.
  if (!answer.ok()) tracked.failure = std::string(answer.message());
  if (target.kind != ProbeKind::kReadiness) return;
  if (tracked.judge.ready()) {
    if (tracked.telling)
      spdlog::info("msg=\"ready after all\" object={} container={}", tracked.group,
                   target.container_id);
    tracked.telling = false;
  } else if (!tracked.telling && tracked.failures >= kFailuresToTell) {
    tracked.telling = true;
    spdlog::warn("msg=\"still not ready\" object={} container={} failures={} error=\"{}\"",
                 tracked.group, target.container_id, tracked.failures, tracked.failure);
  }
}

KeyedQueue::Clock::duration Prober::FirstDelay(const ProbeTarget& target) const {
  const absl::Duration delay = FirstAsk(target) - absl::Now();
  return absl::ToChronoNanoseconds(std::max(delay, absl::ZeroDuration()));
}

KeyedQueue::Clock::duration Prober::AskOne(const std::string& key) {
  std::unique_lock lock(mutex_);
  const auto before = tracked_.find(key);
  if (before == tracked_.end()) return KeyedQueue::kDone;
  // The run before this one left the key in the queue for a sooner time.
  const auto early = before->second.first - KeyedQueue::Clock::now();
  if (early > early.zero()) return early;
  const ProbeTarget target = before->second.target;
  lock.unlock();
  const absl::Status answer = ask_(target);
  lock.lock();
  const auto found = tracked_.find(key);
  // Tracked anew meanwhile: that added it to the queue.
  if (found == tracked_.end() || !SameRun(found->second.target, target)) return KeyedQueue::kDone;
  if (absl::IsAborted(answer)) return absl::ToChronoNanoseconds(target.probe.period);
  Tracked& tracked = found->second;
  const Answers was = AnswersOf(tracked);
  // It is asked more often than it says while it starts, which leaves it no less time.
  const auto asked = KeyedQueue::Clock::now();
  const auto period = absl::ToChronoNanoseconds(target.probe.period);
  if (answer.ok() || !tracked.counted.has_value() || asked - *tracked.counted >= period) {
    tracked.judge.Take(answer.ok());
    if (!answer.ok()) tracked.counted = asked;
  }
  Tell(tracked, answer);
  const Answers now = AnswersOf(tracked);
  const std::string group = tracked.group;
  lock.unlock();
  if (!Same(was, now)) on_change_(group);
  if (now.ready && target.kind == ProbeKind::kStartup) return KeyedQueue::kDone;
  const bool eager = !now.ready && target.kind != ProbeKind::kLiveness;
  return absl::ToChronoNanoseconds(eager ? std::min(target.probe.period, kEagerPeriod)
                                         : target.probe.period);
}

}  // namespace weft::local
