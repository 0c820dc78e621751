#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/merge/testing.h"

namespace weft::merge {
namespace {

using catalog::WriteMode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

const std::string kContainers = "/spec/template/spec/containers";
const std::string kA = kContainers + "[name=a]";
const std::string kB = kContainers + "[name=b]";

// May add and remove, and change nothing that is there.
std::vector<catalog::Write> Removes(const std::string& pointer = "") {
  return {{"*", "*", "", WriteMode::kAdd}, {"*", "*", pointer, WriteMode::kRemove}};
}

Contribution Remove(const std::string& owner, const std::string& pointer,
                    std::vector<catalog::Write> writes = Removes()) {
  return {owner,
          {{.object = kDeployment, .pointer = pointer, .operation = Operation::kRemove}},
          std::move(writes)};
}

Contribution Replace(const std::string& owner, const std::string& pointer, const std::string& text,
                     std::vector<catalog::Write> writes = Removes()) {
  Contribution contribution = Trait(owner, pointer, text, std::move(writes));
  contribution.parts[0].operation = Operation::kReplace;
  return contribution;
}

Contribution Steer(const std::string& owner, const std::string& pointer) {
  return {owner,
          {{kDeployment, pointer, nullptr, Steering::kActions}},
          {{"*", "*", "", WriteMode::kSteer}}};
}

// Both parts in one contribution.
Contribution And(Contribution a, const Contribution& b) {
  a.parts.insert(a.parts.end(), b.parts.begin(), b.parts.end());
  a.writes.insert(a.writes.end(), b.writes.begin(), b.writes.end());
  return a;
}

// A Deployment with `text` as its spec.
Contribution Spec(const std::string& text) { return Base(R"({"spec":)" + text + "}"); }
Contribution Pod(const std::string& text) { return Spec(R"({"template":{"spec":)" + text + "}}"); }

// The problems of one stage after `base`, which do not depend on the order.
std::vector<std::string> Together(const Contribution& base, const Contribution& a,
                                  const Contribution& b) {
  std::vector<std::string> problems = ProblemsOf(MergeWeb({{base}, {a, b}}));
  EXPECT_EQ(ProblemsOf(MergeWeb({{base}, {b, a}})), problems);
  return problems;
}

TEST(Remove, TakesOutWhatStandsThereWithAllBelow) {
  const char kPod[] = R"({"template":{"spec":{"containers":[
      {"name":"a","env":[{"name":"E","value":"1"}],"image":"x"},{"name":"b"}]}},"paused":true})";
  const std::pair<std::string, const char*> cases[] = {
      {"/spec/paused",
       R"({"template":{"spec":{"containers":[{"env":[{"name":"E","value":"1"}],"image":"x","name":"a"},{"name":"b"}]}}})"},
      {kA + "/image",
       R"({"paused":true,"template":{"spec":{"containers":[{"env":[{"name":"E","value":"1"}],"name":"a"},{"name":"b"}]}}})"},
      {kA + "/env[name=E]/value",
       R"({"paused":true,"template":{"spec":{"containers":[{"env":[{"name":"E"}],"image":"x","name":"a"},{"name":"b"}]}}})"},
      {kA, R"({"paused":true,"template":{"spec":{"containers":[{"name":"b"}]}}})"},
      {kContainers, R"({"paused":true})"},
      {"/spec/template", R"({"paused":true})"},
      {"/spec", "nothing"}};
  for (const auto& [pointer, left] : cases) {
    const Merged merged = MergeWeb({{Spec(kPod)}, {Remove("t", pointer)}});
    EXPECT_EQ(ValueOf(merged), left) << pointer;
    for (const auto& [leaf, owner] : OwnersOf(merged)) EXPECT_FALSE(leaf.starts_with(pointer));
  }
}

