#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/conformance/runtime/conformance.h"

namespace weft::conformance {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class Deployments : public Conformance {
 protected:
  static std::string Web(const std::string& version = "1") {
    return Pod({"say " + version, "serve 8080"},
               absl::StrCat(R"(,"env":[{"name":"VERSION","value":")", version, R"("}])", kAnswers));
  }
  static void Steer(runtime::v1::AppliedObject& object, int replicas, bool set) {
    runtime::v1::SteeredLeaf* leaf = object.add_steered();
    leaf->set_pointer("/spec/replicas");
    leaf->set_value(std::to_string(replicas));
    leaf->set_set(set);
  }
};

TEST_F(Deployments, GetsAsManyReadyReplicasAsItSays) {
  Accept(Deployment("web", 2, Web()));
  UntilReady("web", 2);
}

TEST_F(Deployments, GetsOneReplicaIfItSaysNothing) {
  Accept(Deployment("web", -1, Web()));
  UntilReady("web", 1);
}

TEST_F(Deployments, WithoutReplicasHasNone) {
  WEFT_NEEDS(kPrograms);
  Accept(Deployment("web", 0, Web()));
  UntilReady("web", 0);
  EXPECT_THAT(PodsOf("web"), IsEmpty());
}

TEST_F(Deployments, SaysThatItIsAvailable) {
  WEFT_NEEDS(kPrograms);
  Accept(Deployment("web", 1, Web()));
  Until("it is available", [&] { return HasCondition("Deployment", "web", "Available"); });
}

TEST_F(Deployments, PodsAreItsOwn) {
  WEFT_NEEDS(kPrograms);
  const runtime::v1::AppliedObject web = Deployment("web", 2, Web());
  Accept(web);
  UntilReady("web", 2);
  std::set<std::string> names;
  for (const PodSeen& pod : PodsOf("web")) {
    names.insert(pod.name);
    EXPECT_EQ(pod.projection.owner(), web.owner());
    EXPECT_EQ(pod.projection.ref().api_version(), "v1");
    EXPECT_EQ(pod.projection.controller().api_version(), "apps/v1");
  }
  EXPECT_THAT(names, SizeIs(2));
}

TEST_F(Deployments, GrowsWithoutTouchingWhatRuns) {
  WEFT_NEEDS(kPrograms);
  Accept(Deployment("web", 1, Web()));
  UntilReady("web", 1);
  const std::vector<std::string> before = IdsOf("web");
  Accept(Deployment("web", 3, Web()));
  UntilReady("web", 3);
  EXPECT_THAT(IdsOf("web"), testing::IsSupersetOf(before));
}

TEST_F(Deployments, ShrinksToSomeOfThoseThatRun) {
  WEFT_NEEDS(kPrograms);
  Accept(Deployment("web", 3, Web()));
  UntilReady("web", 3);
  const std::vector<std::string> before = IdsOf("web");
  Accept(Deployment("web", 1, Web()));
  UntilReady("web", 1);
  EXPECT_THAT(IdsOf("web"), testing::IsSubsetOf(before));
}

TEST_F(Deployments, ShrinksToNothing) {
  WEFT_NEEDS(kPrograms);
  Accept(Deployment("web", 2, Web()));
  UntilReady("web", 2);
  Accept(Deployment("web", 0, Web()));
  UntilReady("web", 0);
  Until("all pods are gone", [&] { return AllPodsOf("web").empty(); });
}

TEST_F(Deployments, ANewTemplateReplacesAllPods) {
  WEFT_NEEDS(kPrograms);
  Accept(Deployment("web", 2, Web("1")));
  UntilReady("web", 2);
  const std::vector<std::string> before = IdsOf("web");
  Accept(Deployment("web", 2, Web("2")));
  UntilReady("web", 2, before);
  UntilSaid("web", {"2"});
}

TEST_F(Deployments, ANewGenerationOfTheSameRestartsNothing) {
  WEFT_NEEDS(kPrograms);
  Accept(Deployment("web", 2, Web()));
  UntilReady("web", 2);
  const std::vector<std::string> before = IdsOf("web");
  Accept(Deployment("web", 2, Web()));
  UntilReady("web", 2);
  EXPECT_EQ(IdsOf("web"), before);
}

TEST_F(Deployments, TheStatusFollowsTheGeneration) {
  WEFT_NEEDS(kPrograms);
  Accept(Deployment("web", 1, Web()));
  UntilReady("web", 1);
  const uint64_t generation = Accept(Deployment("web", 2, Web()));
  Until("its status speaks of it", [&] {
    const auto found = Find("Deployment", "web");
    return found.has_value() && found->generation() == generation && found->up_to_date();
  });
  UntilReady("web", 2);
}

TEST_F(Deployments, AnUpdateNeverHasFewerReadyThanItMay) {
  WEFT_NEEDS(kPrograms);
  const std::string strategy =
      R"(,"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":0,"maxSurge":1}})";
  Accept(Deployment("web", 2, Web("1"), strategy));
  UntilReady("web", 2);
  Accept(Deployment("web", 2, Web("2"), strategy));
  bool enough = true;
  Until("the update is over", [&] {
    int ready = 0;
    for (const PodSeen& pod : PodsOf("web")) ready += pod.IsReady() ? 1 : 0;
    enough &= ready >= 2;
    return Number("Deployment", "web", "updatedReplicas") == 2 &&
           Number("Deployment", "web", "replicas") == 2 && PodsOf("web").size() == 2 && ready == 2;
  });
  EXPECT_TRUE(enough);
}

TEST_F(Deployments, AnUpdateNeverHasMoreThanItMay) {
  WEFT_NEEDS(kPrograms);
  const std::string strategy =
      R"(,"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":1,"maxSurge":0}})";
  Accept(Deployment("web", 2, Web("1"), strategy));
  UntilReady("web", 2);
  Accept(Deployment("web", 2, Web("2"), strategy));
  size_t most = 0;
  Until("the update is over", [&] {
    most = std::max(most, PodsOf("web").size());
    return Number("Deployment", "web", "updatedReplicas") == 2 &&
           Number("Deployment", "web", "readyReplicas") == 2;
  });
  EXPECT_LE(most, 2u);
}

TEST_F(Deployments, RecreateEndsTheOldPodsFirst) {
  WEFT_NEEDS(kPrograms);
  const std::string strategy = R"(,"strategy":{"type":"Recreate"})";
  // It does not heed that it is to end.
  Accept(Deployment("web", 1, Pod({"stay"}), strategy));
  UntilReady("web", 1);
  const std::string before = IdsOf("web").at(0);
  Accept(Deployment("web", 1, Web("2"), strategy));
  bool together = false;
  Until("the new pod is ready", [&] {
    bool old = false, fresh = false;
    // Also one that still ends.
    for (const PodSeen& pod : AllPodsOf("web")) (pod.id() == before ? old : fresh) |= pod.Runs();
    together |= old && fresh;
    return fresh && Number("Deployment", "web", "readyReplicas") == 1;
  });
  EXPECT_FALSE(together);
}

TEST_F(Deployments, AnUpdateThatNeverGetsReadyLeavesTheOldServing) {
  WEFT_NEEDS(kPrograms);
  Accept(Deployment("web", 2, Web()));
  UntilReady("web", 2);
  const std::vector<std::string> before = IdsOf("web");
  Accept(Deployment("web", 2, Pod({"wait"}, kAnswers)));
  UntilPod("the new pod runs", "web", [&](const PodSeen& pod) {
    return !pod.id().empty() && std::find(before.begin(), before.end(), pod.id()) == before.end();
  });
  AllTheTime(absl::Seconds(2), [&] {
    int old = 0;
    for (const PodSeen& pod : PodsOf("web"))
      old += std::find(before.begin(), before.end(), pod.id()) != before.end() && pod.IsReady();
    return old == 2;  // A quarter of two, rounded down, may be missing.
  });
}

TEST_F(Deployments, AnUpdateThatCrashesLeavesTheOldServing) {
  WEFT_NEEDS(kPrograms);
  Accept(Deployment("web", 1, Web()));
  UntilReady("web", 1);
  const std::string before = IdsOf("web")[0];
  // Without a probe it would count as ready until it ends.
  Accept(Deployment("web", 1, Pod({"say bad", "exit 3"}, kAnswers)));
  UntilPod("the new pod has crashed", "web",
           [](const PodSeen& pod) { return json::GetInt(pod.Container(), {"restartCount"}) >= 1; });
  EXPECT_THAT(IdsOf("web"), testing::Contains(before));
}

TEST_F(Deployments, AnUpdateThatIsTakenBackIsOver) {
  WEFT_NEEDS(kPrograms);
  Accept(Deployment("web", 1, Web()));
  UntilReady("web", 1);
  const std::vector<std::string> before = IdsOf("web");
  Accept(Deployment("web", 1, Pod({"wait"}, kAnswers)));
  Until("there is a new pod", [&] { return PodsOf("web").size() == 2; });
  Accept(Deployment("web", 1, Web()));
  UntilReady("web", 1);
  EXPECT_EQ(IdsOf("web"), before);
}

TEST_F(Deployments, DeletingItDeletesItsPods) {
  WEFT_NEEDS(kPrograms);
  const auto web = Deployment("web", 2, Web());
  Accept(web);
  UntilReady("web", 2);
  EXPECT_TRUE(Delete(web).ok());
  Until("all of it is gone",
        [&] { return !Find("Deployment", "web").has_value() && AllPodsOf("web").empty(); });
}

TEST_F(Deployments, APodThatDoesNotHeedItsEndGoesAfterItsGrace) {
  WEFT_NEEDS(kPrograms);
  const auto web = Deployment("web", 1, Pod({"say here", "stay"}));
  Accept(web);
  UntilSaid("web", {"here"});
  const absl::Time start = absl::Now();
  EXPECT_TRUE(Delete(web).ok());
  Until("all of it is gone",
        [&] { return !Find("Deployment", "web").has_value() && AllPodsOf("web").empty(); });
  // The engine in memory takes no time.
  if (Has(Ability::kFiles)) EXPECT_GE(absl::Now() - start, absl::Seconds(2));
}

TEST_F(Deployments, ASeedIsWhatItStartsWith) {
  runtime::v1::AppliedObject web = Deployment("web", -1, Web());
  Steer(web, 2, /*set=*/false);
  Accept(web);
  UntilReady("web", 2);
}

TEST_F(Deployments, ASetLeafIsFollowed) {
  runtime::v1::AppliedObject web = Deployment("web", -1, Web());
  Steer(web, 1, /*set=*/true);
  Accept(web);
  UntilReady("web", 1);
  runtime::v1::AppliedObject more = Deployment("web", -1, Web());
  Steer(more, 3, /*set=*/true);
  Accept(more);
  UntilReady("web", 3);
}

TEST_F(Deployments, ASeedDoesNotResetWhatWasSet) {
  WEFT_NEEDS(kPrograms);
  runtime::v1::AppliedObject set = Deployment("web", -1, Web());
  Steer(set, 2, /*set=*/true);
  Accept(set);
  UntilReady("web", 2);
  runtime::v1::AppliedObject seed = Deployment("web", -1, Web("2"));
  Steer(seed, 1, /*set=*/false);
  Accept(seed);
  UntilReady("web", 2);
}

TEST_F(Deployments, TwoAtOnceDoNotMeet) {
  WEFT_NEEDS(kPrograms);
  runtime::v1::ApplyResponse response;
  ASSERT_TRUE(ApplyAll({Deployment("one", 1, Web()), Deployment("two", 2, Web())}, response).ok());
  UntilReady("one", 1);
  UntilReady("two", 2);
}

TEST_F(Deployments, AContainerWithoutImageIsRefused) {
  WEFT_NEEDS(kAdmission);
  const auto result = Apply(Deployment("web", 1, R"({"containers":[{"name":"main"}]})"));
  EXPECT_EQ(result.outcome(), runtime::v1::APPLY_OUTCOME_REFUSED) << result.DebugString();
}

TEST_F(Deployments, ATemplateThatItsSelectorDoesNotSelectIsRefused) {
  WEFT_NEEDS(kAdmission);
  runtime::v1::AppliedObject web = Deployment("web", 1, Web());
  json::value object = *json::Parse(web.object().json());
  object.at("spec").at("selector").at("matchLabels").as_object()["app"] = "other";
  web.mutable_object()->set_json(json::Canonical(object));
  EXPECT_EQ(Apply(web).outcome(), runtime::v1::APPLY_OUTCOME_REFUSED);
}

}  // namespace
}  // namespace weft::conformance
