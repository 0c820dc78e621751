#include "core/scheduler/finalizer.h"

#include <algorithm>
#include <google/protobuf/util/time_util.h>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/failpoint.h"
#include "core/base/json.h"
#include "core/base/status.h"
#include "core/catalog/type.h"
#include "core/mesh/not_asked.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/assess_request.h"
#include "core/scheduler/back_off.h"
#include "core/scheduler/leaving.h"
#include "core/scheduler/records.h"

namespace weft::scheduler {
namespace {

namespace pb = ::weft::provider::v1;
using store::v1::ApplicationRecord;
using store::v1::LeavingRecord;

absl::Duration ToDuration(const google::protobuf::Duration& from) {
  return absl::Seconds(from.seconds()) + absl::Nanoseconds(from.nanos());
}

}  // namespace

Finalizer::Finalizer(store::Store& store, const mesh::Providers& providers, Events& events,
                     std::function<void(const std::string&)> on_answer,
                     std::function<absl::Time()> now)
    : store_(store),
      providers_(providers),
      events_(events),
      on_answer_(std::move(on_answer)),
      now_(std::move(now)) {}

Finalizer::~Finalizer() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return calls_ == 0; });
}

Finalizer::Key Finalizer::KeyOf(const LeavingRecord& leaving) {
  return {absl::StrCat(InstanceOf(leaving).key(), " ", InstanceOf(leaving).type()),
          leaving.since_unix_ms()};
}

absl::Status Finalizer::Store(const std::string& application) {
  std::set<Key> done;
  std::map<Key, std::string> messages;
  {
    std::lock_guard lock(mutex_);
    const auto of = applications_.find(application);
    if (of == applications_.end()) return absl::OkStatus();
    for (const auto& [key, held] : of->second) {
      if (held.done) done.insert(key);
      if (held.unsaved) messages[key] = held.message;
    }
  }
  if (done.empty() && messages.empty()) return absl::OkStatus();
  const auto [ns, name] = SplitApplicationKey(application);
  absl::StatusOr<StoredApplication> stored = ReadApplication(store_, ns, name);
  if (absl::IsNotFound(stored.status())) return absl::OkStatus();
  if (!stored.ok()) return stored.status();
  for (LeavingRecord& leaving : *stored->record.mutable_leaving()) {
    const auto message = messages.find(KeyOf(leaving));
    if (message != messages.end()) leaving.set_message(message->second);
  }
  WEFT_ASSIGN_OR_RETURN(
      store::Transaction transaction,
      LetGo(
          *stored, [&](const LeavingRecord& leaving) { return done.contains(KeyOf(leaving)); },
          store_));
  Failpoint("core.finalize.before");
  WEFT_RETURN_IF_ERROR(store_.Commit(std::move(transaction)));
  Failpoint("core.finalize.after");
  std::lock_guard lock(mutex_);
  Application& of = applications_[application];
  for (const Key& key : done) of.erase(key);
  for (const auto& [key, message] : messages) {
    const auto held = of.find(key);
    if (held != of.end() && held->second.message == message) held->second.unsaved = false;
  }
  return absl::OkStatus();
}

// Whoever serves the type now, if that is known.
Finalizer::Addressee Finalizer::AddresseeOf(const LeavingRecord& leaving) const {
  const catalog::TypeTablePtr types = providers_.types();
  const catalog::Type* type =
      types->Find(leaving.has_trait() ? catalog::TypeKind::kTrait : catalog::TypeKind::kWorkload,
                  InstanceOf(leaving).type());
  if (type == nullptr) return {ProviderOf(leaving)};
  return {type->provider, type->finalizes};
}

absl::Duration Finalizer::Ask(const ApplicationRecord& record, const Inventory& inventory,
                              const Observed::View& observed) {
  const std::string application = ApplicationKeyOf(record.name_space(), record.name());
  absl::Time next = absl::InfiniteFuture();
  std::set<Key> present;
  for (const LeavingRecord& leaving : record.leaving()) {
    present.insert(KeyOf(leaving));
    if (!IsBlocked(leaving, now_())) next = std::min(next, BlockedAt(leaving));
    if (!IsNext(leaving, record)) continue;
    // Else what is only not seen would be taken for gone.
    if (!observed.complete) continue;
    if (IsBlocked(leaving, now_()))
      TellBlocked(record, leaving, WaitsFor(leaving, record, observed));
    pb::FinalizeRequest request = MakeFinalizeRequest(leaving, inventory, observed);
    std::string hash = json::Sha256(request.SerializeAsString());
    if (!Begin(application, leaving, hash, next)) continue;
    Call(application, leaving, AddresseeOf(leaving).provider, std::move(request), std::move(hash));
  }
  std::lock_guard lock(mutex_);
  const auto of = applications_.find(application);
  if (of != applications_.end()) {
    std::erase_if(of->second, [&](const auto& held) {
      return !held.second.asking && !present.contains(held.first);
    });
    if (of->second.empty()) applications_.erase(of);
  }
  return next - now_();
}

// Whether it is to be asked now; else `next` is when, at the latest.
bool Finalizer::Begin(const std::string& application, const LeavingRecord& leaving,
                      const std::string& hash, absl::Time& next) {
  const bool finalizes = AddresseeOf(leaving).finalizes;
  std::lock_guard lock(mutex_);
  Held& held = applications_[application][KeyOf(leaving)];
  if (held.asking) return false;  // Its answer brings the application here again.
  // What is not declared is never called; nor is there anything to wait for.
  if (!finalizes) held.done = true;
  if (held.done) {
    next = absl::InfinitePast();
    return false;
  }
  const bool due = held.again <= now_();
  if (!due && (held.failures > 0 || held.asked == hash)) {
    next = std::min(next, held.again);
    return false;
  }
  held.asking = true;
  ++calls_;
  return true;
}

