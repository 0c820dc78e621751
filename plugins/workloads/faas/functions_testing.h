#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plugins/sdk/testing.h"
#include "plugins/workloads/faas/settings.h"

// For tests only: what the core tells, and the core.
namespace weft::faas {

struct LiveOptions {
  std::string name = "fn";
  std::string properties = R"({"image":"i"})";
  std::string platform = "docker";
  int64_t seed = 0;
  std::optional<int64_t> value = std::nullopt;  // Of the last action.
  int64_t replicas = -1;
  int64_t ready = -1;
  std::vector<sdk::Pod> pods = {};
  std::string address = "";
};

// The function d/app/NAME of the type kFunctionType.
inline sdk::LiveInstance Live(const LiveOptions& options) {
  sdk::LiveInstance live;
  live.instance = {"d/app/" + options.name, "d", "app", options.name,
                   *json::Parse(options.properties)};
  live.type = kFunctionType;
  live.platform = options.platform;
  live.shape = {"apps/v1", "Deployment", "/spec/replicas", "/spec/template"};
  live.steered.push_back(
      {{"apps/v1", "Deployment", options.name, "d"},
       "/spec/replicas",
       json::value(options.seed),
       options.value ? std::optional(json::value(*options.value)) : std::nullopt});
  live.replicas = options.replicas;
  live.ready_replicas = options.ready;
  live.pods = options.pods;
  live.address = options.address;
  return live;
}

// A core that keeps what it is asked for, and answers when told to. Thread-safe.
class FakeInstances final : public sdk::ActsOnly {
 public:
  using Done = std::function<void(absl::StatusOr<std::vector<sdk::ActOutcome>>)>;

  void Act(std::vector<sdk::Action> actions, Done done) override {
    std::lock_guard lock(mutex_);
    for (const sdk::Action& action : actions)
      asked_.push_back(action.instance + " " +
                       (action.value ? json::Canonical(*action.value) : "released"));
    pending_.push_back(std::move(done));
  }

  // "KEY VALUE", since the last call of this.
  std::vector<std::string> TakeAsked() {
    std::lock_guard lock(mutex_);
    return std::exchange(asked_, {});
  }
  // Answers everything that is under way.
  void Answer(sdk::ActOutcome outcome) {
    std::vector<Done> pending;
    {
      std::lock_guard lock(mutex_);
      pending.swap(pending_);
    }
    for (const Done& done : pending) done(std::vector{outcome});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> asked_;
  std::vector<Done> pending_;
};

}  // namespace weft::faas
