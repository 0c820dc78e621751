#include "runtime/local/autoscaling.h"

#include <gtest/gtest.h>

namespace weft::local {
namespace {

const MetricTarget kHalf = {"cpu", 50, 0};
const MetricTarget kAverage = {"memory", std::nullopt, 1000};

PodMetric Pod(int64_t usage, int64_t request = 100) { return {true, usage, request}; }
PodMetric NotReady() { return {false, std::nullopt, 100}; }
PodMetric Unknown() { return {true, std::nullopt, 100}; }

int Replicas(const MetricTarget& target, const std::vector<PodMetric>& pods) {
  const auto verdict = ReplicasFor(target, pods, static_cast<int>(pods.size()));
  return verdict.ok() ? verdict->replicas : -1;
}

TEST(ReplicasFor, FollowTheRatioBeyondATolerance) {
  EXPECT_EQ(Replicas(kHalf, {Pod(50), Pod(50)}), 2);
  EXPECT_EQ(Replicas(kHalf, {Pod(100), Pod(100)}), 4);
  EXPECT_EQ(Replicas(kHalf, {Pod(60), Pod(60)}), 3) << "rounded up";
  EXPECT_EQ(Replicas(kHalf, {Pod(55), Pod(55)}), 2) << "within a tenth";
  EXPECT_EQ(Replicas(kHalf, {Pod(45), Pod(45)}), 2);
  EXPECT_EQ(Replicas(kHalf, {Pod(10), Pod(10), Pod(10), Pod(10)}), 1);
  EXPECT_EQ(Replicas(kHalf, {Pod(0), Pod(0)}), 0) << "the bounds are another's";
  EXPECT_EQ(Replicas(kHalf, {Pod(90, 100), Pod(10, 300)}), 1) << "of all requests together: 25 %";
  EXPECT_EQ(Replicas(kAverage, {Pod(3000, 0), Pod(1000, 0)}), 4);
  const auto verdict = ReplicasFor(kHalf, {Pod(90), Pod(30)}, 2);
  EXPECT_EQ(verdict->utilization, 60);
  EXPECT_EQ(verdict->average, 60);
}

TEST(ReplicasFor, WhatIsNotKnownTakesAChangeBackAndTurnsNothingRound) {
  // Growing: pods that begin to run count as idle.
  EXPECT_EQ(Replicas(kHalf, {Pod(200), NotReady()}), 4);
  EXPECT_EQ(Replicas(kHalf, {Pod(100), NotReady()}), 2) << "what begins will do";
  EXPECT_EQ(Replicas(kHalf, {Pod(60), NotReady(), NotReady()}), 3) << "and is not taken away";
  // Shrinking: pods without metrics count as at the target.
  EXPECT_EQ(Replicas(kHalf, {Pod(10), Pod(10), Unknown()}), 2);
  EXPECT_EQ(Replicas(kHalf, {Pod(45), Unknown(), Unknown()}), 3);
}

TEST(ReplicasFor, SaysWhatIsMissing) {
  EXPECT_EQ(ReplicasFor(kHalf, {Pod(10, 0)}, 1).status().message(),
            "missing request for cpu: a utilization is a share of it");
  EXPECT_EQ(ReplicasFor(kHalf, {Unknown(), NotReady()}, 2).status().message(),
            "no metrics of cpu of a ready pod yet");
  EXPECT_EQ(ReplicasFor(kAverage, {}, 0).status().message(),
            "no metrics of memory of a ready pod yet");
}

// Kubernetes' defaults.
AutoscalerSpec Spec(int least, int most) {
  return {
      .kind = "Deployment",
      .name = "web",
      .least = least,
      .most = most,
      .metrics = {kHalf},
      .up = {absl::ZeroDuration(),
             ScalingRules::Select::kMost,
             {{false, 4, absl::Seconds(15)}, {true, 100, absl::Seconds(15)}}},
      .down = {absl::Seconds(300), ScalingRules::Select::kMost, {{true, 100, absl::Seconds(15)}}}};
}

class ScalingHistoryTest : public testing::Test {
 protected:
  // What is asked for, and done, so many seconds after the start.
  int At(int second, int wanted) {
    const absl::Time now = absl::FromUnixSeconds(second);
    const int before = current_;
    current_ = history_.Limit(spec_, before, wanted, now, limited_);
    if (current_ != before) history_.Changed(before, current_, now);
    return current_;
  }

  AutoscalerSpec spec_ = Spec(1, 50);
  ScalingHistory history_;
  std::string limited_;
  int current_ = 2;
};

TEST_F(ScalingHistoryTest, GrowsByFourOrDoublesEveryFifteenSecondsAsDefaultsSay) {
  EXPECT_EQ(At(0, 40), 6);
  EXPECT_EQ(limited_, "it grows as fast as it may");
  EXPECT_EQ(At(5, 40), 6) << "in the same period";
  EXPECT_EQ(At(16, 40), 12);
  EXPECT_EQ(At(32, 40), 24);
  EXPECT_EQ(At(48, 90), 48);
  EXPECT_EQ(At(64, 90), 50);
  EXPECT_EQ(limited_, "it is as large as it may be");
}

TEST_F(ScalingHistoryTest, ShrinksWhenNobodyHasAskedForMoreForFiveMinutes) {
  EXPECT_EQ(At(0, 2), 2);
  EXPECT_EQ(At(15, 6), 6);
  EXPECT_EQ(At(60, 1), 6);
  EXPECT_EQ(limited_, "a recommendation of a while ago still counts");
  EXPECT_EQ(At(200, 3), 6);
  EXPECT_EQ(At(316, 1), 3) << "what was asked for at 200 s";
  EXPECT_EQ(At(501, 1), 1);
  EXPECT_EQ(limited_, "");
}

TEST_F(ScalingHistoryTest, ObeysItsOwnPolicies) {
  spec_.up.policies = {{false, 1, absl::Seconds(60)}, {true, 100, absl::Seconds(60)}};
  spec_.up.select = ScalingRules::Select::kLeast;
  EXPECT_EQ(At(0, 9), 3) << "one more, not twice as many";
  EXPECT_EQ(At(30, 9), 3);
  EXPECT_EQ(At(61, 9), 4);
  spec_.up.select = ScalingRules::Select::kDisabled;
  EXPECT_EQ(At(200, 9), 4);
  spec_.down.window = absl::ZeroDuration();
  spec_.down.policies = {{true, 50, absl::Seconds(60)}};
  EXPECT_EQ(At(300, 1), 2);
  spec_.least = 2;
  EXPECT_EQ(At(400, 0), 2);
  EXPECT_EQ(limited_, "it is as small as it may be");
}

TEST_F(ScalingHistoryTest, AWindowOfGrowingHoldsBackAPeak) {
  spec_.up.window = absl::Seconds(60);
  EXPECT_EQ(At(0, 2), 2);
  EXPECT_EQ(At(15, 5), 2) << "a peak";
  EXPECT_EQ(At(30, 4), 2);
  EXPECT_EQ(At(61, 5), 4) << "for a minute at least 4 were asked for";
}

}  // namespace
}  // namespace weft::local
