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
#include "core/store/keys.h"
#include "core/store/object_key.h"

namespace weft::scheduler {
namespace {

namespace pb = ::weft::provider::v1;

constexpr absl::Duration kRetryFirst = absl::Milliseconds(500);
constexpr absl::Duration kRetryLongest = absl::Seconds(10);

pb::Projection ToProvider(const runtime::v1::Projection& from, const Inventory& inventory) {
  pb::Projection to;
  *to.mutable_ref() = from.ref();
  if (from.has_controller()) *to.mutable_controller() = from.controller();
  to.set_status(from.status());
  to.set_deleting(from.deleting());
  const auto known = inventory.find(store::ObjectKey(from.ref()));
  const bool ours = known == inventory.end() || from.generation() >= known->second.generation();
  to.set_up_to_date(from.up_to_date() && ours);
  return to;
}

// The leaves of the object `ref` that an action holds.
void AddSteered(const common::v1::ObjectRef& ref, const Inventory& inventory,
                pb::AssessRequest& request) {
  const auto known = inventory.find(store::ObjectKey(ref));
  if (known == inventory.end()) return;
  for (const store::v1::ClaimRecord& claim : known->second.claims()) {
    if (claim.released()) continue;
    pb::SteeredValue* steered = request.add_steered();
    *steered->mutable_object() = ref;
    steered->set_pointer(claim.pointer());
    steered->set_value(claim.value());
    steered->set_reason(claim.reason());
  }
}

// What the provider of a workload sees; one of its traits sees the same of its workload.
pb::AssessRequest RequestOf(const store::v1::InstanceRecord& record, const Inventory& inventory,
                            const Observed::View& observed) {
  pb::AssessRequest request;
  *request.mutable_instance() = record.instance();
  *request.mutable_shape() = record.shape();
  *request.mutable_objects() = record.objects();
  for (const common::v1::ObjectRef& ref : record.objects()) AddSteered(ref, inventory, request);
  for (const auto& [key, projection] : observed.objects) {
    if (projection.owner() == record.instance().key())
      *request.add_observed() = ToProvider(projection, inventory);
  }
  return request;
}

}  // namespace

Assessor::Assessor(store::Store& store, const mesh::Providers& providers,
                   std::function<void(const std::string&)> on_verdict)
    : store_(store), providers_(providers), on_verdict_(std::move(on_verdict)) {}

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
    const pb::AssessRequest request = RequestOf(instance, inventory, observed);
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
      held.opinion.current = held.assessed == hash && held.opinion.failure.empty();
      if (held.asking) continue;  // Its answer brings the application here again.
      const bool ask = held.failures > 0 ? due : due || held.assessed != hash;
      if (!ask) {
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
  auto done = [this, application, instance,
               hash = std::move(hash)](absl::StatusOr<pb::AssessResponse> response) {
    Answered(application, instance, hash, std::move(response));
  };
  const auto stub = providers_.Find(provider);
  if (stub == nullptr) return done(absl::UnavailableError(providers_.WhyAway(provider)));
  *request.mutable_now() =
      google::protobuf::util::TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(absl::Now()));
  if (trait) {
    stub->AssessTrait(request, std::move(done));
  } else {
    stub->AssessWorkload(request, std::move(done));
  }
}

void Assessor::Answered(const std::string& application, const std::string& instance,
                        const std::string& hash, absl::StatusOr<pb::AssessResponse> response) {
  Failpoint("core.status.before");
  {
    std::lock_guard lock(mutex_);
    // An application or instance that is gone meanwhile has no opinion any more.
    const auto of = applications_.find(application);
    if (of != applications_.end() && of->second.held.contains(instance)) {
      TakeLocked(of->second.held[instance], hash, response);
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
    ++held.failures;
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

void Assessor::Keep(const std::string& application, const Application& of) {
  const auto [ns, name] = SplitApplicationKey(application);
  store::v1::StatusRecord record;
  for (const auto& [instance, held] : of.held) {
    if (held.opinion.known) (*record.mutable_verdicts())[instance] = held.opinion.health;
  }
  store::Transaction transaction;
  transaction.Put(store::StatusKey(ns, name), record.SerializeAsString());
  store_.CommitLater(std::move(transaction));
}

void Assessor::RetryFailed() {
  std::lock_guard lock(mutex_);
  for (auto& [key, application] : applications_) {
    for (auto& [instance, held] : application.held) {
      if (held.failures > 0) held.again = absl::InfinitePast();
    }
  }
}

Opinion Assessor::Of(const std::string& application, const std::string& instance) const {
  std::lock_guard lock(mutex_);
  const auto found = applications_.find(application);
  if (found == applications_.end()) return {};
  const auto held = found->second.held.find(instance);
  return held == found->second.held.end() ? Opinion{} : held->second.opinion;
}

void Assessor::Forget(const std::string& application) {
  std::lock_guard lock(mutex_);
  if (applications_.erase(application) == 0) return;
  // A verdict may have come, and been stored, after the application left the store.
  const auto [ns, name] = SplitApplicationKey(application);
  store::Transaction transaction;
  transaction.Delete(store::StatusKey(ns, name));
  store_.CommitLater(std::move(transaction));
}

}  // namespace weft::scheduler
