#include "runtime/local/stateful_set_controller.h"

#include <gtest/gtest.h>

#include "runtime/local/local_test_support.h"
#include "runtime/local/names.h"

namespace weft::local {
namespace {

const ObjectRef kDb = {"apps/v1", "StatefulSet", "d", "db"};

StatefulSetSpec Spec(int replicas, bool ordered = true) {
  StatefulSetSpec spec;
  spec.replicas = replicas;
  spec.ordered = ordered;
  spec.pod.hash = "new";
  spec.pod.containers = {{.name = "main"}};
  return spec;
}

Pod Made(const std::string& hash, int index, bool ready, bool terminating = false) {
  PodTemplate pod_template = Spec(1).pod;
  pod_template.hash = hash;
  Pod pod = PlannedPod(kDb, pod_template, StatefulPodName("db", index));
  pod.members[0].readiness = ready ? Readiness::kReady : Readiness::kNotReady;
  pod.terminating = terminating;
  return pod;
}

using List = std::vector<std::string>;

TEST(StatefulSet, MakesOneAfterTheOther) {
  EXPECT_EQ(Names(PlanStatefulSet(kDb, Spec(3), {}).create), (List{"db-0"}));
  EXPECT_TRUE(PlanStatefulSet(kDb, Spec(3), {Made("new", 0, false)}).create.empty());
  EXPECT_EQ(Names(PlanStatefulSet(kDb, Spec(3), {Made("new", 0, true)}).create), (List{"db-1"}));
  EXPECT_EQ(Names(PlanStatefulSet(kDb, Spec(3, false), {}).create), (List{"db-0", "db-1", "db-2"}));
}

TEST(StatefulSet, EachPodHasClaimsOfItsOwn) {
  StatefulSetSpec spec = Spec(2, false);
  spec.pod.volumes = {{.name = "tmp"}, {.name = "data", .claim = "data"}};
  spec.claims = {{"data", "{}"}};
  const RolloutPlan plan = PlanStatefulSet(kDb, spec, {});
  ASSERT_EQ(plan.create.size(), 2u);
  EXPECT_EQ(plan.create[0].rules.volumes[1].claim, "data-db-0");
  EXPECT_EQ(plan.create[1].rules.volumes[1].claim, "data-db-1");
  EXPECT_EQ(plan.create[1].rules.volumes[0].claim, "");
}

TEST(StatefulSet, OneIsMadeAnewOnlyWhenItIsGone) {
  RolloutPlan plan = PlanStatefulSet(kDb, Spec(1), {Made("old", 0, true)});
  EXPECT_EQ(Names(plan.remove), (List{"db-0"}));
  EXPECT_TRUE(plan.create.empty());
  plan = PlanStatefulSet(kDb, Spec(1), {Made("old", 0, true, true)});
  EXPECT_TRUE(plan.create.empty() && plan.remove.empty());
  EXPECT_FALSE(plan.up_to_date);
  EXPECT_EQ(Names(PlanStatefulSet(kDb, Spec(1), {}).create), (List{"db-0"}));
}

TEST(StatefulSet, AChangedTemplateComesFromTheLastOneOn) {
  std::vector<Pod> pods = {Made("old", 0, true), Made("old", 1, true), Made("old", 2, true)};
  EXPECT_EQ(Names(PlanStatefulSet(kDb, Spec(3), pods).remove), (List{"db-2"}));
  pods[2] = Made("new", 2, false);
  RolloutPlan plan = PlanStatefulSet(kDb, Spec(3), pods);
  EXPECT_TRUE(plan.remove.empty()) << "the last one is not ready yet";
  EXPECT_EQ(plan.keep.size(), 3u);
  pods[2] = Made("new", 2, true);
  EXPECT_EQ(Names(PlanStatefulSet(kDb, Spec(3), pods).remove), (List{"db-1"}));
  pods[0] = Made("old", 0, false);
  EXPECT_EQ(Names(PlanStatefulSet(kDb, Spec(3), pods).remove), (List{"db-0"}))
      << "what serves nobody goes first";
}

TEST(StatefulSet, ABadTemplateIsLeftForAnother) {
  const RolloutPlan plan =
      PlanStatefulSet(kDb, Spec(2), {Made("old", 0, true), Made("bad", 1, false)});
  EXPECT_EQ(Names(plan.remove), (List{"db-1"}));
}

TEST(StatefulSet, ScalingDownTakesTheLastOneByOne) {
  std::vector<Pod> pods = {Made("new", 0, true)};
  for (int i = 1; i < 12; ++i) pods.push_back(Made("new", i, true));
  RolloutPlan plan = PlanStatefulSet(kDb, Spec(1), pods);
  EXPECT_EQ(Names(plan.remove), (List{"db-11"}));
  EXPECT_EQ(plan.keep.size(), 11u);
  pods[11].terminating = true;
  plan = PlanStatefulSet(kDb, Spec(1), pods);
  EXPECT_TRUE(plan.remove.empty());
  EXPECT_FALSE(plan.up_to_date);
  EXPECT_EQ(PlanStatefulSet(kDb, Spec(1, false), pods).remove.size(), 10u);
  EXPECT_TRUE(PlanStatefulSet(kDb, Spec(1), {Made("new", 0, true)}).up_to_date);
}

}  // namespace
}  // namespace weft::local
