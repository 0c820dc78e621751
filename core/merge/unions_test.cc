#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/merge/testing.h"

namespace weft::merge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kContainer[] = "/spec/template/spec/containers[name=a]";
const std::string kProbe = std::string(kContainer) + "/readinessProbe";

Contribution WithHttpProbe() {
  return Base(
      R"({"spec":{"template":{"spec":{"containers":[{"name":"a","env":[{"name":"E","value":"1"}],
      "readinessProbe":{"periodSeconds":5,"httpGet":{"path":"/","port":80}}}]}}}})");
}

std::string ContainerOf(const Merged& merged, const char* field) {
  if (!merged.problems.empty()) return testing::PrintToString(ProblemsOf(merged));
  const json::value* containers =
      json::FindPath(merged.objects[0].value, {"spec", "template", "spec", "containers"});
  return json::Canonical(*json::Find(containers->get_array()[0], field));
}

TEST(Unions, SwitchingRemovesTheOtherArmForWhoMayOverride) {
  const Merged merged =
      MergeWeb({{WithHttpProbe()},
                {Trait("t", kProbe, R"({"exec":{"command":["true"]}})", Overrides(kProbe))}});
  EXPECT_EQ(ContainerOf(merged, "readinessProbe"),
            R"({"exec":{"command":["true"]},"periodSeconds":5})");
  const auto owners = OwnersOf(merged);
  EXPECT_FALSE(owners.contains(kProbe + "/httpGet/path"));
  EXPECT_EQ(owners.at(kProbe + "/exec/command"), "t");
  EXPECT_EQ(owners.at(kProbe + "/periodSeconds"), "d/app/web");
}

TEST(Unions, SwitchingIsAConflictForWhoMayOnlyAdd) {
  EXPECT_THAT(
      ProblemsOf(MergeWeb(
          {{WithHttpProbe()}, {Trait("t", kProbe, R"({"exec":{"command":["x"]}})", Adds())}})),
      ElementsAre("CONFLICT t: Deployment/web " + kProbe +
                  ": t writes exec where d/app/web wrote httpGet, and may not override it"));
  std::vector<catalog::Write> writes = Adds();
  writes.push_back(Overrides(kProbe + "/exec")[0]);
  EXPECT_THAT(ProblemsOf(MergeWeb({{WithHttpProbe()},
                                   {Trait("t", kProbe, R"({"exec":{"command":["x"]}})", writes)}})),
              ElementsAre(HasSubstr("CONFLICT t")));
}

TEST(Unions, SwitchingTakesThePermissionOfTheArmThatGoes) {
  std::vector<catalog::Write> writes = Adds();
  writes.push_back(Overrides(kProbe + "/httpGet")[0]);
  const Merged merged = MergeWeb(
      {{WithHttpProbe()}, {Trait("t", kProbe, R"({"exec":{"command":["true"]}})", writes)}});
  EXPECT_EQ(ContainerOf(merged, "readinessProbe"),
            R"({"exec":{"command":["true"]},"periodSeconds":5})");
}

TEST(Unions, TheSameArmMergesAndOtherFieldsAreNoArms) {
  const Merged merged = MergeWeb(
      {{WithHttpProbe()},
       {Trait("t", kProbe, R"({"httpGet":{"scheme":"HTTPS"},"timeoutSeconds":2})", Adds())}});
  EXPECT_EQ(
      ContainerOf(merged, "readinessProbe"),
      R"({"httpGet":{"path":"/","port":80,"scheme":"HTTPS"},"periodSeconds":5,"timeoutSeconds":2})");
}

TEST(Unions, TwoArmsInOneStageAreAConflictWhateverTheOrder) {
  const Contribution a = Trait("a", kProbe + "/tcpSocket/port", "80");
  const Contribution b = Trait("b", kProbe + "/exec/command", R"(["x"])");
  for (const auto& stage : {std::vector{a, b}, std::vector{b, a}}) {
    EXPECT_THAT(ProblemsOf(MergeWeb({{WithHttpProbe()}, stage})),
                ElementsAre("CONFLICT b: Deployment/web " + kProbe +
                            ": b writes exec and a writes tcpSocket: only one of them may stand"));
  }
}

TEST(Unions, OneContributionWritesOneArm) {
  EXPECT_THAT(ProblemsOf(MergeWeb({{WithHttpProbe()},
                                   {Trait("t", kProbe, R"({"exec":{},"tcpSocket":{"port":1}})")}})),
              ElementsAre(HasSubstr("BAD_PART t")));
}

