#include "core/scheduler/scheduler.h"

#include <algorithm>
#include <chrono>
#include <spdlog/spdlog.h>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/status.h"
#include "core/catalog/components.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/back_off.h"
#include "core/scheduler/instance_reports.h"
#include "core/scheduler/reconcile.h"
#include "core/scheduler/records.h"
#include "core/scheduler/render_again.h"
#include "core/scheduler/status.h"
#include "core/store/keys.h"

namespace weft::scheduler {
namespace {

using std::chrono::milliseconds;

constexpr int kThreads = 16;              // Of each runtime: so many calls of it at once.
constexpr char kUnplaced[] = "";          // No runtime's name.
constexpr size_t kChangesKept = 200'000;  // Applications. About 200 bytes each.
constexpr milliseconds kNow(0);
constexpr milliseconds kDebounce(100);  // Between an event and the look at it.
constexpr milliseconds kRetryFirst(100), kRetryLongest(10000);

}  // namespace

Scheduler::Scheduler(store::Store& store, const mesh::Providers& providers, Runtimes& runtimes,
                     Events& events, std::function<absl::Time()> now)
    : store_(store),
      providers_(providers),
      runtimes_(runtimes),
      events_(events),
      now_(std::move(now)),
      changes_(kChangesKept) {
  const auto answered = [this](const std::string& application) {
    Notify(application);
    std::lock_guard lock(mutex_);
    EnqueueLocked(application, kNow);
  };
  assessor_ = std::make_unique<Assessor>(store_, providers_, events_, answered);
  finalizer_ = std::make_unique<Finalizer>(store_, providers_, events_, answered, now_);
}

Scheduler::~Scheduler() {
  runtimes_.Stop();
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;  // No queue is made any more.
  }
  for (auto& [runtime, queue] : queues_) queue->Stop();
  assessor_.reset();
  finalizer_.reset();
}

absl::Status Scheduler::Start() {
  WEFT_RETURN_IF_ERROR(store::ForEach(
      store_, store::kApplications, [this](const std::string& key, const std::string& bytes) {
        store::v1::ApplicationRecord record;
        const bool readable = record.ParseFromString(bytes);  // Otherwise a look at it says so.
        std::lock_guard lock(mutex_);
        work_[key.substr(sizeof(store::kApplications) - 1)].runtime =
            readable ? RuntimeOf(record) : kUnplaced;
        return absl::OkStatus();
      }));
  runtimes_.Start({.on_application =
                       [this](const std::string& application) {
                         Add(application, kDebounce, /*urgent=*/false);
                         TellListener(application);
                       },
                   .on_runtime =
                       [this](const std::string& runtime) {
                         Look([&](const std::string&, const Work& work) {
                           return work.runtime == runtime || work.runtime == kUnplaced;
                         });
                       }});
  Look([](const std::string&, const Work&) { return true; });
  return absl::OkStatus();
}

void Scheduler::Touch(const std::string& application) {
  Add(application, kNow, /*urgent=*/true);
  Notify(application);
}

void Scheduler::ProvidersChanged() {
  std::set<std::string> waiting = assessor_->RetryFailed();
  waiting.merge(finalizer_->RetryFailed());
  Look([&](const std::string& application, const Work&) { return waiting.contains(application); });
  // The status of each says which of its providers are away.
  std::vector<std::string> all;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [application, work] : work_) all.push_back(application);
  }
  for (const std::string& application : all) NotifyStatus(application);
}

void Scheduler::Add(const std::string& application, milliseconds delay, bool urgent) {
  std::lock_guard lock(mutex_);
  Work& work = work_[application];
  work.pending = true;
  work.urgent |= urgent;
  EnqueueLocked(application, delay);
}

// Looks at every application of which `which` says so. At the start, with very many: what a runtime
// tells first comes in one piece, and then all of its applications are looked at. Until then there
// is nothing to compare with; but what was asked for and has failed is tried again.
void Scheduler::Look(const Which& which) {
  std::lock_guard lock(mutex_);
  std::map<std::string, bool> has_spoken;  // By runtime.
  for (auto& [application, work] : work_) {
    if (!which(application, work)) continue;
    work.pending = true;
    const auto [spoken, is_new] = has_spoken.try_emplace(work.runtime);
    if (is_new) spoken->second = runtimes_.HasSpoken(work.runtime);
    if (spoken->second || work.urgent || work.failures > 0) EnqueueLocked(application, kNow);
  }
}

