// HorizontalPodAutoscalers on a runtime whose engine is in memory.
#include <gmock/gmock.h>

#include "absl/strings/str_replace.h"
#include "absl/strings/substitute.h"
#include "runtime/local/local_runtime_fixture.h"

namespace weft::local {
namespace {

using testing::HasSubstr;

const ObjectRef kScaler = {"autoscaling/v2", "HorizontalPodAutoscaler", "default", "web"};
constexpr char kScalerKey[] = "HorizontalPodAutoscaler/default/web";
constexpr char kRequests[] = R"(,"resources":{"requests":{"cpu":"100m","memory":"64Mi"}})";

// $0: its metrics.
constexpr char kText[] = R"({"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler",
    "metadata":{"name":"web","namespace":"default"},
    "spec":{"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"},
    "minReplicas":1,"maxReplicas":5,"metrics":[$0]}})";
constexpr char kHalfOfTheCpu[] = R"({"type":"Resource","resource":{"name":"cpu",
    "target":{"type":"Utilization","averageUtilization":50}}})";

class AutoscalerOfTheRuntime : public LocalRuntimeTest {
 protected:
  // A new generation has it look at once.
  void Look() {
    EXPECT_EQ(Apply(kScaler, absl::Substitute(kText, kHalfOfTheCpu), ++generation_).outcome,
              ApplyResult::Outcome::kAccepted);
  }
  bool UntilSaid(const std::string& text) {
    return follower_->Until([&](const Seen& seen) {
      const auto scaler = seen.find(kScalerKey);
      return scaler != seen.end() && absl::StrContains(scaler->second.status, text);
    });
  }

  uint64_t generation_ = 0;
};

TEST_F(AutoscalerOfTheRuntime, FollowsWhatPodsUseAndApplyingAgainLeavesTheSize) {
  Start();
  ApplyWeb(1, 1, kRequests);
  ASSERT_TRUE(follower_->Until(Ready(1)));
  Look();
  ASSERT_TRUE(UntilSaid("no metrics of cpu of a ready pod yet"));
  // In 100 s it has used a processor for 10 s: all that it asks for.
  engine_.SetUsage({absl::Seconds(10), int64_t{32} << 20});
  SetAhead(absl::Seconds(100));
  Look();
  ASSERT_TRUE(UntilSaid(R"("desiredReplicas":2)"));
  EXPECT_THAT(follower_->seen().at(kScalerKey).status, HasSubstr(R"("reason":"ValidMetricFound")"));
  ASSERT_TRUE(follower_->Until(Ready(2)));

  const std::vector<SteeredLeaf> seeded = {{"/spec/replicas", "1", false}};
  const std::string text = DeploymentText("web", 1, "web:1", kRequests);
  const auto applied = runtime_->Apply({{DeploymentRef("web"), text, "owner", 2, seeded}}, false);
  EXPECT_EQ(applied[0].outcome, ApplyResult::Outcome::kAccepted);
  ASSERT_TRUE(follower_->Until([](const Seen& seen) { return seen.at(kWeb).generation == 2; }));
  EXPECT_TRUE(follower_->Until(Ready(2)));
  Start();  // What it was scaled to is on the disk.
  EXPECT_TRUE(follower_->Until(Ready(2)));

  ASSERT_TRUE(runtime_->Delete({kScaler}).ok());
  EXPECT_TRUE(follower_->Until([](const Seen& seen) { return seen.count(kScalerKey) == 0; }));
  EXPECT_TRUE(Ready(2)(follower_->seen()));
}

TEST_F(AutoscalerOfTheRuntime, SaysWhatItHasNothingToGoByFor) {
  Start();
  Look();
  EXPECT_TRUE(UntilSaid("there is no Deployment web to scale"));
  ApplyWeb(1, 1);
  ASSERT_TRUE(follower_->Until(Ready(1)));
  Look();
  EXPECT_TRUE(UntilSaid("missing request for cpu"));
  ApplyWeb(0, 2, kRequests);
  ASSERT_TRUE(follower_->Until(Ready(0)));
  Look();
  EXPECT_TRUE(UntilSaid("it has 0 replicas: whoever set that starts it again"));
}

TEST_F(AutoscalerOfTheRuntime, WhatCannotBeScaledByIsRefusedAtItsPlace) {
  Start();
  const auto pointers = [&](const std::string& metrics, const std::string& from = "",
                            const std::string& to = "") {
    std::string text = absl::Substitute(kText, metrics);
    if (!from.empty()) text = absl::StrReplaceAll(text, {{from, to}});
    std::vector<std::string> found;
    for (const Problem& problem : Apply(kScaler, text, 1).problems)
      found.push_back(problem.pointer);
    return found;
  };
  using Pointers = std::vector<std::string>;
  const std::string half = kHalfOfTheCpu, target = "/spec/metrics/0/resource/target";
  EXPECT_EQ(pointers(absl::StrReplaceAll(half, {{"\"cpu\"", "\"disk\""}})),
            Pointers{"/spec/metrics/0/resource/name"});
  EXPECT_EQ(pointers(absl::StrReplaceAll(half, {{"50", "0"}})),
            Pointers{target + "/averageUtilization"});
  EXPECT_EQ(pointers(absl::StrReplaceAll(half, {{"\"Utilization\"", "\"Value\""}})),
            Pointers{target + "/type"});
  EXPECT_EQ(pointers(absl::StrReplaceAll(half, {{"\"Utilization\"", "\"AverageValue\""}})),
            Pointers{target + "/averageValue"});
  EXPECT_EQ(pointers(half, "\"maxReplicas\":5", "\"maxReplicas\":0"),
            Pointers{"/spec/maxReplicas"});
  EXPECT_EQ(pointers(half, "\"minReplicas\":1", "\"minReplicas\":6"),
            Pointers{"/spec/maxReplicas"});
  EXPECT_EQ(pointers(half, "\"Deployment\",\"name\"", "\"Job\",\"name\""),
            Pointers{"/spec/scaleTargetRef/kind"});
}

}  // namespace
}  // namespace weft::local
