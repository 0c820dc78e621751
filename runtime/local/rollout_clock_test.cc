#include "runtime/local/rollout_clock.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "runtime/local/local_test_support.h"

namespace weft::local {
namespace {

constexpr char kWeb[] = "Deployment/d/web";

class RolloutClockTest : public testing::Test {
 protected:
  static DeploymentSpec Spec(int replicas, absl::Duration min_ready = absl::ZeroDuration()) {
    DeploymentSpec spec;
    spec.replicas = replicas;
    spec.min_ready = min_ready;
    spec.progress_deadline = absl::Seconds(60);
    spec.pod.hash = "new";
    spec.pod.containers = {{.name = "main"}};
    return spec;
  }
  // `started`: when its container did, in seconds.
  static Pod Made(int index, bool ready, int started = 0, const std::string& hash = "new") {
    DeploymentSpec spec = Spec(1);
    spec.pod.hash = hash;
    Pod pod = PlannedPod({"apps/v1", "Deployment", "d", "web"}, spec.pod, index);
    pod.sandbox.id = absl::StrCat("id-", hash, index);
    pod.members[0].run.container.started_at =
        absl::FormatTime(absl::RFC3339_full, absl::FromUnixSeconds(started), absl::UTCTimeZone());
    pod.members[0].readiness = ready ? Readiness::kReady : Readiness::kNotReady;
    return pod;
  }
  static absl::Time At(int seconds) { return absl::FromUnixSeconds(seconds); }
  absl::Duration Settle(const DeploymentSpec& spec, int at, std::vector<Pod>& pods) {
    return clock_.Settle(kWeb, spec, At(at), pods);
  }
  RolloutState Look(int at, const std::vector<Pod>& pods, bool rolled_out = false) {
    return clock_.Look(kWeb, Spec(2), At(at), pods, rolled_out).state;
  }

