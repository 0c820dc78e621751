#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "plugins/sdk/testing.h"
#include "plugins/traits/cron_hpa/cron_life.h"

// For tests only.
namespace weft::cron_hpa {

class Replica;

// A core in memory, with its own clock: keeps what is asked for of instances, tells every replica
// that is connected of every change, and takes actions from the one that may act. One thread.
class FakeCore {
 public:
  FakeCore();

  // A new instance, attached now.
  void Attach(const std::string& key, const std::string& properties);
  void Update(const std::string& key, const std::string& properties);
  void Detach(const std::string& key);
  // "seed", or what was asked for last.
  std::string SizeOf(const std::string& key) const;

  // Who may act from now on; null: nobody.
  void Grant(Replica* replica);
  // Lets time pass, and everybody do what is due.
  void RunUntil(absl::Time until);
  void RunFor(absl::Duration span) { RunUntil(now + span); }
  // Answers the calls that are held.
  void AnswerHeld();

  absl::Time now;      // At first 2026-07-01, 06:00 UTC.
  int refuse = 0;      // So many calls that come fail first.
  bool answer = true;  // False: calls are held until AnswerHeld.

  // What happened, in its order.
  std::vector<size_t> batches;       // How many actions each call had.
  std::vector<absl::Time> refused;   // When calls were.
  std::vector<sdk::Action> actions;  // That were done.
  std::vector<std::string> log;      // The same: "08:00:00 KEY 3", "08:00:00 KEY seed".

 private:
  friend class Replica;
  using Done = std::function<void(absl::StatusOr<std::vector<sdk::ActOutcome>>)>;

  void Tell(const std::string& key);
  void Act(const Replica& from, const std::vector<sdk::Action>& asked, const Done& done);
  void Carry(const std::vector<sdk::Action>& asked, const Done& done);
  sdk::ActOutcome Carry(const sdk::Action& action);

  std::map<std::string, sdk::LiveInstance> live_;  // By key.
  std::set<Replica*> replicas_;
  Replica* acting_ = nullptr;
  std::vector<std::function<void()>> held_;
};

// One process of the provider, connected from its construction to its end.
class Replica final : public sdk::ActsOnly {
 public:
  explicit Replica(FakeCore& core);
  ~Replica() override;
  void Act(std::vector<sdk::Action> actions, FakeCore::Done done) override;

  bool woken = false;  // Its life wants to be looked at.
  CronLife life;

 private:
  FakeCore& core_;
};

}  // namespace weft::cron_hpa