TEST(Remove, OfWhatIsNotThereIsNoFaultAndMakesNothing) {
  const Contribution base =
      Spec(R"({"replicas":1,"template":{"spec":{"containers":[{"name":"a"}]}}})");
  for (const std::string& pointer :
       {std::string("/spec/paused"), std::string("/spec/replicas/x"), std::string("/x/y"), kB,
        kA + "/image", kA + "/env[name=E]", kB + "/image"}) {
    EXPECT_EQ(ValueOf(MergeWeb({{base}, {Remove("t", pointer)}})), ValueOf(MergeWeb({{base}})))
        << pointer;
    EXPECT_THAT(ProblemsOf(MergeWeb({{base}, {Remove("t", pointer, Adds())}})),
                ElementsAre("NOT_PERMITTED t: Deployment/web " + pointer +
                            ": t removes this without permission"));
  }
  // Nor is the object, also for who may not create it.
  Contribution other = Remove("t", "/spec/x", {{"v1", "Service", "", WriteMode::kRemove}});
  other.parts[0].object = kService;
  const Merged merged = MergeWeb({{base}, {other}, {Trait("u", "/spec/x", "1")}});
  ASSERT_EQ(merged.objects.size(), 1u) << testing::PrintToString(ProblemsOf(merged));
  EXPECT_EQ(merged.objects[0].ref.kind, "Deployment");
}

TEST(Remove, LeavesNothingEmptyThatNobodyWrote) {
  const std::string type = "/spec/strategy/type";
  const Contribution base = Spec(R"({"paused":true,"strategy":{"type":"x"}})");
  EXPECT_EQ(ValueOf(MergeWeb({{base}, {Remove("t", type)}})), R"({"paused":true})");
  const Contribution empty = Spec(R"({"paused":true,"strategy":{}})");
  const Merged stays = MergeWeb({{empty}, {Trait("t", type, R"("x")")}, {Remove("u", type)}});
  EXPECT_EQ(ValueOf(stays), R"({"paused":true,"strategy":{}})");
  EXPECT_EQ(OwnersOf(stays).at("/spec/strategy"), "d/app/web");
  // Also if it was written where something stood, or at the same time.
  const Contribution says = Trait("s", "/spec/strategy", "{}");
  for (const auto& stages :
       {std::vector<std::vector<Contribution>>{{base}, {says}, {Remove("t", type)}},
        {{base}, {says, Remove("t", type)}},
        {{base}, {Remove("t", type), says}}}) {
    const Merged merged = MergeWeb(stages);
    EXPECT_EQ(ValueOf(merged), R"({"paused":true,"strategy":{}})");
    EXPECT_EQ(OwnersOf(merged).at("/spec/strategy"), "s");
  }
  // Who writes something beside it keeps what is around both.
  EXPECT_EQ(ValueOf(MergeWeb({{base}, {Remove("t", type), Trait("u", "/spec/strategy/y", "1")}})),
            R"({"paused":true,"strategy":{"y":1}})");
}

TEST(Remove, OfTheLastElementTakesTheListUnlessSomebodyWroteItEmpty) {
  const Contribution base = Pod(R"({"nodeName":"n","containers":[{"name":"a"}]})");
  EXPECT_EQ(ValueOf(MergeWeb({{base}, {Remove("t", kA)}})),
            R"({"template":{"spec":{"nodeName":"n"}}})");
  const Merged merged =
      MergeWeb({{Pod(R"({"containers":[]})")}, {Trait("t", kA, "{}")}, {Remove("u", kA)}});
  EXPECT_EQ(ValueOf(merged), R"({"template":{"spec":{"containers":[]}}})");
  EXPECT_THAT(OwnersOf(merged), ElementsAre(Pair(kContainers, "d/app/web")));
  // An element goes with the last of it, where nothing says its keys.
  const std::string all = "/spec/template/spec/tolerations[key=,operator=Equal,value=,effect=]";
  EXPECT_EQ(ValueOf(MergeWeb({{Pod(R"({"nodeName":"n","tolerations":[{"tolerationSeconds":1}]})")},
                              {Remove("t", all + "/tolerationSeconds")}})),
            R"({"template":{"spec":{"nodeName":"n"}}})");
}