  RolloutClock clock_;
};

TEST_F(RolloutClockTest, APodIsSettledWhenItHasBeenReadyForLongEnough) {
  const DeploymentSpec spec = Spec(1, absl::Seconds(10));
  std::vector<Pod> pods = {Made(0, false, 100)};
  EXPECT_EQ(Settle(spec, 100, pods), absl::InfiniteDuration());
  EXPECT_FALSE(pods[0].settling);
  pods = {Made(0, true, 100)};
  EXPECT_EQ(Settle(spec, 105, pods), absl::Seconds(10));
  EXPECT_TRUE(pods[0].settling);
  EXPECT_EQ(CountPods(spec, pods), (RolloutCounts{1, 1, 0, 1}));
  EXPECT_EQ(Settle(spec, 112, pods), absl::Seconds(3));
  EXPECT_EQ(Settle(spec, 115, pods), absl::InfiniteDuration());
  EXPECT_FALSE(pods[0].settling);
  EXPECT_EQ(CountPods(spec, pods), (RolloutCounts{1, 1, 1, 1}));
}

TEST_F(RolloutClockTest, OneThatIsNotReadyInBetweenBeginsAnew) {
  const DeploymentSpec spec = Spec(1, absl::Seconds(10));
  std::vector<Pod> ready = {Made(0, true, 100)}, unready = {Made(0, false, 100)};
  Settle(spec, 100, unready);
  Settle(spec, 101, ready);
  Settle(spec, 108, unready);
  EXPECT_EQ(Settle(spec, 109, ready), absl::Seconds(10));
}

TEST_F(RolloutClockTest, WhatIsReadyAtTheFirstLookCountsFromItsStart) {
  const DeploymentSpec spec = Spec(1, absl::Seconds(10));
  std::vector<Pod> pods = {Made(0, true, 100), Made(1, true, 195)};
  EXPECT_EQ(Settle(spec, 200, pods), absl::Seconds(5));
  EXPECT_FALSE(pods[0].settling);
  EXPECT_TRUE(pods[1].settling);
}

TEST_F(RolloutClockTest, WhatWasNotAskedYetCountsFromItsStartToo) {
  const DeploymentSpec spec = Spec(1, absl::Seconds(10));
  std::vector<Pod> pods = {Made(0, false, 100)};
  pods[0].members[0].readiness = Readiness::kUnknown;
  EXPECT_EQ(Settle(spec, 200, pods), absl::InfiniteDuration());
  pods = {Made(0, true, 100)};
  EXPECT_EQ(Settle(spec, 201, pods), absl::InfiniteDuration());
  EXPECT_FALSE(pods[0].settling);
}

TEST_F(RolloutClockTest, AClockThatWasSetBackDelaysNothing) {
  const DeploymentSpec spec = Spec(1, absl::Seconds(10));
  std::vector<Pod> pods = {Made(0, true, 1000)};
  Settle(spec, 1000, pods);
  EXPECT_EQ(Settle(spec, 100, pods), absl::Seconds(10));
}

TEST_F(RolloutClockTest, WithoutASecondToWaitNothingSettles) {
  std::vector<Pod> pods = {Made(0, true, 100)};
  EXPECT_EQ(Settle(Spec(1), 100, pods), absl::InfiniteDuration());
  EXPECT_FALSE(pods[0].settling);
}

TEST_F(RolloutClockTest, ARolloutIsStuckWhenItTakesNoStepUntilItsDeadline) {
  EXPECT_EQ(Look(0, {Made(0, false)}), RolloutState::kGoesOn);
  EXPECT_EQ(Look(59, {Made(0, false)}), RolloutState::kGoesOn);
  EXPECT_EQ(Look(60, {Made(0, false)}), RolloutState::kStuck);
  EXPECT_EQ(clock_.Look(kWeb, Spec(2), At(61), {Made(0, true)}, false).again, absl::Seconds(60));
}

TEST_F(RolloutClockTest, EveryStepGivesItTheWholeDeadlineAnew) {
  const Pod old = Made(0, true, 0, "old");
  EXPECT_EQ(Look(0, {old, old}), RolloutState::kGoesOn);
  // Each is looked at again when the deadline of the one before is over.
  EXPECT_EQ(Look(50, {old, old, Made(0, false)}), RolloutState::kGoesOn) << "one more is new";
  EXPECT_EQ(Look(109, {old, old, Made(0, false)}), RolloutState::kGoesOn);
  Pod settling = Made(0, true);
  settling.settling = true;
  EXPECT_EQ(Look(109, {old, old, settling}), RolloutState::kGoesOn) << "and ready";
  EXPECT_EQ(Look(168, {old, old, settling}), RolloutState::kGoesOn);
  EXPECT_EQ(Look(168, {old, old, Made(0, true)}), RolloutState::kGoesOn) << "and available";
  EXPECT_EQ(Look(227, {old, old, Made(0, true)}), RolloutState::kGoesOn);
  EXPECT_EQ(Look(227, {old, Made(0, true)}), RolloutState::kGoesOn) << "an old one is gone";
  EXPECT_EQ(Look(286, {old, Made(0, true)}), RolloutState::kGoesOn);
  EXPECT_EQ(Look(287, {old, Made(0, true)}), RolloutState::kStuck);
}

TEST_F(RolloutClockTest, OnceItIsThroughItIsNotStuckWhateverHappens) {
  EXPECT_EQ(Look(0, {Made(0, true), Made(1, true)}), RolloutState::kComplete);
  EXPECT_EQ(Look(1000, {Made(0, false)}, /*rolled_out=*/true), RolloutState::kComplete);
}

TEST_F(RolloutClockTest, AnotherTemplateHasTheWholeDeadline) {
  EXPECT_EQ(Look(0, {Made(0, false)}), RolloutState::kGoesOn);
  DeploymentSpec other = Spec(2);
  other.pod.hash = "newer";
  EXPECT_EQ(clock_.Look(kWeb, other, At(59), {Made(0, false)}, false).again, absl::Seconds(60));
}

TEST_F(RolloutClockTest, AClockThatWasSetBackEndsNoRollout) {
  EXPECT_EQ(Look(1000, {Made(0, false)}), RolloutState::kGoesOn);
  EXPECT_EQ(clock_.Look(kWeb, Spec(2), At(100), {Made(0, false)}, false).again, absl::Seconds(60));
}

TEST_F(RolloutClockTest, WithoutADeadlineNothingIsStuck) {
  DeploymentSpec spec = Spec(2);
  spec.progress_deadline = absl::InfiniteDuration();
  clock_.Look(kWeb, spec, At(0), {Made(0, false)}, false);
  EXPECT_EQ(clock_.Look(kWeb, spec, At(1000000), {Made(0, false)}, false).state,
            RolloutState::kGoesOn);
}

TEST_F(RolloutClockTest, WhatIsForgottenBeginsAnew) {
  EXPECT_EQ(Look(0, {Made(0, false)}), RolloutState::kGoesOn);
  clock_.Forget(kWeb);
  EXPECT_EQ(Look(100, {Made(0, false)}), RolloutState::kGoesOn);
}

}  // namespace
}  // namespace weft::local