void Scheduler::EnqueueLocked(const std::string& application, KeyedQueue::Clock::duration delay) {
  if (stopping_) return;
  const Work& work = work_[application];
  const std::string runtime = work.runtime;
  std::unique_ptr<KeyedQueue>& queue = queues_[runtime];
  if (queue == nullptr) {
    queue = std::make_unique<KeyedQueue>(
        runtime == kUnplaced ? 1 : kThreads,
        [this, runtime](const std::string& key) { return Run(runtime, key); },
        [](const std::string& key) { return SplitApplicationKey(key).first; });
  }
  queue->Add(application, delay, work.urgent);
}

// Works on an application in the queue of `runtime`. Only here it goes from one queue to another,
// so that it is never in two threads.
KeyedQueue::Clock::duration Scheduler::Run(const std::string& runtime,
                                           const std::string& application) {
  bool urgent = false;
  {
    std::lock_guard lock(mutex_);
    Work& work = work_[application];
    work.pending = false;
    work.looking = true;
    urgent = std::exchange(work.urgent, false);
  }
  const auto [ns, name] = SplitApplicationKey(application);
  const absl::StatusOr<StoredApplication> stored = ReadApplication(store_, ns, name);
  if (stored.ok() && RuntimeOf(stored->record) != runtime) {
    Place(application, RuntimeOf(stored->record), urgent);
    return KeyedQueue::kDone;
  }
  const KeyedQueue::Clock::duration again =
      Looked(application, stored.ok() ? Pass(runtime, application) : stored.status());
  Notify(application);
  return again;
}

void Scheduler::Place(const std::string& application, const std::string& runtime, bool urgent) {
  std::lock_guard lock(mutex_);
  Work& work = work_[application];
  work.runtime = runtime;
  work.pending = true;
  work.urgent |= urgent;
  work.looking = false;
  EnqueueLocked(application, kNow);
}

// Takes what a pass came to; returns after how long to make the next.
KeyedQueue::Clock::duration Scheduler::Looked(const std::string& application,
                                              const absl::StatusOr<absl::Duration>& again) {
  std::lock_guard lock(mutex_);
  Work& work = work_[application];
  work.looking = false;
  if (absl::IsNotFound(again.status())) {
    // Applied again meanwhile: it is waiting in the queue.
    if (!work.pending) work_.erase(application);
    return KeyedQueue::kDone;
  }
  if (again.ok()) {
    if (*again == absl::InfiniteDuration()) return KeyedQueue::kDone;
    return absl::ToChronoMilliseconds(std::max(*again, absl::Milliseconds(1)));
  }
  work.pending = true;
  if (!absl::IsAborted(again.status())) {
    ++work.failures;
    work.problems = {std::string(again.status().message())};
    spdlog::error("msg=\"cannot work on an application\" application={} error=\"{}\"", application,
                  std::string(again.status().message()));
  }
  return BackOff(work.failures, kRetryFirst, kRetryLongest);
}

// One look at an application. After how long to come back; infinite: when something changes.
// NOT_FOUND: there is no such application.
absl::StatusOr<absl::Duration> Scheduler::Pass(const std::string& runtime,
                                               const std::string& application) {
  const std::shared_ptr<RuntimeConnection> connection = runtimes_.Find(runtime);
  if (connection == nullptr) {  // All stays as it is until it is configured again.
    const std::string away = runtimes_.WhyAway(runtime);
    std::lock_guard lock(mutex_);
    work_[application].problems = {away};
    return absl::InfiniteDuration();
  }
  WEFT_RETURN_IF_ERROR(finalizer_->Store(application));
  WEFT_ASSIGN_OR_RETURN(ReconcileResult result, Reconcile(application, store_, *connection->stub,
                                                          connection->observed, now_()));
  for (store::v1::EventRecord& event : result.events) events_.Record(application, std::move(event));
  if (result.gone) {
    assessor_->Forget(application);
    finalizer_->Forget(application);
    pods_.Forget(application);
    return absl::NotFoundError("gone");
  }
  const auto [ns, name] = SplitApplicationKey(application);
  WEFT_ASSIGN_OR_RETURN(const StoredApplication stored, ReadApplication(store_, ns, name));
  WEFT_ASSIGN_OR_RETURN(const Inventory inventory, ReadInventory(store_, ns, name));
  const Observed::View observed = connection->observed.Of(application);
  absl::Duration again = finalizer_->Ask(stored.record, inventory, observed);
  if (!stored.record.deleting()) {
    const auto healthy = [&] { return assessor_->AllHealthy(stored.record); };
    for (store::v1::EventRecord& event : pods_.Look(application, observed, now_(), healthy))
      events_.Record(application, std::move(event));
    again = std::min(again, assessor_->Assess(stored.record, inventory, observed));
  }
  std::lock_guard lock(mutex_);
  Work& work = work_[application];
  work.problems = std::move(result.problems);
  work.failures = result.again ? work.failures + 1 : 0;
  if (result.again)
    again = std::min(again, absl::FromChrono(BackOff(work.failures, kRetryFirst, kRetryLongest)));
  return again;
}