TEST(Remove, OfWhatNamesAnObjectOrAnElementIsABadPart) {
  const Contribution base = Pod(R"({"containers":[{"name":"a"}]})");
  for (const std::string& pointer :
       {std::string(), std::string("/kind"), std::string("/apiVersion"), std::string("/metadata"),
        std::string("/metadata/name"), std::string("/metadata/namespace"), kA + "/name"}) {
    for (const Contribution& trait :
         {Remove("t", pointer), Replace("t", pointer, pointer.empty() ? "{}" : R"("a")")}) {
      const Merged merged = MergeWeb({{base}, {trait}});
      ASSERT_EQ(merged.problems.size(), 1u) << pointer;
      EXPECT_EQ(merged.problems[0].code, "BAD_PART");
      EXPECT_THAT(merged.problems[0].message, HasSubstr("cannot be removed"));
    }
  }
  for (const std::string& pointer :
       {kContainers + "/0", kContainers + "[image=a]", std::string("x")})
    EXPECT_THAT(ProblemsOf(MergeWeb({{base}, {Remove("t", pointer)}})),
                ElementsAre(HasSubstr("BAD_POINTER t")));
}

TEST(Remove, TakesThePermissionThatCoversThePlace) {
  const Contribution base = Spec(R"({"replicas":1,"strategy":{"type":"x"}})");
  for (const char* pointer : {"", "/spec", "/spec/replicas", "+scale"}) {
    EXPECT_THAT(ProblemsOf(MergeWeb({{base}, {Remove("t", "/spec/replicas", Removes(pointer))}})),
                IsEmpty())
        << pointer;
  }
  for (const auto& writes :
       {Adds(), Overrides(), Creates(), Removes("/spec/replica"), Removes("/spec/replicas/x"),
        std::vector<catalog::Write>{{"*", "*", "", WriteMode::kSteer}}}) {
    EXPECT_THAT(ProblemsOf(MergeWeb({{base}, {Remove("t", "/spec/replicas", writes)}})),
                ElementsAre(HasSubstr("NOT_PERMITTED t: Deployment/web /spec/replicas")));
  }
  EXPECT_THAT(ProblemsOf(MergeWeb({{base}, {Remove("t", "/spec", Removes("/spec/strategy"))}})),
              ElementsAre(HasSubstr("NOT_PERMITTED t: Deployment/web /spec: ")));
}

TEST(Remove, GivesNoRightToWriteNorToCreate) {
  const std::vector<catalog::Write> only = {{"*", "*", "", WriteMode::kRemove},
                                            {"v1", "Service", "", WriteMode::kRemove}};
  const Contribution base = Spec(R"({"replicas":1})");
  EXPECT_THAT(ProblemsOf(MergeWeb({{base}, {Trait("t", "/spec/replicas", "1", only)}})),
              ElementsAre(HasSubstr("NOT_PERMITTED t: Deployment/web /spec/replicas")));
  EXPECT_THAT(ProblemsOf(MergeWeb({{base}, {Replace("t", "/spec/replicas", "2", only)}})),
              ElementsAre("NOT_PERMITTED t: Deployment/web /spec/replicas: t writes here without "
                          "permission"));
  Contribution made = Replace("t", "/spec/x", "2", only);
  made.parts[0].object = kService;
  EXPECT_THAT(ProblemsOf(MergeWeb({{base}, {made}})),
              ElementsAre(HasSubstr("NOT_PERMITTED t: Service/web")));
  EXPECT_THAT(ProblemsOf(MergeWeb({{base}, {Replace("t", "/spec/replicas", "2", Overrides())}})),
              ElementsAre(HasSubstr("t removes this without permission")));
}

TEST(Remove, LeavesThePlaceToLaterStages) {
  const Merged merged = MergeWeb({{Pod(R"({"containers":[{"name":"a"},{"name":"b"}]})")},
                                  {Remove("t", kA)},
                                  {Trait("u", kA + "/image", R"("x")", Adds())}});
  EXPECT_EQ(ValueOf(merged),
            R"({"template":{"spec":{"containers":[{"name":"b"},{"image":"x","name":"a"}]}}})");
  EXPECT_EQ(OwnersOf(merged).at(kA + "/name"), "u");
}

