#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/merge/testing.h"

namespace weft::merge {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(Leaves, OfTheWorkloadAreItsOwnAndTheIdentityIsNobodys) {
  const Merged merged = MergeWeb({{Base(R"({"apiVersion":"apps/v1","kind":"Deployment",
      "metadata":{"name":"web","namespace":"d","annotations":{"a/b":"1"}},
      "spec":{"paused":false,"args":["x",{"y":1}]}})")}});
  ASSERT_EQ(merged.objects.size(), 1u) << testing::PrintToString(ProblemsOf(merged));
  EXPECT_EQ(merged.objects[0].ref, (ObjectRef{"apps/v1", "Deployment", "d", "web"}));
  EXPECT_EQ(json::Canonical(merged.objects[0].value),
            R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"annotations":{"a/b":"1"},)"
            R"("name":"web","namespace":"d"},"spec":{"args":["x",{"y":1}],"paused":false}})");
  EXPECT_THAT(OwnersOf(merged),
              ElementsAre(Pair("/metadata/annotations/a~1b", "d/app/web"),
                          Pair("/spec/args", "d/app/web"), Pair("/spec/paused", "d/app/web")));
}

TEST(Leaves, AreListedByPointer) {
  const Merged merged = MergeWeb({{Base(R"({"spec":{"a":{"z":1},"a-b":2,"a/c":3,"B":4}})")}});
  ASSERT_EQ(merged.objects.size(), 1u);
  EXPECT_TRUE(std::ranges::is_sorted(merged.objects[0].leaves, {}, &LeafOwner::pointer));
  EXPECT_EQ(merged.objects[0].leaves.size(), 4u);
}

TEST(Leaves, AnObjectWithNothingButItsIdentityHasNone) {
  for (const char* text : {"{}", R"({"metadata":{}})", R"({"metadata":{"name":"web"}})"}) {
    const Merged merged = MergeWeb({{Base(text)}});
    ASSERT_EQ(merged.objects.size(), 1u) << text;
    EXPECT_TRUE(merged.objects[0].leaves.empty()) << text;
    EXPECT_EQ(ValueOf(merged, "metadata"), R"({"name":"web","namespace":"d"})");
  }
}

TEST(Leaves, AddedByATraitAreTheTraits) {
  const Merged merged = MergeWeb(
      {{Base(R"({"spec":{"paused":true}})")},
       {Trait("d/app/web/t#0", "/spec/strategy/type", R"("Recreate")", Adds("/spec/strategy"))}});
  EXPECT_EQ(ValueOf(merged), R"({"paused":true,"strategy":{"type":"Recreate"}})");
  EXPECT_THAT(OwnersOf(merged), ElementsAre(Pair("/spec/paused", "d/app/web"),
                                            Pair("/spec/strategy/type", "d/app/web/t#0")));
}

TEST(Leaves, OfEqualValueAgreeAndStayTheFirstOwners) {
  const Merged merged =
      MergeWeb({{Base(R"({"spec":{"replicas":3,"ratio":2.0}})")},
                {Trait("d/app/web/t#0", "/spec", R"({"replicas":3,"ratio":2})", Adds())}});
  EXPECT_EQ(ValueOf(merged), R"({"ratio":2,"replicas":3})");
  EXPECT_THAT(OwnersOf(merged),
              ElementsAre(Pair("/spec/ratio", "d/app/web"), Pair("/spec/replicas", "d/app/web")));
}

TEST(Leaves, OfTwoOwnersWithDifferentValuesAreAConflictThatNamesAll) {
  const Merged merged = MergeWeb({{Base(R"({"spec":{"replicas":2}})")},
                                  {Trait("d/app/web/t#0", "/spec/replicas", "3", Adds())}});
  EXPECT_THAT(ProblemsOf(merged),
              ElementsAre("CONFLICT d/app/web/t#0: Deployment/web /spec/replicas: d/app/web/t#0 "
                          "writes 3 where d/app/web wrote 2, and may not override it"));
  EXPECT_TRUE(merged.objects.empty());
  EXPECT_EQ(merged.problems[0].pointer, "/spec/replicas");
  EXPECT_EQ(merged.problems[0].object, (ObjectRef{"apps/v1", "Deployment", "d", "web"}));
}

TEST(Leaves, AreChangedByWhoMayOverrideAndThenTheirs) {
  const Merged merged =
      MergeWeb({{Base(R"({"spec":{"replicas":2}})")},
                {Trait("d/app/web/t#0", "/spec/replicas", "3", Overrides("+scale"))}});
  EXPECT_EQ(ValueOf(merged), R"({"replicas":3})");
  EXPECT_THAT(OwnersOf(merged), ElementsAre(Pair("/spec/replicas", "d/app/web/t#0")));
}

TEST(Leaves, OfOneStageConflictEvenIfBothMayOverride) {
  const Contribution a = Trait("a", "/spec/replicas", "3");
  const Contribution b = Trait("b", "/spec/replicas", "4");
  for (const auto& stage : {std::vector{a, b}, std::vector{b, a}}) {
    EXPECT_THAT(
        ProblemsOf(MergeWeb({{Base(R"({"spec":{"replicas":2}})")}, stage})),
        ElementsAre("CONFLICT b: Deployment/web /spec/replicas: b writes 4 and a writes 3 at "
                    "the same time"));
  }
}

TEST(Leaves, OfALaterStageAreJudgedOnWhatTheStageBeforeLeft) {
  const Merged merged = MergeWeb({{Base(R"({"spec":{"replicas":2}})")},
                                  {Trait("a", "/spec/replicas", "3")},
                                  {Trait("b", "/spec/replicas", "2", Adds())}});
  EXPECT_THAT(ProblemsOf(merged), ElementsAre(testing::HasSubstr("b writes 2 where a wrote 3")));
}

TEST(Leaves, OfOneStageThatAgreeBelongToTheFirstKey) {
  const Contribution a = Trait("a", "/spec/replicas", "3");
  const Contribution b = Trait("b", "/spec/replicas", "3");
  for (const auto& stage : {std::vector{a, b}, std::vector{b, a}}) {
    const Merged merged = MergeWeb({{Base(R"({"spec":{"replicas":2}})")}, stage});
    EXPECT_THAT(OwnersOf(merged), ElementsAre(Pair("/spec/replicas", "a")));
  }
}

TEST(Leaves, OneContributionMayNotContradictItself) {
  Contribution base = Base(R"({"spec":{"replicas":2}})");
  base.parts.push_back({kDeployment, "/spec/replicas", Json("3")});
  EXPECT_THAT(
      ProblemsOf(MergeWeb({{base}})),
      ElementsAre("BAD_PART d/app/web: Deployment/web /spec/replicas: d/app/web writes both "
                  "2 and 3"));
  base.parts.back().value = Json("2");
  EXPECT_EQ(ValueOf(MergeWeb({{base}})), R"({"replicas":2})");
}

TEST(Leaves, DoNotStandWhereAnObjectStandsWhoeverMayOverride) {
  const std::string object = R"({"spec":{"strategy":{"type":"Recreate"}}})";
  const std::string leaf = R"({"spec":{"strategy":"Recreate"}})";
  EXPECT_THAT(ProblemsOf(MergeWeb({{Base(object)}, {Trait("t", "", leaf)}})),
              ElementsAre("CONFLICT t: Deployment/web /spec/strategy: t writes \"Recreate\" where "
                          "d/app/web wrote an object"));
  EXPECT_THAT(ProblemsOf(MergeWeb({{Base(leaf)}, {Trait("t", "", object)}})),
              ElementsAre("CONFLICT t: Deployment/web /spec/strategy: t writes an object where "
                          "d/app/web wrote \"Recreate\""));
  for (const auto& [a, b] : {std::pair(object, leaf), std::pair(leaf, object)}) {
    EXPECT_THAT(
        ProblemsOf(MergeWeb({{Base("{}")}, {Trait("a", "", a), Trait("b", "", b)}})),
        ElementsAre(testing::HasSubstr("CONFLICT b: Deployment/web /spec/strategy: b writes")));
  }
}

TEST(Leaves, AnEmptyObjectIsOneUntilSomethingStandsInIt) {
  const Contribution base = Base(R"({"spec":{"strategy":{}}})");
  EXPECT_THAT(OwnersOf(MergeWeb({{base}})), ElementsAre(Pair("/spec/strategy", "d/app/web")));
  const Contribution fills = Trait("t", "/spec/strategy/type", R"("x")", Adds("/spec/strategy"));
  const Merged merged = MergeWeb({{base}, {fills}, {Trait("u", "/spec/strategy", "{}", Adds())}});
  EXPECT_EQ(ValueOf(merged), R"({"strategy":{"type":"x"}})");
  EXPECT_THAT(OwnersOf(merged), ElementsAre(Pair("/spec/strategy/type", "t")));
  EXPECT_THAT(ProblemsOf(MergeWeb({{base}, {Trait("t", "/spec/strategy", "1")}})),
              ElementsAre(testing::HasSubstr("t writes 1 where d/app/web wrote an object")));
}

TEST(Leaves, ListsOfOtherThingsAndOfUnknownKindsMergeOnlyIfEqual) {
  const Contribution base = Base(R"({"spec":{"template":{"spec":{"containers":[
      {"name":"main","args":["a","b"]}]}}}})");
  const std::string args = "/spec/template/spec/containers[name=main]/args";
  EXPECT_THAT(MergeWeb({{base}, {Trait("t", args, R"(["a","b"])", Adds())}}).problems,
              testing::IsEmpty());
  EXPECT_THAT(ProblemsOf(MergeWeb({{base}, {Trait("t", args, R"(["a"])", Adds())}})),
              ElementsAre(testing::HasSubstr(R"(t writes ["a"] where d/app/web wrote ["a","b"])")));
  const ObjectRef farm = {"example.org/v1", "Farm", "", "web"};
  const Contribution whole = {
      "d/app/web", {{farm, "", Json(R"({"spec":{"containers":[{"name":"a"}]}})")}}, Creates()};
  EXPECT_THAT(OwnersOf(MergeWeb({{whole}})), ElementsAre(Pair("/spec/containers", "d/app/web")));
}

TEST(Leaves, LongValuesAreCutInMessagesAtWholeCharacters) {
  std::string letters;
  for (int i = 0; i < 100; ++i) letters += "\xC3\xA9";
  const Merged merged = MergeWeb(
      {{Base(R"({"spec":{"x":"1"}})")}, {Trait("t", "/spec/x", '"' + letters + '"', Adds())}});
  ASSERT_EQ(merged.problems.size(), 1u);
  EXPECT_THAT(merged.problems[0].message, testing::HasSubstr("\xC3\xA9... where"));
  EXPECT_LT(merged.problems[0].message.size(), 250u);
}

TEST(Leaves, TwoObjectsOfTheSameNameButAnotherKindDoNotMeet) {
  Contribution base = Base(R"({"spec":{"x":1}})");
  base.parts.push_back({kService, "", Json(R"({"spec":{"x":2}})")});
  const Merged merged = MergeWeb({{base}});
  ASSERT_EQ(merged.objects.size(), 2u);
  EXPECT_EQ(merged.objects[0].ref.kind, "Deployment");
  EXPECT_EQ(json::GetInt(merged.objects[1].value, {"spec", "x"}), 2);
}

}  // namespace
}  // namespace weft::merge
