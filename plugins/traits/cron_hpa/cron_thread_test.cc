#include "plugins/traits/cron_hpa/cron_thread.h"

#include <atomic>
#include <future>
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "plugins/sdk/testing.h"

namespace weft::cron_hpa {
namespace {

constexpr auto kLimit = std::chrono::seconds(20);

// Takes one action and keeps it.
class OneAction final : public sdk::ActsOnly {
 public:
  void Act(std::vector<sdk::Action> actions,
           std::function<void(absl::StatusOr<std::vector<sdk::ActOutcome>>)> done) override {
    if (!taken_.exchange(true)) action_.set_value(actions[0]);
    done(std::vector(actions.size(), sdk::ActOutcome::kDone));
  }
  std::future<sdk::Action> action() { return action_.get_future(); }

 private:
  std::atomic<bool> taken_ = false;
  std::promise<sdk::Action> action_;
};

sdk::LiveInstance EverySecond(absl::Time attached) {
  sdk::LiveInstance live;
  live.instance.key = "web";
  live.instance.properties =
      json::Parse(R"({"jobs":[{"name":"a","schedule":"* * * * * *","targetSize":3}]})").value();
  live.attached = attached;
  live.steered.push_back({{"apps/v1", "Deployment", "web", "d"}, "/spec/replicas", 1, {}});
  return live;
}

TEST(CronThread, ActsAsSoonAsItIsWoken) {
  OneAction core;
  CronThread thread(core);
  std::future<sdk::Action> action = core.action();
  thread.Changed(EverySecond(absl::Now() - absl::Hours(1)));
  thread.Synced();
  thread.MayAct(true);
  ASSERT_EQ(action.wait_for(kLimit), std::future_status::ready);
  EXPECT_EQ(action.get().value, json::value(3));
}

TEST(CronThread, ActsWhenAFireIsDue) {
  OneAction core;
  CronThread thread(core);
  std::future<sdk::Action> action = core.action();
  thread.Synced();
  thread.MayAct(true);
  const absl::Time attached = absl::Now();
  thread.Changed(EverySecond(attached));
  ASSERT_EQ(action.wait_for(kLimit), std::future_status::ready);
  EXPECT_EQ(absl::Floor(absl::Now() - attached, absl::Seconds(10)), absl::ZeroDuration());
}

TEST(CronThread, EndsWhileItWaits) {
  OneAction core;
  const absl::Time begin = absl::Now();
  { CronThread thread(core); }
  EXPECT_LT(absl::Now() - begin, absl::Seconds(20));
}

}  // namespace
}  // namespace weft::cron_hpa