TEST(Replace, PutsTheValueInPlaceOfWhatStoodThere) {
  const Contribution base = Spec(R"({"replicas":1,"strategy":{"type":"x","rolling":{"max":1}},
      "template":{"spec":{"containers":[{"name":"a","image":"x"},{"name":"b"}]}}})");
  const char kRest[] =
      R"("template":{"spec":{"containers":[{"image":"x","name":"a"},{"name":"b"}]}}})";
  const Merged object =
      MergeWeb({{base}, {Replace("t", "/spec/strategy", R"({"type":"x","y":1})")}});
  EXPECT_EQ(ValueOf(object),
            std::string(R"({"replicas":1,"strategy":{"type":"x","y":1},)") + kRest);
  // Also what is as it was belongs to who replaced.
  EXPECT_EQ(OwnersOf(object).at("/spec/strategy/type"), "t");
  EXPECT_EQ(ValueOf(MergeWeb({{base}, {Replace("t", "/spec/strategy", "7")}})),
            std::string(R"({"replicas":1,"strategy":7,)") + kRest);
  EXPECT_EQ(
      ValueOf(MergeWeb({{base}, {Replace("t", "/spec/replicas", R"({"x":{}})")}})),
      std::string(R"({"replicas":{"x":{}},"strategy":{"rolling":{"max":1},"type":"x"},)") + kRest);
  EXPECT_EQ(ValueOf(MergeWeb({{base}, {Replace("t", "/spec/new/x", "1")}}), "spec").substr(0, 14),
            R"({"new":{"x":1})");
}

TEST(Replace, OfAListOrAnElementKeepsItsKeys) {
  const Contribution base = Pod(R"({"containers":[{"name":"a","image":"x"},{"name":"b"}]})");
  const Merged list = MergeWeb(
      {{base}, {Replace("t", kContainers, R"([{"name":"c"},{"name":"b"},{"name":"d"}])")}});
  EXPECT_EQ(ValueOf(list),
            R"({"template":{"spec":{"containers":[{"name":"c"},{"name":"b"},{"name":"d"}]}}})");
  EXPECT_EQ(OwnersOf(list).at(kB + "/name"), "t");
  const Merged element = MergeWeb({{base}, {Replace("t", kA, R"({"tty":true})")}});
  EXPECT_EQ(ValueOf(element),
            R"({"template":{"spec":{"containers":[{"name":"a","tty":true},{"name":"b"}]}}})");
  EXPECT_EQ(OwnersOf(element).at(kA + "/name"), "t");
  EXPECT_THAT(ProblemsOf(MergeWeb({{base}, {Replace("t", kA, R"({"name":"c"})")}})),
              ElementsAre(HasSubstr("BAD_PART t")));
  EXPECT_EQ(ValueOf(MergeWeb({{base}, {Replace("t", kContainers, "[]")}})),
            R"({"template":{"spec":{"containers":[]}}})");
}

TEST(Together, WhatOneRemovesNobodyElseWritesOrSteers) {
  const Contribution base = Spec(R"({"strategy":{"type":"x"},"replicas":1})");
  EXPECT_THAT(Together(base, Remove("a", "/spec/strategy"), Trait("b", "/spec/strategy/y", "1")),
              ElementsAre("CONFLICT b: Deployment/web /spec/strategy: a removes this and b writes "
                          "/spec/strategy/y at the same time"));
  EXPECT_THAT(Together(base, Remove("b", "/spec/replicas"), Trait("a", "/spec/replicas", "1")),
              ElementsAre("CONFLICT b: Deployment/web /spec/replicas: b removes this and a writes "
                          "/spec/replicas at the same time"));
  EXPECT_THAT(Together(base, Remove("a", "/spec/replicas"), Steer("b", "/spec/replicas")),
              ElementsAre("CONFLICT b: Deployment/web /spec/replicas: a removes this and b steers "
                          "/spec/replicas at the same time"));
  EXPECT_THAT(
      Together(base, Replace("a", "/spec/strategy", R"({"y":1})"),
               Trait("b", "/spec/strategy/y", "1")),
      ElementsAre(R"(CONFLICT b: Deployment/web /spec/strategy: a replaces this by {"y":1} )"
                  "and b writes /spec/strategy/y at the same time"));
  // Whether it was there or not.
  EXPECT_THAT(Together(base, Remove("a", "/spec/x"), Trait("b", "/spec/x/y", "1")),
              ElementsAre(HasSubstr("a removes this and b writes /spec/x/y")));
  // Each is said once, and no leaf above or beside it is meant.
  EXPECT_THAT(Together(base, Remove("a", "/spec/x"), Trait("b", "/spec/x", R"({"y":1,"z":2})")),
              testing::SizeIs(1));
  EXPECT_THAT(Together(base, Remove("a", "/spec/strategy"), Trait("b", "/spec", R"({"x":1})")),
              IsEmpty());
}

