#include "runtime/local/rollout.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "runtime/local/local_test_support.h"

namespace weft::local {
namespace {

const ObjectRef kWeb = {"apps/v1", "Deployment", "d", "web"};

DeploymentSpec Spec(int replicas, const std::string& hash = "new") {
  DeploymentSpec spec;
  spec.replicas = replicas;
  spec.pod.hash = hash;
  spec.pod.containers = {{.name = "main"}};
  return spec;
}

Pod Made(const std::string& hash, int index, bool ready, bool terminating = false) {
  Pod pod = PlannedPod(kWeb, Spec(1, hash).pod, index);
  pod.sandbox.id = absl::StrCat("id-", hash, index);
  pod.sandbox.created = absl::FromUnixSeconds(index);
  pod.members[0].readiness = ready ? Readiness::kReady : Readiness::kNotReady;
  pod.terminating = terminating;
  return pod;
}

using List = std::vector<std::string>;

TEST(Rollout, MakesWhatIsMissingAtTheFreeIndices) {
  const RolloutPlan plan = PlanRollout(kWeb, Spec(3), {Made("new", 1, true)});
  EXPECT_EQ(Names(plan.create), (List{"web-new-0", "web-new-2"}));
  EXPECT_TRUE(plan.remove.empty());
}

TEST(Rollout, APodThatEndsIsReplacedUnderAnotherName) {
  const RolloutPlan plan = PlanRollout(kWeb, Spec(1), {Made("new", 0, true, true)});
  EXPECT_EQ(Names(plan.create), (List{"web-new-1"}));
  EXPECT_TRUE(plan.keep.empty());
}

TEST(Rollout, ScalingDownRemovesUnreadyPodsThenTheYoungest) {
  const RolloutPlan plan = PlanRollout(
      kWeb, Spec(1), {Made("new", 0, false), Made("new", 1, true), Made("new", 2, true)});
  EXPECT_EQ(Names(plan.remove), (List{"web-new-0", "web-new-2"}));
  EXPECT_EQ(Names(plan.keep), (List{"web-new-1"}));
}

TEST(Rollout, ANewTemplateComesOneByOneAndAnOldPodGoesOnlyForAReadyNewOne) {
  std::vector<Pod> pods = {Made("old", 0, true), Made("old", 1, true)};
  RolloutPlan plan = PlanRollout(kWeb, Spec(2), pods);
  EXPECT_EQ(Names(plan.create), (List{"web-new-0"}));
  EXPECT_TRUE(plan.remove.empty());

  pods.push_back(Made("new", 0, false));
  plan = PlanRollout(kWeb, Spec(2), pods);
  EXPECT_TRUE(plan.create.empty());
  EXPECT_TRUE(plan.remove.empty());

  pods.back().members[0].readiness = Readiness::kReady;
  plan = PlanRollout(kWeb, Spec(2), pods);
  EXPECT_EQ(Names(plan.remove), (List{"web-old-1"}));
  EXPECT_TRUE(plan.create.empty());
}

TEST(Rollout, NeverHasFewerReadyPodsThanWantedNorMoreThanOneMore) {
  // Follows a rollout of 5 pods, a new one becoming ready at each step.
  std::vector<Pod> pods;
  pods.reserve(5);
  for (int i = 0; i < 5; ++i) pods.push_back(Made("old", i, true));
  for (int step = 0; step < 20; ++step) {
    const RolloutPlan plan = PlanRollout(kWeb, Spec(5), pods);
    pods = plan.keep;
    int ready = 0;
    for (const Pod& pod : pods) ready += pod.readiness() == Readiness::kReady ? 1 : 0;
    EXPECT_GE(ready, 5) << "step " << step;
    for (Pod pod : plan.create) {
      pod.sandbox.id = "id";
      pods.push_back(pod);
    }
    EXPECT_LE(pods.size(), 6u) << "step " << step;
    for (Pod& pod : pods) {
      if (pod.readiness() == Readiness::kReady) continue;
      pod.members[0].readiness = Readiness::kReady;
      break;
    }
  }
  for (const Pod& pod : pods) EXPECT_EQ(pod.template_hash, "new");
  EXPECT_EQ(pods.size(), 5u);
}

TEST(Rollout, GoesAsFastAsItIsAllowed) {
  DeploymentSpec spec = Spec(8);
  spec.max_surge = 2;
  spec.max_unavailable = 3;
  std::vector<Pod> pods;
  pods.reserve(8);
  for (int i = 0; i < 8; ++i) pods.push_back(Made("old", i, true));
  RolloutPlan plan = PlanRollout(kWeb, spec, pods);
  EXPECT_EQ(plan.create.size(), 2u);
  EXPECT_EQ(plan.remove.size(), 3u) << "five of eight serve on";
  pods = plan.keep;
  pods.push_back(Made("new", 0, false));
  pods.push_back(Made("new", 1, false));
  plan = PlanRollout(kWeb, spec, pods);
  EXPECT_TRUE(plan.remove.empty());
  EXPECT_EQ(plan.create.size(), 3u) << "up to ten";
  spec.max_surge = 0;
  EXPECT_TRUE(PlanRollout(kWeb, spec, {pods.begin(), pods.begin() + 7}).create.size() == 1u);
}

TEST(Rollout, RecreateWaitsUntilNothingOldIsLeft) {
  DeploymentSpec spec = Spec(2);
  spec.recreate = true;
  RolloutPlan plan = PlanRollout(kWeb, spec, {Made("old", 0, true), Made("old", 1, true)});
  EXPECT_EQ(plan.remove.size(), 2u);
  EXPECT_TRUE(plan.create.empty());
  plan = PlanRollout(kWeb, spec, {Made("old", 0, true, true)});
  EXPECT_TRUE(plan.create.empty() && plan.remove.empty());
  EXPECT_EQ(PlanRollout(kWeb, spec, {}).create.size(), 2u);
  EXPECT_EQ(PlanRollout(kWeb, spec, {Made("new", 0, true)}).create.size(), 1u);
}

TEST(Rollout, OldPodsThatWereNeverReadyMakeWayFirst) {
  const RolloutPlan plan = PlanRollout(
      kWeb, Spec(2), {Made("old", 0, false), Made("old", 1, true), Made("new", 0, true)});
  EXPECT_EQ(Names(plan.remove), (List{"web-old-0"}));
}

TEST(Rollout, ANewTemplateThatIsNeverReadyTakesNoOldPod) {
  const std::vector<Pod> pods = {Made("old", 0, true), Made("old", 1, true), Made("new", 0, false)};
  const RolloutPlan plan = PlanRollout(kWeb, Spec(2), pods);
  EXPECT_TRUE(plan.remove.empty());
  EXPECT_TRUE(plan.create.empty());
}

TEST(Rollout, NoReplicasMeansNoPodsOfAnyTemplate) {
  const RolloutPlan plan = PlanRollout(kWeb, Spec(0), {Made("old", 0, true), Made("new", 0, true)});
  EXPECT_EQ(plan.remove.size(), 2u);
  EXPECT_TRUE(plan.create.empty());
}

TEST(Rollout, LongNamesStayDnsLabelsAndDiffer) {
  ObjectRef a = kWeb, b = kWeb;
  a.name = std::string(62, 'x') + "a";
  b.name = std::string(62, 'x') + "b";
  const std::string of_a = PlannedPod(a, Spec(1, "0123456789").pod, 999).name;
  EXPECT_LE(of_a.size(), 63u);
  EXPECT_NE(of_a, PlannedPod(b, Spec(1, "0123456789").pod, 999).name);
}

}  // namespace
}  // namespace weft::local
