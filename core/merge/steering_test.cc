#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/merge/testing.h"

namespace weft::merge {
namespace {

using catalog::WriteMode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kBase[] = R"({"spec":{"template":{"spec":{"containers":[{"name":"a"}]}}}})";
constexpr char kScaled[] =
    R"({"spec":{"replicas":2,"template":{"spec":{"containers":[{"name":"a"}]}}}})";

// A trait that steers one leaf of the Deployment.
Contribution Steerer(const std::string& owner, const std::string& pointer = "/spec/replicas",
                     Steering by = Steering::kActions,
                     std::vector<catalog::Write> writes = {{"*", "*", "", WriteMode::kSteer}}) {
  return {owner, {{kDeployment, pointer, nullptr, by}}, std::move(writes)};
}

// "POINTER by OWNER, SEED of SEED_OWNER" of every steered leaf of the only object.
std::vector<std::string> SteeredOf(const Merged& merged) {
  if (merged.objects.size() != 1) return ProblemsOf(merged);
  std::vector<std::string> steered;
  for (const SteeredLeaf& leaf : merged.objects[0].steered) {
    steered.push_back(leaf.pointer + " by " + leaf.owner +
                      (leaf.by == Steering::kPlatform ? " on the platform, " : ", ") +
                      json::Canonical(leaf.seed) + " of " + leaf.seed_owner);
  }
  return steered;
}

TEST(Steering, TakesTheLeafOutOfTheObject) {
  const Merged merged = MergeWeb({{Base(kScaled)}, {Steerer("t")}});
  EXPECT_EQ(ValueOf(merged), R"({"template":{"spec":{"containers":[{"name":"a"}]}}})");
  EXPECT_THAT(OwnersOf(merged), testing::Not(testing::Contains(testing::Key("/spec/replicas"))));
  EXPECT_THAT(SteeredOf(merged), ElementsAre("/spec/replicas by t, 2 of d/app/web"));
}

TEST(Steering, StartsAtOneWhereNothingGivesAValue) {
  EXPECT_THAT(SteeredOf(MergeWeb({{Base(kBase)}, {Steerer("t")}})),
              ElementsAre("/spec/replicas by t, 1 of "));
  EXPECT_THAT(
      SteeredOf(MergeWeb({{Base(kBase)}, {Steerer("t", "/spec/replicas", Steering::kPlatform)}})),
      ElementsAre("/spec/replicas by t on the platform, 1 of "));
}

TEST(Steering, StartsAtWhatTheStaticWritersComeTo) {
  for (const bool same_stage : {true, false}) {
    const Contribution scaler = Trait("scaler", "/spec/replicas", "5", Overrides("+scale"));
    const std::vector<std::vector<Contribution>> stages =
        same_stage
            ? std::vector<std::vector<Contribution>>{{Base(kScaled)}, {scaler, Steerer("t")}}
            : std::vector<std::vector<Contribution>>{{Base(kScaled)}, {Steerer("t")}, {scaler}};
    EXPECT_THAT(SteeredOf(MergeWeb(stages)), ElementsAre("/spec/replicas by t, 5 of scaler"));
  }
}

TEST(Steering, DoesNotSettleWhatStaticWritersContradict) {
  EXPECT_THAT(ProblemsOf(MergeWeb(
                  {{Base(kScaled)}, {Steerer("t")}, {Trait("x", "/spec/replicas", "5", Adds())}})),
              ElementsAre("CONFLICT x: Deployment/web /spec/replicas: x writes 5 where d/app/web "
                          "wrote 2, and may not override it"));
}

TEST(Steering, ByTheOneWhoGivesTheValueKeepsThatAsSeed) {
  Contribution base = Base(kScaled);
  base.writes.push_back({"*", "*", "+scale", WriteMode::kSteer});
  base.parts.push_back({kDeployment, "/spec/replicas", nullptr, Steering::kActions});
  EXPECT_THAT(SteeredOf(MergeWeb({{base}})),
              ElementsAre("/spec/replicas by d/app/web, 2 of d/app/web"));
}

TEST(Steering, OfOneLeafByTwoIsAConflict) {
  const char kMessage[] = "CONFLICT u: Deployment/web /spec/replicas: u and t both steer this";
  EXPECT_THAT(ProblemsOf(MergeWeb({{Base(kBase)}, {Steerer("u"), Steerer("t")}})),
              ElementsAre(kMessage));
  EXPECT_THAT(ProblemsOf(MergeWeb({{Base(kBase)}, {Steerer("t")}, {Steerer("u")}})),
              ElementsAre(kMessage));
  Contribution overrides = Steerer("u");
  overrides.writes.push_back(Overrides()[0]);
  EXPECT_THAT(ProblemsOf(MergeWeb({{Base(kBase)}, {Steerer("t")}, {overrides}})),
              ElementsAre(kMessage));
}

TEST(Steering, OfOneLeafTwiceByOneIsFineInOneWayOnly) {
  Contribution twice = Steerer("t");
  twice.parts.push_back(twice.parts[0]);
  EXPECT_THAT(SteeredOf(MergeWeb({{Base(kBase)}, {twice}})),
              ElementsAre("/spec/replicas by t, 1 of "));
  twice.parts[1].steering = Steering::kPlatform;
  EXPECT_THAT(ProblemsOf(MergeWeb({{Base(kBase)}, {twice}})),
              ElementsAre("BAD_PART t: Deployment/web /spec/replicas: t steers this in two ways"));
}

TEST(Steering, OfWhatIsNoLeafIsABadPart) {
  for (const char* pointer :
       {"", "/metadata", "/metadata/name", "/spec", "/spec/template/spec/containers",
        "/spec/template/spec/containers[name=a]", "/spec/template/spec/containers[name=a]/name"}) {
    EXPECT_THAT(ProblemsOf(MergeWeb({{Base(kBase)}, {Steerer("t", pointer)}})),
                ElementsAre(HasSubstr("BAD_PART t: Deployment/web")))
        << pointer;
  }
  // Also if the object comes at the same time.
  EXPECT_THAT(
      ProblemsOf(
          MergeWeb({{Base(kBase)},
                    {Trait("x", "/spec/strategy", R"({"y":1})"), Steerer("t", "/spec/strategy")}})),
      ElementsAre(
          "BAD_PART t: Deployment/web /spec/strategy: is no leaf, so it cannot be steered"));
}

TEST(Steering, LeavesNoPlaceForAnObject) {
  EXPECT_THAT(ProblemsOf(MergeWeb({{Base(kBase)},
                                   {Steerer("t", "/spec/strategy")},
                                   {Trait("x", "/spec/strategy", R"({"y":1})")}})),
              ElementsAre("CONFLICT x: Deployment/web /spec/strategy: x writes an object where t "
                          "steers a leaf"));
}

TEST(Steering, ReachesIntoElementsThatAreThere) {
  const std::string limit = "/spec/template/spec/containers[name=a]/resources/limits/cpu";
  const Merged merged = MergeWeb({{Base(kBase)}, {Steerer("t", limit)}});
  EXPECT_THAT(SteeredOf(merged), ElementsAre(limit + " by t, 1 of "));
  EXPECT_EQ(ValueOf(merged),
            R"({"template":{"spec":{"containers":[{"name":"a","resources":{"limits":{}}}]}}})");
}

TEST(Steering, NeedsItsOwnPermission) {
  const char kDenied[] =
      "NOT_PERMITTED t: Deployment/web /spec/replicas: t steers this without permission";
  for (const auto& writes :
       {Overrides(), Adds("/spec/replicas"), Creates(),
        std::vector<catalog::Write>{{"*", "*", "/spec/x", WriteMode::kSteer}}}) {
    EXPECT_THAT(ProblemsOf(MergeWeb(
                    {{Base(kBase)}, {Steerer("t", "/spec/replicas", Steering::kActions, writes)}})),
                ElementsAre(kDenied));
  }
  for (const char* pointer : {"", "/spec", "/spec/replicas", "+scale"}) {
    EXPECT_THAT(ProblemsOf(MergeWeb({{Base(kBase)},
                                     {Steerer("t", "/spec/replicas", Steering::kActions,
                                              {{"*", "*", pointer, WriteMode::kSteer}})}})),
                IsEmpty())
        << pointer;
  }
}

TEST(Steering, GivesNoRightToWriteValuesNorToCreate) {
  const std::vector<catalog::Write> steer = {{"*", "*", "", WriteMode::kSteer},
                                             {"v1", "Service", "", WriteMode::kSteer}};
  EXPECT_THAT(ProblemsOf(MergeWeb({{Base(kBase)}, {Trait("t", "/spec/replicas", "1", steer)}})),
              ElementsAre(HasSubstr("NOT_PERMITTED t: Deployment/web /spec/replicas")));
  EXPECT_THAT(
      ProblemsOf(MergeWeb(
          {{Base(kBase)}, {{"t", {{kService, "/spec/x", nullptr, Steering::kActions}}, steer}}})),
      ElementsAre(HasSubstr("NOT_PERMITTED t: Service/web")));
}

}  // namespace
}  // namespace weft::merge
