#include "core/scheduler/assessor.h"

#include <algorithm>
#include <google/protobuf/util/time_util.h>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/failpoint.h"
#include "core/base/json.h"
#include "core/mesh/not_asked.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/assess_request.h"
#include "core/store/keys.h"

namespace weft::scheduler {
namespace {

namespace pb = ::weft::provider::v1;

constexpr absl::Duration kRetryFirst = absl::Milliseconds(500);
constexpr absl::Duration kRetryLongest = absl::Seconds(10);
// Shorter failures, such as those of a mesh that starts, are no event.
constexpr absl::Duration kTellFailureAfter = absl::Seconds(2);

const EventReason& ReasonOf(common::v1::Verdict verdict) {
  switch (verdict) {
    case common::v1::VERDICT_HEALTHY:
      return events::kHealthy;
    case common::v1::VERDICT_PROGRESSING:
      return events::kProgressing;
    case common::v1::VERDICT_DEGRADED:
      return events::kDegraded;
    case common::v1::VERDICT_FAILED:
      return events::kFailed;
    default:
      return events::kUnknown;
  }
}

}  // namespace

Assessor::Assessor(store::Store& store, const mesh::Providers& providers, Events& events,
                   std::function<void(const std::string&)> on_verdict)
    : store_(store), providers_(providers), events_(events), on_verdict_(std::move(on_verdict)) {}

Assessor::~Assessor() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return calls_ == 0; });
}

void Assessor::LoadLocked(const std::string& key, Application& application) {
  if (application.loaded) return;
  application.loaded = true;
  const auto [ns, name] = SplitApplicationKey(key);
  const absl::StatusOr<std::string> bytes = store_.Get(store::StatusKey(ns, name));
  store::v1::StatusRecord record;
  if (!bytes.ok() || !record.ParseFromString(*bytes)) return;
  for (auto& [instance, health] : *record.mutable_verdicts()) {
    Opinion& opinion = application.held[instance].opinion;
    opinion.health = std::move(health);
    opinion.known = true;
    application.held[instance].told = opinion.health.verdict();
  }
}

absl::Duration Assessor::Assess(const store::v1::ApplicationRecord& record,
                                const Inventory& inventory, const Observed::View& observed) {
  const std::string key = ApplicationKeyOf(record.name_space(), record.name());
  struct Call {
    std::string provider;
    bool trait;
    pb::AssessRequest request;
  };
  std::vector<Call> calls;
  for (const store::v1::InstanceRecord& instance : record.instances()) {
    const pb::AssessRequest request = MakeAssessRequest(instance, inventory, observed);
    if (instance.assesses()) calls.push_back({instance.provider(), false, request});
    for (const store::v1::TraitRecord& trait : instance.traits()) {
      if (!trait.assesses()) continue;
      calls.push_back({trait.provider(), true, request});
      *calls.back().request.mutable_instance() = trait.instance();
    }
  }
  absl::Time next = absl::InfiniteFuture();
  std::set<std::string> present;
  for (Call& call : calls) {
    std::string hash = json::Sha256(call.request.SerializeAsString());
    const std::string& instance = call.request.instance().key();
    present.insert(instance);
    {
      std::lock_guard lock(mutex_);
      Application& application = applications_[key];
      LoadLocked(key, application);
      Held& held = application.held[instance];
      const bool due = held.again <= absl::Now();
      held.latest = hash;
      held.whole = observed.complete;
      held.opinion.current = held.assessed == hash && held.opinion.failure.empty();
      if (held.asking) continue;  // Its answer brings the application here again.
      const bool ask = held.failures > 0 ? due : due || held.assessed != hash;
      if (!ask) {
        TellLocked(key, instance, call.provider, held);
        next = std::min(next, held.again);
        continue;
      }
      held.asking = true;
      ++calls_;
    }
    Ask(key, call.provider, call.trait, std::move(call.request), std::move(hash));
  }
  std::lock_guard lock(mutex_);
  std::erase_if(applications_[key].held, [&](const auto& held) {
    return !held.second.asking && !present.contains(held.first);
  });
  return next - absl::Now();
}

void Assessor::Ask(const std::string& application, const std::string& provider, bool trait,
                   pb::AssessRequest request, std::string hash) {
  const std::string instance = request.instance().key();
  auto done = [this, application, provider, instance,
               hash = std::move(hash)](const absl::StatusOr<pb::AssessResponse>& response) {
    Answered(application, provider, instance, hash, response);
  };
  const auto stub = providers_.Find(provider);
  if (stub == nullptr) return done(absl::UnavailableError(providers_.WhyAway(provider)));
  *request.mutable_now() =
      google::protobuf::util::TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(absl::Now()));
  if (trait) {
    stub->AssessTrait(std::move(request), std::move(done));
  } else {
    stub->AssessWorkload(std::move(request), std::move(done));
  }
}

