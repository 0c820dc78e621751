#include "plugins/traits/cron_hpa/cron_life.h"

#include <algorithm>
#include <spdlog/spdlog.h>
#include <utility>

#include "absl/strings/str_cat.h"

namespace weft::cron_hpa {
namespace {

constexpr absl::Duration kLongestSleep = absl::Seconds(30);
// An action that arrives later is not wanted any more: it is asked for again meanwhile.
constexpr absl::Duration kActionLife = absl::Seconds(30);
constexpr absl::Duration kFirstRetry = absl::Milliseconds(500);
constexpr absl::Duration kLongestRetry = absl::Seconds(30);
constexpr size_t kBatch = 1000;  // Most actions of a call. Source: weft.core.v1, ActRequest.

absl::Duration RetryAfter(int failures) {
  absl::Duration delay = kFirstRetry;
  for (int i = 1; i < failures && delay < kLongestRetry; ++i) delay *= 2;
  return std::min(delay, kLongestRetry);
}

const char* NameOf(sdk::ActOutcome outcome) {
  switch (outcome) {
    case sdk::ActOutcome::kDone:
      return "done";
    case sdk::ActOutcome::kSuperseded:
      return "superseded";
    case sdk::ActOutcome::kStaleEpoch:
      return "another watcher acts";
    case sdk::ActOutcome::kExpired:
      return "it came too late";
    case sdk::ActOutcome::kDenied:
      return "the instance does not steer this leaf";
    case sdk::ActOutcome::kUnknown:
      break;
  }
  return "there is no such instance";
}

}  // namespace

struct CronLife::Entry {
  std::string key;
  uint64_t id = 0;           // Another one than any other entry's, also of the same key before.
  std::optional<Plan> plan;  // Nothing: it cannot be read, and all stays as it is.
  absl::Time attached;
  sdk::ObjectRef object;
  std::string pointer;  // Empty: it steers nothing (yet).
  std::optional<json::value> claim;
  bool asking = false;  // An action is under way.
  int failures = 0;     // In a row.
  std::multimap<absl::Time, Entry*>::iterator due;
};

// What an action under way is for.
struct CronLife::Asked {
  std::string key;
  uint64_t id;
  std::optional<json::value> value;
};

CronLife::CronLife(sdk::Instances& instances, std::function<absl::Time()> now,
                   std::function<void()> wake)
    : instances_(instances), now_(std::move(now)), wake_(std::move(wake)) {}

CronLife::~CronLife() = default;

void CronLife::Changed(const sdk::LiveInstance& instance) {
  sdk::Diagnostics diagnostics;
  std::optional<Plan> plan = ReadPlan(instance.instance.properties, diagnostics);
  const auto& all = diagnostics.all();
  if (std::any_of(all.begin(), all.end(), [](const auto& one) { return one.error; })) {
    spdlog::error("msg=\"an instance cannot be read\" instance={} error=\"{}\"",
                  instance.instance.key, all[0].message);
    plan.reset();
  }
  {
    std::lock_guard lock(mutex_);
    Entry& entry = FindOrAddLocked(instance.instance.key);
    entry.plan = std::move(plan);
    entry.attached = instance.attached;
    entry.pointer.clear();
    entry.claim.reset();
    if (!instance.steered.empty()) {
      entry.object = instance.steered[0].object;
      entry.pointer = instance.steered[0].pointer;
      entry.claim = instance.steered[0].value;
    }
    if (entry.failures == 0) ScheduleLocked(entry, absl::InfinitePast());
  }
  wake_();
}

CronLife::Entry& CronLife::FindOrAddLocked(const std::string& key) {
  std::unique_ptr<Entry>& entry = entries_[key];
  if (entry == nullptr) {
    entry = std::make_unique<Entry>();
    entry->key = key;
    entry->id = ++last_id_;
    entry->due = due_.emplace(absl::InfinitePast(), entry.get());
  }
  return *entry;
}

void CronLife::Gone(const std::string& key) {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  due_.erase(found->second->due);
  entries_.erase(found);
}

void CronLife::Synced() {
  {
    std::lock_guard lock(mutex_);
    synced_ = true;
    ScheduleAllLocked(absl::InfinitePast());
  }
  wake_();
}

void CronLife::MayAct(bool may) {
  {
    std::lock_guard lock(mutex_);
    may_ = may;
    if (may) ScheduleAllLocked(absl::InfinitePast());
  }
  wake_();
}

size_t CronLife::instances() const {
  std::lock_guard lock(mutex_);
  return entries_.size();
}

size_t CronLife::moments() const {
  std::lock_guard lock(mutex_);
  return due_.size();
}

void CronLife::ScheduleLocked(Entry& entry, absl::Time at) {
  due_.erase(entry.due);
  entry.due = due_.emplace(at, &entry);
}

void CronLife::ScheduleAllLocked(absl::Time at) {
  for (const auto& [key, entry] : entries_) ScheduleLocked(*entry, at);
}

absl::Time CronLife::Tick() {
  std::vector<sdk::Action> actions;
  std::vector<Asked> asked;
  absl::Time next;
  {
    std::lock_guard lock(mutex_);
    const absl::Time now = now_();
    if (now < last_tick_) ScheduleAllLocked(absl::InfinitePast());  // The clock was set back.
    last_tick_ = now;
    next = now + kLongestSleep;
    if (!may_ || !synced_) return next;
    while (!due_.empty() && due_.begin()->first <= now) {
      Entry& entry = *due_.begin()->second;
      std::optional<sdk::Action> action = LookLocked(entry, now);
      if (!action.has_value()) continue;
      entry.asking = true;
      asked.push_back({entry.key, entry.id, action->value});
      actions.push_back(*std::move(action));
    }
    if (!due_.empty()) next = std::min(next, due_.begin()->first);
  }
  Ask(std::move(actions), std::move(asked));
  return next;
}

// What `entry` needs now, if anything, and schedules when it is to be looked at next.
std::optional<sdk::Action> CronLife::LookLocked(Entry& entry, absl::Time now) {
  if (entry.asking || !entry.plan.has_value() || entry.pointer.empty()) {
    ScheduleLocked(entry, absl::InfiniteFuture());  // An answer or a change brings it back.
    return std::nullopt;
  }
  const std::optional<Fire> next = NextFire(*entry.plan, now);
  ScheduleLocked(entry, next.has_value() ? next->time : absl::InfiniteFuture());
  const std::optional<Fire> fired = LatestFire(*entry.plan, entry.attached, now);
  std::optional<json::value> wanted;
  if (fired.has_value()) wanted = fired->job->size;
  if (wanted == entry.claim) return std::nullopt;
  sdk::Action action{entry.key, entry.object, entry.pointer, wanted, now + kActionLife, ""};
  action.reason = fired.has_value()
                      ? absl::StrCat("job ", fired->job->name, " fired at ", FormatUtc(fired->time),
                                     " (", fired->job->zone.name(), ")")
                      : "no job has fired yet";
  return action;
}

// In calls of at most kBatch actions.
void CronLife::Ask(std::vector<sdk::Action> actions, std::vector<Asked> asked) {
  for (size_t from = 0; from < actions.size(); from += kBatch) {
    const size_t to = std::min(from + kBatch, actions.size());
    std::vector<sdk::Action> batch(std::make_move_iterator(actions.begin() + from),
                                   std::make_move_iterator(actions.begin() + to));
    std::vector<Asked> of_batch(std::make_move_iterator(asked.begin() + from),
                                std::make_move_iterator(asked.begin() + to));
    instances_.Act(std::move(batch),
                   [this, of_batch = std::move(of_batch)](
                       const absl::StatusOr<std::vector<sdk::ActOutcome>>& outcomes) {
                     Answered(of_batch, outcomes);
                   });
  }
}

void CronLife::Answered(const std::vector<Asked>& asked,
                        const absl::StatusOr<std::vector<sdk::ActOutcome>>& outcomes) {
  {
    std::lock_guard lock(mutex_);
    const absl::Time now = now_();
    for (size_t i = 0; i < asked.size(); ++i) {
      if (outcomes.ok()) {
        const sdk::ActOutcome outcome = (*outcomes)[i];
        TakeLocked(asked[i], outcome == sdk::ActOutcome::kDone, NameOf(outcome), now);
      } else {
        TakeLocked(asked[i], false, std::string(outcomes.status().message()), now);
      }
    }
  }
  wake_();
}

void CronLife::TakeLocked(const Asked& asked, bool done, const std::string& problem,
                          absl::Time now) {
  const auto found = entries_.find(asked.key);
  if (found == entries_.end() || found->second->id != asked.id) return;
  Entry& entry = *found->second;
  entry.asking = false;
  if (done) {
    entry.failures = 0;
    entry.claim = asked.value;  // The watch will say so too.
    return ScheduleLocked(entry, absl::InfinitePast());
  }
  if (entry.failures++ == 0)
    spdlog::warn("msg=\"an action failed and is tried again\" instance={} error=\"{}\"", entry.key,
                 problem);
  ScheduleLocked(entry, now + RetryAfter(entry.failures));
}

}  // namespace weft::cron_hpa