void Finalizer::Call(const std::string& application, const LeavingRecord& leaving,
                     const std::string& provider, pb::FinalizeRequest request, std::string hash) {
  auto done = [this, application, key = KeyOf(leaving),
               hash = std::move(hash)](absl::StatusOr<pb::FinalizeResponse> response) {
    Answered(application, key, hash, std::move(response));
  };
  const auto stub = providers_.Find(provider);
  if (stub == nullptr) return done(absl::UnavailableError(providers_.WhyAway(provider)));
  *request.mutable_now() =
      google::protobuf::util::TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(now_()));
  if (leaving.has_trait()) {
    stub->FinalizeTrait(std::move(request), std::move(done));
  } else {
    stub->FinalizeWorkload(std::move(request), std::move(done));
  }
}

void Finalizer::Answered(const std::string& application, const Key& key, const std::string& hash,
                         absl::StatusOr<pb::FinalizeResponse> response) {
  {
    std::lock_guard lock(mutex_);
    const auto of = applications_.find(application);
    // Forgotten meanwhile: the application is gone.
    if (of != applications_.end() && of->second.contains(key))
      TakeLocked(of->second[key], hash, std::move(response));
  }
  // Called before the count says that no call is under way: the destructor waits for it.
  on_answer_(application);
  std::lock_guard lock(mutex_);
  --calls_;
  idle_.notify_all();
}

void Finalizer::TakeLocked(Held& held, const std::string& hash,
                           absl::StatusOr<pb::FinalizeResponse> response) const {
  held.asking = false;
  if (!response.ok()) {
    held.failure = mesh::WhatFailed(response.status());
    held.again = now_() + absl::FromChrono(BackOff(held.failures++,
                                                   absl::ToChronoMilliseconds(kAgainSoonest),
                                                   absl::ToChronoMilliseconds(kAgainLatest)));
    return;
  }
  held.asked = hash;
  held.failure.clear();
  held.failures = 0;
  held.done = response->outcome() == pb::FINALIZE_OUTCOME_DONE;
  if (held.done) return;
  std::string message = MakeReadable(std::move(*response->mutable_message()));
  held.unsaved = held.unsaved || held.message != message;
  held.message = std::move(message);
  held.again =
      now_() + std::clamp(ToDuration(response->retry_after()), kAgainSoonest, kAgainLatest);
}

void Finalizer::TellBlocked(const ApplicationRecord& application, const LeavingRecord& leaving,
                            const std::string& why) {
  const std::string key = ApplicationKeyOf(application.name_space(), application.name());
  {
    std::lock_guard lock(mutex_);
    Held& held = applications_[key][KeyOf(leaving)];
    // Before the first answer to this core there is no reason yet.
    if (held.told || (held.asked.empty() && held.failures == 0)) return;
    held.told = true;
  }
  if (WasTold(application, {InstanceOf(leaving).key(), leaving.since_unix_ms()})) return;
  const std::string provider = AddresseeOf(leaving).provider;
  events_.Record(key, MakeEvent(events::kFinalizeBlocked,
                                {.instance = InstanceOf(leaving).key(),
                                 .by = absl::StrCat("provider/", provider),
                                 .message = absl::StrCat("the provider ", provider,
                                                         " has not let it go for 10 min: ", why)}));
}

// In an earlier life of the core.
bool Finalizer::WasTold(const ApplicationRecord& application, const Key& instance) const {
  const auto happened = events_.Read(application.name_space(), application.name());
  return happened.ok() &&
         std::any_of(happened->begin(), happened->end(), [&](const store::v1::EventRecord& event) {
           return event.reason() == events::kFinalizeBlocked.name &&
                  event.instance() == instance.first &&
                  event.last_unix_us() / 1000 >= instance.second;
         });
}

std::set<std::string> Finalizer::RetryFailed() {
  std::set<std::string> failed;
  std::lock_guard lock(mutex_);
  for (auto& [key, application] : applications_) {
    for (auto& [instance, held] : application) {
      if (held.failures == 0) continue;
      held.again = absl::InfinitePast();
      failed.insert(key);
    }
  }
  return failed;
}

std::string Finalizer::WaitsFor(const LeavingRecord& leaving, const ApplicationRecord& record,
                                const Observed::View& observed) const {
  if (!IsNext(leaving, record)) {
    std::vector<std::string> before;
    for (const LeavingRecord& other : record.leaving()) {
      if (IsNext(other, record) && IsOfOneComponent(other, leaving))
        before.push_back(DescribeInstance(other));
    }
    return absl::StrCat("goes after ", absl::StrJoin(before, ", "));
  }
  if (!observed.complete) return "it is not known what is on the platform";
  const std::string provider = AddresseeOf(leaving).provider;
  if (std::string away = providers_.WhyAway(provider); !away.empty()) return away;
  std::lock_guard lock(mutex_);
  const auto of = applications_.find(ApplicationKeyOf(record.name_space(), record.name()));
  if (of != applications_.end()) {
    const auto held = of->second.find(KeyOf(leaving));
    if (held != of->second.end() && !held->second.failure.empty())
      return absl::StrCat("the provider ", provider, " ", held->second.failure);
    if (held != of->second.end() && !held->second.asked.empty())
      return held->second.message.empty() ? absl::StrCat("the provider ", provider, " says so")
                                          : held->second.message;
  }
  return leaving.message();
}

void Finalizer::Forget(const std::string& application) {
  std::lock_guard lock(mutex_);
  applications_.erase(application);
}

}  // namespace weft::scheduler