void Assessor::Answered(const std::string& application, const std::string& provider,
                        const std::string& instance, const std::string& hash,
                        const absl::StatusOr<pb::AssessResponse>& response) {
  Failpoint("core.status.before");
  {
    std::lock_guard lock(mutex_);
    // An application or instance that is gone meanwhile has no opinion any more.
    const auto of = applications_.find(application);
    if (of != applications_.end() && of->second.held.contains(instance)) {
      Held& held = of->second.held[instance];
      TakeLocked(held, hash, response);
      TellLocked(application, instance, provider, held);
      if (response.ok()) Keep(application, of->second);
    }
  }
  Failpoint("core.status.after");
  // Called before the count says that no call is under way: the destructor waits for it.
  on_verdict_(application);
  std::lock_guard lock(mutex_);
  --calls_;
  idle_.notify_all();
}

void Assessor::TakeLocked(Held& held, const std::string& hash,
                          const absl::StatusOr<pb::AssessResponse>& response) {
  held.asking = false;
  if (!response.ok()) {
    held.opinion.failure = mesh::WhatFailed(response.status());
    held.opinion.current = false;
    held.again = absl::Now() +
                 std::min(kRetryFirst * (int64_t{1} << std::min(held.failures, 8)), kRetryLongest);
    if (held.failures++ == 0) held.failing_since = absl::Now();
    return;
  }
  held.opinion = {response->health(), /*known=*/true, /*current=*/hash == held.latest,
                  /*failure=*/""};
  held.assessed = hash;
  held.failures = 0;
  const absl::Duration recheck = absl::Seconds(response->recheck_after().seconds()) +
                                 absl::Nanoseconds(response->recheck_after().nanos());
  held.again = recheck > absl::ZeroDuration() ? absl::Now() + recheck : absl::InfiniteFuture();
}

// Tells, as events, what people were not told yet of what is held.
void Assessor::TellLocked(const std::string& application, const std::string& instance,
                          const std::string& provider, Held& held) {
  const auto tell = [&](const EventReason& reason, std::string message) {
    events_.Record(application, MakeEvent(reason, {.instance = instance,
                                                   .by = absl::StrCat("provider/", provider),
                                                   .message = std::move(message)}));
  };
  if (held.failures > 0) {
    if (held.told_failure || absl::Now() - held.failing_since < kTellFailureAfter) return;
    held.told_failure = true;
    return tell(events::kProviderUnavailable,
                absl::StrCat("the provider ", provider, " ", held.opinion.failure));
  }
  if (std::exchange(held.told_failure, false))
    tell(events::kProviderAvailable, absl::StrCat("the provider ", provider, " answers again"));
  const common::v1::Health& health = held.opinion.health;
  // A verdict on a part of what there is may be another one than on the whole.
  if (!held.whole || !held.opinion.current || held.told == health.verdict()) return;
  held.told = health.verdict();
  const char* colon = health.reason().empty() || health.message().empty() ? "" : ": ";
  tell(ReasonOf(health.verdict()), absl::StrCat(health.reason(), colon, health.message()));
}

void Assessor::Keep(const std::string& application, const Application& of) {
  const auto [ns, name] = SplitApplicationKey(application);
  store::v1::StatusRecord record;
  for (const auto& [instance, held] : of.held) {
    if (held.opinion.known) (*record.mutable_verdicts())[instance] = held.opinion.health;
  }
  store::Transaction transaction;
  transaction.Put(store::StatusKey(ns, name), record.SerializeAsString());
  store_.CommitLater(std::move(transaction), absl::ZeroDuration());
}

std::set<std::string> Assessor::RetryFailed() {
  std::set<std::string> failed;
  std::lock_guard lock(mutex_);
  for (auto& [key, application] : applications_) {
    for (auto& [instance, held] : application.held) {
      if (held.failures == 0) continue;
      held.again = absl::InfinitePast();
      failed.insert(key);
    }
  }
  return failed;
}

Opinion Assessor::Of(const std::string& application, const std::string& instance) const {
  std::lock_guard lock(mutex_);
  const auto found = applications_.find(application);
  if (found == applications_.end()) return {};
  const auto held = found->second.held.find(instance);
  return held == found->second.held.end() ? Opinion{} : held->second.opinion;
}

bool Assessor::AllHealthy(const store::v1::ApplicationRecord& application) const {
  std::lock_guard lock(mutex_);
  const auto found =
      applications_.find(ApplicationKeyOf(application.name_space(), application.name()));
  if (found == applications_.end()) return false;
  const std::map<std::string, Held>& held = found->second.held;
  return std::all_of(held.begin(), held.end(), [](const auto& of) {
    return of.second.opinion.current &&
           of.second.opinion.health.verdict() == common::v1::VERDICT_HEALTHY;
  });
}

void Assessor::Forget(const std::string& application) {
  std::lock_guard lock(mutex_);
  if (applications_.erase(application) == 0) return;
  // A verdict may have come, and been stored, after the application left the store.
  const auto [ns, name] = SplitApplicationKey(application);
  store::Transaction transaction;
  transaction.Delete(store::StatusKey(ns, name));
  store_.CommitLater(std::move(transaction), absl::ZeroDuration());
}

}  // namespace weft::scheduler