TEST(Unions, KeepingTheOldArmAgainstASwitchInTheSameStageIsAConflict) {
  EXPECT_THAT(ProblemsOf(MergeWeb({{WithHttpProbe()},
                                   {Trait("a", kProbe + "/httpGet/port", "80"),
                                    Trait("b", kProbe + "/exec/command", R"(["x"])")}})),
              ElementsAre(HasSubstr("CONFLICT b")));
}

TEST(Unions, AnElementOfAListIsOneToo) {
  const std::string env = std::string(kContainer) + "/env[name=E]";
  const Merged merged =
      MergeWeb({{WithHttpProbe()},
                {Trait("t", env + "/valueFrom/secretKeyRef", R"({"name":"s","key":"k"})")}});
  EXPECT_EQ(ContainerOf(merged, "env"),
            R"([{"name":"E","valueFrom":{"secretKeyRef":{"key":"k","name":"s"}}}])");
  const Contribution base =
      Base(R"({"spec":{"template":{"spec":{"volumes":[{"name":"v","emptyDir":{}}]}}}})");
  const Merged volumes =
      MergeWeb({{base},
                {Trait("t", "/spec/template/spec/volumes[name=v]/persistentVolumeClaim/claimName",
                       R"("c")")}});
  EXPECT_EQ(ValueOf(volumes), R"({"template":{"spec":{"volumes":[)"
                              R"({"name":"v","persistentVolumeClaim":{"claimName":"c"}}]}}})");
}

TEST(Unions, ALaterStageMaySwitchBack) {
  const Merged merged = MergeWeb({{WithHttpProbe()},
                                  {Trait("a", kProbe + "/exec/command", R"(["x"])")},
                                  {Trait("b", kProbe + "/httpGet/port", "81")}});
  EXPECT_EQ(ContainerOf(merged, "readinessProbe"), R"({"httpGet":{"port":81},"periodSeconds":5})");
}

Contribution Steerer(const std::string& owner, const std::string& pointer,
                     std::vector<catalog::Write> writes = {}) {
  writes.push_back({"*", "*", "", catalog::WriteMode::kSteer});
  return {owner, {{kDeployment, pointer, nullptr, Steering::kActions}}, std::move(writes)};
}

TEST(Unions, AnArmThatIsSteeredCountsAsOne) {
  const std::string env = std::string(kContainer) + "/env[name=E]";
  const Contribution from = Trait("u", env + "/valueFrom/x", "1");
  const Contribution steers = Steerer("t", env + "/value");
  for (const auto& stage : {std::vector{from, steers}, std::vector{steers, from}}) {
    EXPECT_THAT(ProblemsOf(MergeWeb({{WithHttpProbe()}, stage})),
                ElementsAre("CONFLICT u: Deployment/web " + env +
                            ": t steers value and u writes valueFrom: only one of them may stand"));
  }
  EXPECT_THAT(ProblemsOf(MergeWeb({{WithHttpProbe()}, {steers}, {from}})),
              ElementsAre("CONFLICT u: Deployment/web " + env +
                          ": u writes valueFrom where t steers value or a leaf of it"));
  // To steer the other arm switches, for who may override the one that is there.
  EXPECT_THAT(ProblemsOf(MergeWeb({{WithHttpProbe()}, {from}, {steers}})),
              ElementsAre("CONFLICT t: Deployment/web " + env +
                          ": t steers value where u wrote valueFrom, and may not override it"));
  const Merged merged =
      MergeWeb({{WithHttpProbe()}, {from}, {Steerer("t", env + "/value", Overrides())}});
  EXPECT_EQ(ContainerOf(merged, "env"), R"([{"name":"E"}])");
  EXPECT_EQ(merged.objects.at(0).steered.at(0).owner, "t");
}

TEST(Unions, AnArmThatIsWrittenWithoutPermissionLeavesTheOtherToTheProblem) {
  EXPECT_THAT(ProblemsOf(MergeWeb(
                  {{WithHttpProbe()},
                   {Trait("t", kProbe + "/httpGet", R"({"port":1})", Adds(kProbe + "/exec")),
                    Trait("u", kProbe + "/exec/command", "[]")}})),
              testing::Contains(HasSubstr("NOT_PERMITTED t")));
}

}  // namespace
}  // namespace weft::merge
