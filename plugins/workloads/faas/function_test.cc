#include "plugins/workloads/faas/function.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/workloads/faas/functions_testing.h"
#include "plugins/workloads/faas/scale.h"

namespace weft::faas {
namespace {

using testing::Optional;

const absl::Time kStart = absl::FromUnixSeconds(1000);

std::optional<std::string> HostOf(const std::optional<Endpoint>& endpoint) {
  return endpoint ? std::optional(endpoint->host) : std::nullopt;
}

TEST(Scale, IsEnoughForTheRequestsWithinTheBounds) {
  struct Row {
    const char* name;
    Demand demand;
    int64_t wanted;
  };
  const absl::Duration idle = absl::Seconds(5);
  for (const Row& row : std::vector<Row>{
           {"nobody asks", {0, 4, 10, 0, 0, absl::Seconds(9), idle}, 0},
           {"the first request", {0, 4, 10, 0, 1, {}, idle}, 1},
           {"one replica's worth", {0, 4, 10, 1, 10, {}, idle}, 1},
           {"one more", {0, 4, 10, 1, 11, {}, idle}, 2},
           {"more than the maximum serves", {0, 4, 10, 2, 1000, {}, idle}, 4},
           {"fewer requests shrink nothing", {0, 4, 10, 3, 1, {}, idle}, 3},
           {"nor does a short rest", {0, 4, 10, 3, 0, absl::Seconds(4), idle}, 3},
           {"a long one does", {0, 4, 10, 3, 0, absl::Seconds(5), idle}, 0},
           {"to the minimum", {2, 4, 10, 3, 0, absl::Seconds(5), idle}, 2},
           {"below the minimum", {2, 4, 10, 0, 0, {}, idle}, 2},
           {"above the maximum", {0, 2, 10, 3, 30, {}, idle}, 2},
           {"no maximum", {0, 0, 10, 0, 100, {}, idle}, 1},
           {"no maximum, but a minimum", {3, 0, 10, 3, 100, {}, idle}, 3},
           {"a minimum beyond the maximum", {5, 3, 10, 5, 100, {}, idle}, 5},
       })
    EXPECT_EQ(WantedReplicas(row.demand), row.wanted) << row.name;
}

TEST(Function, OnDockerIsReachedAtTheAddressesOfReadyPodsInTurn) {
  Function function(kStart);
  function.Tell(Live({.pods = {{"a", "10.0.0.1", true},
                               {"b", "10.0.0.2", true},
                               {"c", "10.0.0.3", false},
                               {"d", "", true}}}));
  EXPECT_EQ(function.ready(), 2);
  EXPECT_THAT(function.Next("", kStart), Optional(Endpoint{"a", "10.0.0.1", 8080}));
  EXPECT_THAT(HostOf(function.Next("", kStart)), Optional(std::string("10.0.0.2")));
  EXPECT_THAT(HostOf(function.Next("", kStart)), Optional(std::string("10.0.0.1")));
  // Another one than that which failed, where there is one.
  EXPECT_THAT(HostOf(function.Next("b", kStart)), Optional(std::string("10.0.0.1")));
  function.Tell(Live({.pods = {{"b", "10.0.0.2", true}}}));
  EXPECT_THAT(HostOf(function.Next("b", kStart)), Optional(std::string("10.0.0.2")));
}

TEST(Function, OnKubernetesIsReachedAtTheAddressOfItsServiceWhileAReplicaIsReady) {
  Function function(kStart);
  function.Tell(Live({.platform = "kubernetes", .ready = 0, .address = "10.96.0.7"}));
  EXPECT_EQ(function.Next("", kStart), std::nullopt);
  function.Tell(Live({.platform = "kubernetes", .ready = 2, .pods = {{"a", "10.0.0.1", true}}}));
  EXPECT_EQ(function.Next("", kStart), std::nullopt);
  function.Tell(Live({.platform = "kubernetes", .ready = 2, .address = "10.96.0.7"}));
  EXPECT_THAT(function.Next("", kStart), Optional(Endpoint{"", "10.96.0.7", 8080}));
  EXPECT_EQ(function.ready(), 2);
}

TEST(Function, AsksForAReplicaOnceAndSaysWhy) {
  Function function(kStart);
  function.Tell(Live({}));
  EXPECT_EQ(function.Due(kStart), std::nullopt);
  function.Begin();
  const std::optional<sdk::Action> action = function.Due(kStart);
  ASSERT_TRUE(action.has_value());
  EXPECT_EQ(action->instance, "d/app/fn");
  EXPECT_EQ(action->object.kind, "Deployment");
  EXPECT_EQ(action->pointer, "/spec/replicas");
  EXPECT_EQ(action->value, json::value(1));
  EXPECT_EQ(action->reason, "1 request at the gateway");
  EXPECT_EQ(function.Due(kStart), std::nullopt);
  function.Answered(true, kStart);
  EXPECT_EQ(function.Due(kStart), std::nullopt);
  function.Tell(Live({.value = 1}));
  EXPECT_EQ(function.Due(kStart), std::nullopt);
}

TEST(Function, WhoseActionFailedAsksAgainAfterAWhile) {
  Function function(kStart);
  function.Tell(Live({}));
  function.Begin();
  ASSERT_TRUE(function.Due(kStart).has_value());
  function.Answered(false, kStart);
  EXPECT_EQ(function.Due(kStart), std::nullopt);
  EXPECT_TRUE(function.Due(kStart + Function::kActAgain).has_value());
}

// Set, not released: what is set is what this process and its successor know the size from, while
// the platform's status lags.
TEST(Function, ThatIsIdleIsSetToItsMinimum) {
  Function function(kStart);
  function.Tell(Live({.properties = R"({"image":"i","idleSeconds":5,"minimum":1,"maximum":9})",
                      .seed = 2,  // A scaler's.
                      .value = 4,
                      .pods = {{"a", "10.0.0.1", true}}}));
  function.Begin();
  EXPECT_EQ(function.Due(kStart), std::nullopt);
  function.End(kStart);
  EXPECT_EQ(function.Due(kStart + absl::Seconds(4.9)), std::nullopt);
  const std::optional<sdk::Action> action = function.Due(kStart + absl::Seconds(5));
  ASSERT_TRUE(action.has_value());
  EXPECT_EQ(action->value, json::value(2));
  EXPECT_EQ(action->reason, "no request for 5 s");
  // What stays takes requests meanwhile.
  EXPECT_NE(function.Next("", kStart + absl::Seconds(5)), std::nullopt);
}

TEST(Function, FollowsTheDocumentsMinimumAtOnce) {
  Function function(kStart);
  function.Tell(Live({.seed = 0, .value = 0}));
  EXPECT_EQ(function.Due(kStart), std::nullopt);
  function.Tell(Live({.seed = 2, .value = 0}));
  const std::optional<sdk::Action> action = function.Due(kStart);
  ASSERT_TRUE(action.has_value());
  EXPECT_EQ(action->value, json::value(2));
  EXPECT_EQ(action->reason, "its minimum is 2");
}

// A new claim of a leaf that stands says nothing of its size: the platform does.
TEST(Function, ThatWasNeverSetHasTheSizeThatThePlatformTells) {
  Function function(kStart);
  function.Tell(Live({.seed = 2, .replicas = 0}));
  ASSERT_TRUE(function.Due(kStart).has_value());
  Function right(kStart);
  right.Tell(Live({.seed = 2, .replicas = 2}));
  EXPECT_EQ(right.Due(kStart), std::nullopt);
  Function unknown(kStart);
  unknown.Tell(Live({.seed = 2, .replicas = -1}));
  EXPECT_EQ(unknown.Due(kStart), std::nullopt);
}

TEST(Function, SendsNothingToPodsThatGoToZero) {
  const std::string properties = R"({"image":"i","idleSeconds":5})";
  Function function(kStart);
  const sdk::LiveInstance one =
      Live({.properties = properties, .value = 1, .pods = {{"a", "10.0.0.1", true}}});
  function.Tell(one);
  const absl::Time idle = kStart + absl::Seconds(5);
  ASSERT_TRUE(function.Due(idle).has_value());
  EXPECT_EQ(function.Next("", idle), std::nullopt);
  function.Answered(true, idle);
  // Wanted again: the old pod may go all the same, so it is not asked at once.
  function.Begin();
  ASSERT_TRUE(function.Due(idle).has_value());
  function.Answered(true, idle);
  function.Tell(one);
  EXPECT_EQ(function.Next("", idle), std::nullopt);
  EXPECT_NE(function.Next("", idle + Function::kSpared), std::nullopt);
  // A new one is.
  function.Tell(Live({.properties = properties,
                      .value = 1,
                      .pods = {{"a", "10.0.0.1", true}, {"b", "10.0.0.2", true}}}));
  EXPECT_THAT(HostOf(function.Next("", idle)), Optional(std::string("10.0.0.2")));
}

TEST(Function, ThatCouldNotGoToZeroServesOn) {
  Function function(kStart);
  function.Tell(Live({.properties = R"({"image":"i","idleSeconds":5})",
                      .value = 1,
                      .pods = {{"a", "10.0.0.1", true}}}));
  const absl::Time idle = kStart + absl::Seconds(5);
  ASSERT_TRUE(function.Due(idle).has_value());
  function.Answered(false, idle);
  EXPECT_NE(function.Next("", idle), std::nullopt);
}

TEST(Function, OfAnotherActorRestsAnewBeforeItIsSentBack) {
  Function function(kStart);
  function.Tell(Live({.properties = R"({"image":"i","idleSeconds":5})", .value = 1}));
  const absl::Time late = kStart + absl::Hours(1);
  function.Resume(late);
  EXPECT_EQ(function.Due(late), std::nullopt);
  EXPECT_TRUE(function.Due(late + absl::Seconds(5)).has_value());
}

TEST(Function, IsLeftAloneWhileItsScaleIsNotSteered) {
  Function function(kStart);
  sdk::LiveInstance live = Live({});
  live.steered.clear();
  function.Tell(live);
  function.Begin();
  EXPECT_EQ(function.Due(kStart), std::nullopt);
}

}  // namespace
}  // namespace weft::faas