TEST(Together, ThoseWhoRemoveOrReplaceTheSameAgree) {
  const Contribution base = Spec(R"({"strategy":{"type":"x","y":1},"replicas":1})");
  EXPECT_EQ(ValueOf(MergeWeb({{base},
                              {Remove("a", "/spec/strategy"), Remove("b", "/spec/strategy"),
                               Remove("c", "/spec/strategy/y")}})),
            R"({"replicas":1})");
  for (const char* first : {"a", "c"}) {
    const Merged merged = MergeWeb({{base},
                                    {Replace("b", "/spec/strategy", R"({"z":1.0})"),
                                     Replace(first, "/spec/strategy", R"({"z":1})")}});
    EXPECT_EQ(ValueOf(merged), R"({"replicas":1,"strategy":{"z":1}})");
    EXPECT_EQ(OwnersOf(merged).at("/spec/strategy/z"), first == std::string("a") ? "a" : "b");
  }
}

TEST(Together, ThoseWhoDifferAreInConflict) {
  const Contribution base = Spec(R"({"strategy":{"type":"x"},"replicas":1})");
  EXPECT_THAT(
      Together(base, Replace("a", "/spec/replicas", "2"), Replace("b", "/spec/replicas", "3")),
      ElementsAre("CONFLICT b: Deployment/web /spec/replicas: b replaces this by 3 and a "
                  "replaces this by 2 at the same time"));
  // Even where no leaf of the one is a leaf of the other.
  EXPECT_THAT(Together(base, Replace("a", "/spec/strategy", R"({"y":1})"),
                       Replace("b", "/spec/strategy", R"({"z":1})")),
              ElementsAre(HasSubstr("CONFLICT b")));
  EXPECT_THAT(
      Together(base, Replace("a", "/spec/replicas", "2"), Remove("b", "/spec/replicas")),
      ElementsAre("CONFLICT b: Deployment/web /spec/replicas: b removes this and a replaces "
                  "this by 2 at the same time"));
  // Nothing is removed or replaced within what is replaced, whatever it is replaced by.
  for (const Contribution& inner :
       {Remove("a", "/spec/strategy/type"), Replace("a", "/spec/strategy/type", R"("z")")}) {
    EXPECT_THAT(
        Together(base, Replace("b", "/spec/strategy", R"({"y":1})"), inner),
        ElementsAre(HasSubstr("CONFLICT b: Deployment/web /spec/strategy: b replaces this")));
    EXPECT_THAT(
        ProblemsOf(MergeWeb({{base}, {And(Replace("a", "/spec/strategy", R"({"y":1})"), inner)}})),
        ElementsAre(HasSubstr("BAD_PART a: Deployment/web /spec/strategy: a replaces this")));
  }
  EXPECT_THAT(
      Together(base, Remove("b", "/spec/strategy"), Replace("a", "/spec/strategy/type", R"("z")")),
      ElementsAre(HasSubstr("CONFLICT b")));
}

TEST(Together, OneContributionDoesNotWriteWhatItRemoves) {
  const Contribution base = Spec(R"({"strategy":{"type":"x"},"replicas":1})");
  const Contribution cases[] = {
      And(Remove("t", "/spec/replicas"), Trait("t", "/spec/replicas", "2")),
      And(Remove("t", "/spec/strategy"), Trait("t", "/spec/strategy/type", R"("y")")),
      And(Remove("t", "/spec/replicas"), Steer("t", "/spec/replicas")),
      And(Remove("t", "/spec/replicas"), Replace("t", "/spec/replicas", "2")),
      And(Replace("t", "/spec/replicas", "3"), Replace("t", "/spec/replicas", "2")),
      And(Replace("t", "/spec/strategy", R"({"y":1})"), Trait("t", "/spec/strategy/z", "1")),
      And(Replace("t", "/spec/strategy", R"({"y":1})"), Steer("t", "/spec/strategy/z"))};
  for (Contribution trait : cases) {
    const std::vector<std::string> problems = ProblemsOf(MergeWeb({{base}, {trait}}));
    EXPECT_THAT(problems, ElementsAre(HasSubstr("BAD_PART t: Deployment/web /spec/")));
    std::ranges::reverse(trait.parts);
    EXPECT_THAT(ProblemsOf(MergeWeb({{base}, {trait}})), testing::SizeIs(1));
  }
  Contribution twice = And(Remove("t", "/spec/replicas"), Remove("t", "/spec/replicas"));
  EXPECT_THAT(ProblemsOf(MergeWeb({{base}, {twice}})), IsEmpty());
}