absl::StatusOr<core::v1::Application> Scheduler::Status(const std::string& ns,
                                                        const std::string& name) const {
  const std::string key = ApplicationKeyOf(ns, name);
  // The work first: what changes after this makes the status pending, not wrong.
  std::vector<std::string> problems;
  bool pending = true;
  {
    std::lock_guard lock(mutex_);
    if (const auto work = work_.find(key); work != work_.end()) {
      problems = work->second.problems;
      pending = work->second.pending || work->second.looking || work->second.failures > 0;
    }
  }
  WEFT_ASSIGN_OR_RETURN(const StoredApplication stored, ReadApplication(store_, ns, name));
  WEFT_ASSIGN_OR_RETURN(const Inventory inventory, ReadInventory(store_, ns, name));
  WEFT_ASSIGN_OR_RETURN(const auto desired, ReadDesired(store_, ns, name));
  WEFT_ASSIGN_OR_RETURN(const auto reports, ReadReports(store_, ns, name));
  WEFT_ASSIGN_OR_RETURN(const StoredRenderAgain again, ReadRenderAgain(store_, ns, name));
  const std::string runtime = RuntimeOf(stored.record);
  const std::shared_ptr<RuntimeConnection> connection = runtimes_.Find(runtime);
  const Observed::View view =
      connection == nullptr ? Observed::View() : connection->observed.Of(key);
  if (const std::string away = runtimes_.WhyAway(runtime); !away.empty()) {
    if (std::find(problems.begin(), problems.end(), away) == problems.end())
      problems.push_back(away);
  }
  return MakeStatus(
      {.record = stored.record,
       .inventory = inventory,
       .desired = desired,
       .observed = view,
       .problems = std::move(problems),
       .pending = pending,
       .now = now_(),
       .opinion = [&](const std::string& instance) { return assessor_->Of(key, instance); },
       .waits_for =
           [&](const store::v1::LeavingRecord& leaving) {
             return finalizer_->WaitsFor(leaving, stored.record, view);
           },
       .reports = reports,
       .why_away = [&](const std::string& provider) { return providers_.WhyAway(provider); },
       .latest_revision =
           [&](const std::string& component) {
             const auto latest = catalog::LatestRevision(store_, ns, component);
             return latest.ok() ? latest->revision() : int64_t{0};
           },
       .again = again.record});
}

uint64_t Scheduler::Subscribe(const std::string& application, std::function<void()> changed) {
  std::lock_guard lock(subscriptions_mutex_);
  subscriptions_[application][++last_subscription_] = std::move(changed);
  return last_subscription_;
}

void Scheduler::Unsubscribe(const std::string& application, uint64_t subscription) {
  std::lock_guard lock(subscriptions_mutex_);
  const auto found = subscriptions_.find(application);
  if (found == subscriptions_.end()) return;
  found->second.erase(subscription);
  if (found->second.empty()) subscriptions_.erase(found);
}

void Scheduler::Listen(std::function<void(const std::string&)> changed) {
  std::lock_guard lock(subscriptions_mutex_);
  listener_ = std::move(changed);
}

void Scheduler::TellListener(const std::string& application) {
  std::lock_guard lock(subscriptions_mutex_);
  if (listener_ != nullptr) listener_(application);
}

void Scheduler::Notify(const std::string& application) {
  TellListener(application);
  NotifyStatus(application);
}

void Scheduler::NotifyStatus(const std::string& application) {
  changes_.Add(application);
  std::lock_guard lock(subscriptions_mutex_);
  for (const std::string& of : {application, std::string()}) {
    const auto found = subscriptions_.find(of);
    if (found == subscriptions_.end()) continue;
    for (const auto& [subscription, changed] : found->second) changed();
  }
}

}  // namespace weft::scheduler
