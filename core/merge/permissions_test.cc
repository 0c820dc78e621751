#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/merge/testing.h"

namespace weft::merge {
namespace {

using catalog::WriteMode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const char kBase[] = R"({"spec":{"replicas":1,"template":{"spec":{"containers":[{"name":"a"}]}}}})";

std::vector<std::string> After(const Contribution& trait) {
  return ProblemsOf(MergeWeb({{Base(kBase)}, {trait}}));
}

TEST(Permissions, CoverTheirPlaceAndWhatIsBelow) {
  for (const char* pointer : {"", "/spec", "/spec/strategy", "/spec/strategy/type"}) {
    EXPECT_THAT(After(Trait("t", "/spec/strategy/type", "1", Adds(pointer))), IsEmpty()) << pointer;
  }
  for (const char* pointer :
       {"/spec/strategy/typ", "/spec/strategy/type/x", "/metadata", "/specs"}) {
    EXPECT_THAT(After(Trait("t", "/spec/strategy/type", "1", Adds(pointer))),
                ElementsAre("NOT_PERMITTED t: Deployment/web /spec/strategy/type: t writes here "
                            "without permission"))
        << pointer;
  }
}

TEST(Permissions, AreForOneKind) {
  EXPECT_THAT(After(Trait("t", "/spec/x", "1", {{"apps/v1", "Deployment", "", WriteMode::kAdd}})),
              IsEmpty());
  EXPECT_THAT(After(Trait("t", "/spec/x", "1",
                          {{"apps/v1", "StatefulSet", "", WriteMode::kAdd},
                           {"apps/v2", "Deployment", "", WriteMode::kAdd}})),
              ElementsAre(HasSubstr("NOT_PERMITTED t")));
}

TEST(Permissions, ThatAreSymbolicFollowTheShapeOfTheWorkload) {
  EXPECT_THAT(After(Trait("t", "/spec/replicas", "5", Overrides("+scale"))), IsEmpty());
  EXPECT_THAT(After(Trait("t", "/spec/template/metadata/labels/x", R"("y")", Adds("+podTemplate"))),
              IsEmpty());
  EXPECT_THAT(After(Trait("t", "/spec/paused", "true", Overrides("+scale"))),
              ElementsAre(HasSubstr("NOT_PERMITTED t")));
  Workload without = Web();
  without.shape.scale = "";
  EXPECT_THAT(ProblemsOf(Merge(without,
                               {{Base(kBase)}, {Trait("t", "/spec/x", "5", Overrides("+scale"))}})),
              ElementsAre(HasSubstr("NOT_PERMITTED t")));
  // The scale of the workload says nothing about objects of another kind.
  const Contribution trait = {"t",
                              {{kService, "/spec/replicas", Json("5")}},
                              {{"v1", "Service", "+scale", WriteMode::kOverride}}};
  Contribution base = Base(kBase);
  base.parts.push_back({kService, "", Json("{}")});
  EXPECT_THAT(ProblemsOf(MergeWeb({{base}, {trait}})), ElementsAre(HasSubstr("NOT_PERMITTED t")));
}

TEST(Permissions, ThatCannotBeReadAreAProblemOfTheirOwner) {
  EXPECT_THAT(
      After(Trait("t", "/spec/x", "1", Adds("spec"))),
      ElementsAre("BAD_POINTER t: the permission to write * \"spec\": a pointer is empty or "
                  "begins with '/'"));
}

TEST(Permissions, ToAddAndToCreateChangeNothing) {
  EXPECT_THAT(After(Trait("t", "/spec/replicas", "5", Adds())),
              ElementsAre(HasSubstr("CONFLICT t")));
  EXPECT_THAT(After(Trait("t", "/spec/replicas", "5", Creates())),
              ElementsAre(HasSubstr("CONFLICT t")));
  EXPECT_THAT(After(Trait("t", "/spec/x", "5", Creates())), IsEmpty());
}

TEST(Permissions, ToOverrideHoldOnlyBelowTheirPlace) {
  std::vector<catalog::Write> writes = Adds();
  writes.push_back(Overrides("/spec/template")[0]);
  EXPECT_THAT(After(Trait("t", "/spec/replicas", "5", writes)),
              ElementsAre(HasSubstr("CONFLICT t")));
}

TEST(Permissions, AreNeededEvenForAValueThatIsThereAlready) {
  EXPECT_THAT(After(Trait("t", "/spec/replicas", "1", Adds("/metadata"))),
              ElementsAre(HasSubstr("NOT_PERMITTED t")));
}

TEST(Permissions, AreReportedMissingOnceForAllThatIsBelow) {
  EXPECT_THAT(After(Trait("t", "", R"({"spec":{"replicas":1,"x":{"a":1,"b":[{"c":2}],"d":{}}}})",
                          Adds("/spec/replicas"))),
              ElementsAre(HasSubstr("NOT_PERMITTED t: Deployment/web /spec/x: ")));
}

TEST(Permissions, ForOneElementAreNoneForAnother) {
  const std::string a = "/spec/template/spec/containers[name=a]";
  EXPECT_THAT(After(Trait("t", a + "/image", R"("x")", Adds(a))), IsEmpty());
  EXPECT_THAT(After(Trait("t", "/spec/template/spec/containers", R"([{"name":"b"}])", Adds(a))),
              ElementsAre(HasSubstr("NOT_PERMITTED t: Deployment/web "
                                    "/spec/template/spec/containers[name=b]:")));
}

TEST(Permissions, OnlyWhoMayCreateMakesAnObject) {
  const auto service = [](const std::string& owner, WriteMode mode) {
    return Contribution{owner, {{kService, "/spec/x", Json("1")}}, {{"v1", "Service", "", mode}}};
  };
  const Merged created = MergeWeb({{Base(kBase)}, {service("t", WriteMode::kCreate)}});
  ASSERT_EQ(created.objects.size(), 2u);
  EXPECT_EQ(created.objects[1].leaves, (std::vector<LeafOwner>{{"/spec/x", "t"}}));
  for (WriteMode mode : {WriteMode::kAdd, WriteMode::kOverride}) {
    EXPECT_THAT(ProblemsOf(MergeWeb({{Base(kBase)}, {service("t", mode)}})),
                ElementsAre("NOT_PERMITTED t: Service/web: nothing before t made it, and t may not "
                            "create it"));
  }
  EXPECT_THAT(ProblemsOf(MergeWeb({{{"d/app/web", {{kDeployment, "", Json("{}")}}, Overrides()}}})),
              ElementsAre(HasSubstr("NOT_PERMITTED d/app/web")));
}

TEST(Permissions, AnObjectMadeInTheSameStageIsNotThereYet) {
  const Contribution maker = {"m", {{kService, "", Json("{}")}}, Creates()};
  const Contribution adder = {
      "a", {{kService, "/spec/x", Json("1")}}, {{"v1", "Service", "", WriteMode::kAdd}}};
  for (const auto& stage : {std::vector{maker, adder}, std::vector{adder, maker}}) {
    EXPECT_THAT(ProblemsOf(MergeWeb({{Base(kBase)}, stage})),
                ElementsAre(HasSubstr("NOT_PERMITTED a: Service/web")));
  }
  EXPECT_THAT(MergeWeb({{Base(kBase)}, {maker}, {adder}}).problems, IsEmpty());
}

// Which namespaces are allowed is the policy's.
TEST(Permissions, AreForAKindInAnyNamespace) {
  Contribution base = Base(kBase);
  for (const auto& [said, meant] : {std::pair("other", "other"), {"d", "d"}, {"", "d"}}) {
    base.parts[0].object.name_space = said;
    const Merged merged = MergeWeb({{base}});
    ASSERT_THAT(ProblemsOf(merged), IsEmpty());
    EXPECT_EQ(merged.objects[0].ref.name_space, meant);
    EXPECT_EQ(json::GetString(merged.objects[0].value, {"metadata", "namespace"}), meant);
  }
}

TEST(Identity, OfAClusterScopedKindHasNoNamespace) {
  for (const char* said : {"other", "d", ""}) {
    const Merged merged =
        MergeWeb({{{"d/app/web",
                    {{{"storage.k8s.io/v1", "StorageClass", said, "fast"},
                      "",
                      Json(R"({"provisioner":"x"})")}},
                    {{"storage.k8s.io/v1", "StorageClass", "", WriteMode::kCreate}}}}});
    ASSERT_THAT(ProblemsOf(merged), IsEmpty());
    EXPECT_EQ(merged.objects[0].ref.name_space, "");
    EXPECT_EQ(
        json::Canonical(merged.objects[0].value),
        R"({"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"fast"},)"
        R"("provisioner":"x"})");
  }
}