TEST(Remove, OfWhatIsSteeredIsAConflict) {
  const Contribution base = Spec(R"({"replicas":1,"paused":true})");
  const Contribution steers = Steer("s", "/spec/replicas");
  EXPECT_THAT(
      ProblemsOf(MergeWeb({{base}, {steers}, {Remove("t", "/spec/replicas")}})),
      ElementsAre("CONFLICT t: Deployment/web /spec/replicas: t removes this where s steers "
                  "/spec/replicas"));
  for (const char* spec : {R"({"replicas":1,"paused":true})", R"({"paused":true})"}) {
    for (const Contribution& trait :
         {Remove("a", "/spec"), Replace("a", "/spec", R"({"replicas":1})")}) {
      EXPECT_THAT(ProblemsOf(MergeWeb({{Spec(spec)}, {steers}, {trait}})),
                  ElementsAre(HasSubstr("where s steers /spec/replicas")));
    }
  }
  EXPECT_THAT(ProblemsOf(MergeWeb({{base}, {steers}, {Remove("t", "/spec/paused")}})), IsEmpty());
}

TEST(Replace, MaySteerALeafOfTheNewValue) {
  const Merged merged =
      MergeWeb({{Spec(R"({"a":{"x":1}})")},
                {And(Replace("t", "/spec/a", R"({"x":2,"y":3})"), Steer("t", "/spec/a/x"))}});
  EXPECT_EQ(ValueOf(merged), R"({"a":{"y":3}})");
  EXPECT_EQ(json::Canonical(merged.objects[0].steered.at(0).seed), "2");
}

TEST(Remove, OfAnArmMakesPlaceForAnother) {
  const std::string probe = kA + "/readinessProbe";
  const Contribution base = Pod(
      R"({"containers":[{"name":"a","readinessProbe":{"httpGet":{"port":80},"periodSeconds":5}}]})");
  const Contribution exec = Trait("t", probe + "/exec/command", R"(["x"])", Adds());
  const char kExec[] =
      R"({"template":{"spec":{"containers":[{"name":"a","readinessProbe":{"exec":{"command":["x"]},"periodSeconds":5}}]}}})";
  EXPECT_EQ(ValueOf(MergeWeb({{base}, {And(Remove("t", probe + "/httpGet"), exec)}})), kExec);
  EXPECT_EQ(ValueOf(MergeWeb({{base}, {exec, Remove("u", probe + "/httpGet")}})), kExec);
  EXPECT_THAT(ProblemsOf(MergeWeb({{base}, {Replace("t", probe + "/exec", "{}")}})),
              ElementsAre(HasSubstr("t writes exec where d/app/web wrote httpGet")));
  EXPECT_EQ(ValueOf(MergeWeb({{base}, {Replace("t", probe, R"({"exec":{}})")}})),
            R"({"template":{"spec":{"containers":[{"name":"a","readinessProbe":{"exec":{}}}]}}})");
}

TEST(Remove, LeavesStampingAsItWas) {
  Merged merged =
      MergeWeb({{Base(R"({"metadata":{"labels":{"a":"b"}},"spec":{"template":{
      "metadata":{"labels":{"a":"b"}},"spec":{"nodeName":"n"}}}})")},
                {And(Remove("t", "/metadata/labels"), Remove("t", "/spec/template/metadata"))}});
  ASSERT_EQ(merged.objects.size(), 1u) << testing::PrintToString(ProblemsOf(merged));
  Stamp(Web(), {{"x", "1"}}, {}, merged.objects[0]);
  EXPECT_EQ(ValueOf(merged, "metadata"), R"({"labels":{"x":"1"},"name":"web","namespace":"d"})");
  EXPECT_EQ(ValueOf(merged),
            R"({"template":{"metadata":{"labels":{"x":"1"}},"spec":{"nodeName":"n"}}})");
}

}  // namespace
}  // namespace weft::merge
