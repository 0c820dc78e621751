#include "core/scheduler/scheduler.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <spdlog/spdlog.h>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/catalog/components.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/reconcile.h"
#include "core/scheduler/records.h"
#include "core/scheduler/status.h"
#include "core/store/keys.h"

namespace weft::scheduler {
namespace {

using std::chrono::milliseconds;

constexpr int kThreads = 4;
constexpr milliseconds kNow(0);
constexpr milliseconds kDebounce(100);  // Between an event and the look at it.
constexpr milliseconds kRetryFirst(100), kRetryLongest(10000);

// Doubles with every failure, and is spread by a fifth, so that many do not come back at once.
milliseconds BackOff(int failures) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const auto delay = std::min(kRetryFirst * (int64_t{1} << std::min(failures, 7)), kRetryLongest);
  return delay - milliseconds(std::uniform_int_distribution<int64_t>(0, delay.count() / 5)(random));
}

}  // namespace

Scheduler::Scheduler(store::Store& store, const mesh::Providers& providers,
                     runtime::v1::Runtime::StubInterface& runtime)
    : store_(store), providers_(providers), runtime_(runtime) {
  queue_ = std::make_unique<KeyedQueue>(
      kThreads, [this](const std::string& application) { return Run(application); });
  assessor_ =
      std::make_unique<Assessor>(store_, providers_, [this](const std::string& application) {
        Notify(application);
        queue_->Add(application);
      });
}

Scheduler::~Scheduler() {
  watch_.reset();
  queue_->Stop();
  assessor_.reset();
}

absl::Status Scheduler::Start() {
  const std::string prefix = "application/";
  WEFT_ASSIGN_OR_RETURN(const auto applications, store_.List(prefix));
  {
    std::lock_guard lock(mutex_);
    for (const auto& [key, bytes] : applications) work_[key.substr(prefix.size())].pending = true;
  }
  watch_ = std::make_unique<RuntimeWatch>(
      runtime_, observed_,
      RuntimeWatch::Listener{
          .on_change = [this](const std::string& application) { Add(application, kDebounce); },
          .on_sync = [this] { Everything(); }});
  Everything();
  return absl::OkStatus();
}

void Scheduler::Touch(const std::string& application) {
  Add(application, kNow);
  Notify(application);
}

void Scheduler::ProvidersChanged() {
  assessor_->RetryFailed();
  Everything();
}

void Scheduler::Add(const std::string& application, milliseconds delay) {
  {
    std::lock_guard lock(mutex_);
    work_[application].pending = true;
  }
  queue_->Add(application, delay);
}

void Scheduler::Everything() {
  std::vector<std::string> applications;
  {
    std::lock_guard lock(mutex_);
    for (auto& [application, work] : work_) {
      work.pending = true;
      applications.push_back(application);
    }
  }
  for (const std::string& application : applications) queue_->Add(application);
}

KeyedQueue::Clock::duration Scheduler::Run(const std::string& application) {
  {
    std::lock_guard lock(mutex_);
    Work& work = work_[application];
    work.pending = false;
    work.looking = true;
  }
  const KeyedQueue::Clock::duration again = Looked(application, Pass(application));
  Notify(application);
  return again;
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
  return BackOff(work.failures);
}

// One look at an application. After how long to come back; infinite: when something changes.
// NOT_FOUND: there is no such application.
absl::StatusOr<absl::Duration> Scheduler::Pass(const std::string& application) {
  WEFT_ASSIGN_OR_RETURN(ReconcileResult result,
                        Reconcile(application, store_, runtime_, observed_));
  if (result.gone) {
    assessor_->Forget(application);
    return absl::NotFoundError("gone");
  }
  const auto [ns, name] = SplitApplicationKey(application);
  WEFT_ASSIGN_OR_RETURN(const StoredApplication stored, ReadApplication(store_, ns, name));
  WEFT_ASSIGN_OR_RETURN(const Inventory inventory, ReadInventory(store_, ns, name));
  absl::Duration again = absl::InfiniteDuration();
  if (!stored.record.deleting())
    again = assessor_->Assess(stored.record, inventory, observed_.Of(application));
  std::lock_guard lock(mutex_);
  Work& work = work_[application];
  work.problems = std::move(result.problems);
  work.failures = result.again ? work.failures + 1 : 0;
  if (result.again) again = std::min(again, absl::FromChrono(BackOff(work.failures)));
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
  const Observed::View view = observed_.Of(key);
  if (const std::string away = watch_ == nullptr ? "" : watch_->WhyAway(); !away.empty()) {
    if (std::find(problems.begin(), problems.end(), away) == problems.end())
      problems.push_back(away);
  }
  return MakeStatus(
      {.record = stored.record,
       .inventory = inventory,
       .observed = view,
       .problems = std::move(problems),
       .pending = pending,
       .opinion = [&](const std::string& instance) { return assessor_->Of(key, instance); },
       .why_away = [&](const std::string& provider) { return providers_.WhyAway(provider); },
       .latest_revision =
           [&](const std::string& component) {
             const auto latest = catalog::LatestRevision(store_, ns, component);
             return latest.ok() ? latest->revision() : int64_t{0};
           }});
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

void Scheduler::Notify(const std::string& application) {
  std::lock_guard lock(subscriptions_mutex_);
  const auto found = subscriptions_.find(application);
  if (found == subscriptions_.end()) return;
  for (const auto& [subscription, changed] : found->second) changed();
}

}  // namespace weft::scheduler