TEST(Identity, InTheJsonAgreesWithTheReference) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"kind":"Service"})", R"(/kind: is "Service" where only "Deployment" may stand)"},
      {R"({"apiVersion":"v1"})", "/apiVersion: is"},
      {R"({"metadata":{"name":"other"}})", "/metadata/name: is"},
      {R"({"metadata":{"namespace":"other"}})", R"(only "d" may stand)"},
      {R"({"metadata":{"name":{}}})", "/metadata/name: is {}"},
      {R"({"metadata":"x"})", "/metadata: must be an object"},
      {R"(["x"])", "Deployment/web: must be an object"}};
  for (const auto& [text, message] : cases) {
    const Merged merged = MergeWeb({{Base(text)}});
    ASSERT_EQ(merged.problems.size(), 1u) << text;
    EXPECT_EQ(merged.problems[0].code, "BAD_PART");
    EXPECT_THAT(merged.problems[0].message, HasSubstr(message));
  }
  EXPECT_THAT(After(Trait("t", "/metadata/name", R"("other")")),
              ElementsAre(HasSubstr("BAD_PART t")));
}

TEST(Identity, MayBeRepeatedByWhoMayNotWriteThere) {
  EXPECT_THAT(After(Trait("t", "",
                          R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},
                              "spec":{"replicas":7}})",
                          Overrides("+scale"))),
              IsEmpty());
}

TEST(Identity, OfAPartIsComplete) {
  for (const ObjectRef& ref :
       {ObjectRef{"", "Deployment", "", "web"}, ObjectRef{"v1", "", "", "web"},
        ObjectRef{"v1", "Service", "", ""}}) {
    EXPECT_THAT(ProblemsOf(MergeWeb({{{"t", {{ref, "", Json("{}")}}, Creates()}}})),
                ElementsAre(HasSubstr("a part needs an apiVersion, a kind and a name")));
  }
}

TEST(Parts, NestNoDeeperThanJsonMay) {
  const auto nested = [](int depth) {
    return std::string(static_cast<size_t>(depth), '[') +
           std::string(static_cast<size_t>(depth), ']');
  };
  EXPECT_THAT(After(Trait("t", "/spec/x", nested(json::kMaxDepth - 2))), IsEmpty());
  EXPECT_THAT(
      After(Trait("t", "/spec/x", nested(json::kMaxDepth - 1))),
      ElementsAre(HasSubstr("BAD_PART t: Deployment/web /spec/x: is nested deeper than 64")));
}

}  // namespace
}  // namespace weft::merge
