#include "plugins/traits/cron_hpa/fake_core.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <utility>

#include "absl/strings/str_cat.h"

namespace weft::cron_hpa {

FakeCore::FakeCore()
    : now(absl::FromCivil(absl::CivilSecond(2026, 7, 1, 6), absl::UTCTimeZone())) {}

void FakeCore::Attach(const std::string& key, const std::string& properties) {
  sdk::LiveInstance& live = live_[key];
  live = {};
  live.instance = {key, "d", "a", "web", {}};
  live.attached = now;
  live.steered.push_back({{"apps/v1", "Deployment", "web", "d"}, "/spec/replicas", 2, {}});
  Update(key, properties);
}

void FakeCore::Update(const std::string& key, const std::string& properties) {
  live_.at(key).instance.properties = json::Parse(properties).value();
  Tell(key);
}

void FakeCore::Detach(const std::string& key) {
  live_.erase(key);
  for (Replica* replica : replicas_) replica->life.Gone(key);
}

std::string FakeCore::SizeOf(const std::string& key) const {
  const auto& value = live_.at(key).steered[0].value;
  return value.has_value() ? json::Canonical(*value) : "seed";
}

void FakeCore::Grant(Replica* replica) {
  if (acting_ != nullptr) acting_->life.MayAct(false);
  acting_ = replica;
  if (acting_ != nullptr) acting_->life.MayAct(true);
}

void FakeCore::RunUntil(absl::Time until) {
  while (true) {
    absl::Time next = until;
    for (Replica* replica : replicas_) {
      absl::Time again;
      do {
        replica->woken = false;
        again = replica->life.Tick();
      } while (replica->woken);
      ASSERT_GT(again, now) << "it does not wait";
      next = std::min(next, again);
    }
    if (now >= until) return;
    now = next;
  }
}

void FakeCore::AnswerHeld() {
  for (const auto& call : std::exchange(held_, {})) call();
}

void FakeCore::Tell(const std::string& key) {
  for (Replica* replica : replicas_) replica->life.Changed(live_.at(key));
}

void FakeCore::Act(const Replica& from, const std::vector<sdk::Action>& asked, const Done& done) {
  batches.push_back(asked.size());
  if (refuse > 0) {
    --refuse;
    refused.push_back(now);
    return done(absl::UnavailableError("not now"));
  }
  if (&from != acting_) return done(std::vector(asked.size(), sdk::ActOutcome::kStaleEpoch));
  if (answer) return Carry(asked, done);
  held_.emplace_back([this, asked, done] { Carry(asked, done); });
}

void FakeCore::Carry(const std::vector<sdk::Action>& asked, const Done& done) {
  std::vector<sdk::ActOutcome> outcomes;
  for (const sdk::Action& action : asked) outcomes.push_back(Carry(action));
  done(std::move(outcomes));
  for (const sdk::Action& action : asked) {
    if (live_.contains(action.instance)) Tell(action.instance);
  }
}

sdk::ActOutcome FakeCore::Carry(const sdk::Action& action) {
  const auto found = live_.find(action.instance);
  if (found == live_.end()) return sdk::ActOutcome::kUnknown;
  if (now > action.not_after) return sdk::ActOutcome::kExpired;
  sdk::SteeredLeaf& leaf = found->second.steered[0];
  if (leaf.object != action.object || leaf.pointer != action.pointer)
    return sdk::ActOutcome::kDenied;
  leaf.value = action.value;
  actions.push_back(action);
  log.push_back(absl::StrCat(absl::FormatTime("%H:%M:%S", now, absl::UTCTimeZone()), " ",
                             action.instance, " ", SizeOf(action.instance)));
  return sdk::ActOutcome::kDone;
}

Replica::Replica(FakeCore& core)
    : life(
          *this, [&core] { return core.now; }, [this] { woken = true; }),
      core_(core) {
  core_.replicas_.insert(this);
  for (const auto& [key, live] : core_.live_) life.Changed(live);
  life.Synced();
}

Replica::~Replica() {
  core_.replicas_.erase(this);
  if (core_.acting_ == this) core_.acting_ = nullptr;
}

void Replica::Act(std::vector<sdk::Action> actions, FakeCore::Done done) {
  core_.Act(*this, actions, done);
}

}  // namespace weft::cron_hpa
