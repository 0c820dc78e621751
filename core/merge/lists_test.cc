#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/merge/testing.h"

namespace weft::merge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

constexpr char kContainers[] = "/spec/template/spec/containers";

// A Deployment whose pod spec is `text`.
Contribution Pod(const std::string& text) {
  return Base(R"({"spec":{"template":{"spec":)" + text + "}}}");
}

std::string PodOf(const Merged& merged) {
  if (!merged.problems.empty()) return testing::PrintToString(ProblemsOf(merged));
  return json::Canonical(*json::FindPath(merged.objects[0].value, {"spec", "template", "spec"}));
}

TEST(Lists, OfObjectsMergeByTheirKeys) {
  const Merged merged =
      MergeWeb({{Pod(R"({"containers":[{"name":"a","image":"x","env":[{"name":"A","value":"1"}]},
                              {"name":"b","image":"y"}]})")},
                {Trait("t", "/spec/template/spec",
                       R"({"containers":[{"name":"b","env":[{"name":"B","value":"2"}]},
                                {"name":"a","env":[{"name":"C","value":"3"}]}]})",
                       Adds("+podTemplate"))}});
  EXPECT_EQ(
      PodOf(merged),
      R"({"containers":[{"env":[{"name":"A","value":"1"},{"name":"C","value":"3"}],)"
      R"("image":"x","name":"a"},{"env":[{"name":"B","value":"2"}],"image":"y","name":"b"}]})");
  EXPECT_THAT(OwnersOf(merged),
              testing::IsSupersetOf(
                  {Pair(std::string(kContainers) + "[name=a]/name", "d/app/web"),
                   Pair(std::string(kContainers) + "[name=a]/env[name=A]/value", "d/app/web"),
                   Pair(std::string(kContainers) + "[name=a]/env[name=C]/value", "t")}));
}

TEST(Lists, KeepTheWorkloadsOrderThenThatOfTheContributions) {
  const auto volumes = [](const std::string& owner, const std::string& text) {
    return Trait(owner, "/spec/template/spec/volumes", text, Adds());
  };
  const Contribution base = Pod(R"({"volumes":[{"name":"z"},{"name":"y"}]})");
  const Contribution a = volumes("a", R"([{"name":"m"},{"name":"y"}])");
  const Contribution b = volumes("b", R"([{"name":"c"},{"name":"m"}])");
  EXPECT_EQ(PodOf(MergeWeb({{base}, {a, b}})),
            R"({"volumes":[{"name":"z"},{"name":"y"},{"name":"m"},{"name":"c"}]})");
  EXPECT_EQ(PodOf(MergeWeb({{base}, {b, a}})),
            R"({"volumes":[{"name":"z"},{"name":"y"},{"name":"c"},{"name":"m"}]})");
}

TEST(Lists, AnAbsentKeyMeansItsDefault) {
  const Contribution base = Pod(R"({"containers":[{"name":"a","ports":[{"containerPort":80}]}]})");
  const Merged merged = MergeWeb({{base},
                                  {Trait("t", kContainers, R"([{"name":"a","ports":[
            {"containerPort":80,"protocol":"TCP","name":"http"},
            {"containerPort":80,"protocol":"UDP","name":"quic"}]}])",
                                         Adds())}});
  EXPECT_EQ(PodOf(merged), R"({"containers":[{"name":"a","ports":[)"
                           R"({"containerPort":80,"name":"http","protocol":"TCP"},)"
                           R"({"containerPort":80,"name":"quic","protocol":"UDP"}]}]})");
}

TEST(Lists, APointerNamesAnElement) {
  const Merged merged =
      MergeWeb({{Pod(R"({"containers":[{"name":"a","image":"x"},{"name":"b","image":"y"}]})")},
                {Trait("t", std::string(kContainers) + "[name=b]/image", R"("z")",
                       Overrides(std::string(kContainers) + "[name=b]/image"))}});
  EXPECT_EQ(PodOf(merged), R"({"containers":[{"image":"x","name":"a"},{"image":"z","name":"b"}]})");
}

TEST(Lists, APointerToANewElementGivesItsKeys) {
  const Contribution base = Pod(R"({"containers":[{"name":"a"}]})");
  const std::string ports = std::string(kContainers) + "[name=a]/ports";
  const Merged merged =
      MergeWeb({{base},
                {Trait("t", ports + "[containerPort=80,protocol=TCP]/name", R"("http")", Adds()),
                 Trait("u", ports + "[containerPort=53,protocol=UDP]", "{}", Adds())}});
  EXPECT_EQ(PodOf(merged),
            R"({"containers":[{"name":"a","ports":[{"containerPort":80,"name":"http"},)"
            R"({"containerPort":53,"protocol":"UDP"}]}]})");
  EXPECT_EQ(OwnersOf(merged)[ports + "[containerPort=80,protocol=TCP]/containerPort"], "t");
}

TEST(Lists, APartialPermissionDoesNotMakeElements) {
  const std::string image = std::string(kContainers) + "[name=b]/image";
  const Contribution trait = Trait("t", image, R"("z")", Overrides(image));
  EXPECT_THAT(ProblemsOf(MergeWeb({{Pod(R"({"containers":[{"name":"a"}]})")}, {trait}})),
              ElementsAre(HasSubstr("NOT_PERMITTED t: Deployment/web " + std::string(kContainers) +
                                    "[name=b]/name")));
}

TEST(Lists, APointerMustSayWhichElementByAllKeys) {
  const Contribution base = Pod(R"({"containers":[{"name":"a","args":["x"]}]})");
  const std::string list = kContainers;
  const std::pair<std::string, const char*> cases[] = {
      {list + "/0/image", "is a list: which element is said as [name=]"},
      {list + "[image=x]/name", "its elements are named as [name=]"},
      {list + "[name=a]/ports[containerPort=80]/name", "named as [containerPort=,protocol=]"},
      {list + "[name=a]/ports[protocol=TCP,containerPort=80]", "named as [containerPort="},
      {list + "[name=a]/ports[containerPort=x,protocol=TCP]/name", "containerPort is an integer"},
      {list + "[name=a]/ports[containerPort=080,protocol=TCP]/name", "containerPort is an integer"},
      {list + "[name=a]/name/x", "nothing stands below it"},
      {list + "[name=a]/args[name=x]", "is not known as a list whose elements have keys"},
      {"/spec/foo[name=x]", "is not known as a list"},
      {"spec", "begins with '/'"},
      {"/metadata/name/x", "nothing stands below it"}};
  for (const auto& [pointer, message] : cases) {
    const Merged merged = MergeWeb({{base}, {Trait("t", pointer, "{}")}});
    ASSERT_EQ(merged.problems.size(), 1u) << pointer;
    EXPECT_EQ(merged.problems[0].code, "BAD_POINTER") << pointer;
    EXPECT_THAT(merged.problems[0].message, HasSubstr(message));
  }
}

TEST(Lists, RefuseElementsThatCannotBeToldApart) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"containers":[{"image":"x"}]})", "containers: an element has no name"},
      {R"({"containers":["x"]})", "containers: every element is an object with [name=]"},
      {R"({"containers":[{"name":{}}]})", "name of an element is neither a string nor an integer"},
      {R"({"containers":[{"name":"a"},{"name":"a"}]})", "[name=a]: stands twice in the list"},
      {R"({"containers":{"name":"a"}})", "containers: must be a list"},
      {R"({"containers":7})", "containers: must be a list"}};
  for (const auto& [text, message] : cases) {
    const Merged merged = MergeWeb({{Pod(text)}});
    ASSERT_EQ(merged.problems.size(), 1u) << text;
    EXPECT_EQ(merged.problems[0].code, "BAD_PART") << text;
    EXPECT_THAT(merged.problems[0].message, HasSubstr(message));
  }
}

TEST(Lists, AnElementKeepsItsKeys) {
  const Contribution base = Pod(R"({"containers":[{"name":"a"}]})");
  const std::string element = std::string(kContainers) + "[name=a]";
  for (const auto& [pointer, text] :
       {std::pair(element, R"({"name":"b"})"), std::pair(element + "/name", R"("b")"),
        std::pair(element + "/name", R"({})")}) {
    const Merged merged = MergeWeb({{base}, {Trait("t", pointer, text)}});
    ASSERT_EQ(merged.problems.size(), 1u) << pointer;
    EXPECT_EQ(merged.problems[0].code, "BAD_PART");
    EXPECT_THAT(merged.problems[0].message, HasSubstr("where only \"a\" may stand"));
  }
  EXPECT_THAT(MergeWeb({{base}, {Trait("t", element, R"({"name":"a"})")}}).problems, IsEmpty());
  EXPECT_THAT(ProblemsOf(MergeWeb({{base}, {Trait("t", element, "1")}})),
              ElementsAre(HasSubstr("must be an object")));
}

TEST(Lists, EmptyOnesAreLeavesUntilSomethingStandsInThem) {
  const Contribution base = Pod(R"({"volumes":[]})");
  EXPECT_THAT(OwnersOf(MergeWeb({{base}})),
              ElementsAre(Pair("/spec/template/spec/volumes", "d/app/web")));
  const Merged merged =
      MergeWeb({{base}, {Trait("t", "/spec/template/spec/volumes", R"([{"name":"v"}])", Adds())}});
  EXPECT_EQ(PodOf(merged), R"({"volumes":[{"name":"v"}]})");
}

TEST(Lists, TolerationsAreASet) {
  const Contribution base = Pod(R"({"tolerations":[{"key":"gpu","operator":"Exists"},{}]})");
  const Merged merged = MergeWeb(
      {{base},
       {Trait("t", "/spec/template/spec/tolerations",
              R"([{"key":"gpu","operator":"Exists"},{"key":"gpu","value":"a100"},{}])", Adds())}});
  EXPECT_EQ(
      PodOf(merged),
      R"({"tolerations":[{"key":"gpu","operator":"Exists"},{},{"key":"gpu","value":"a100"}]})");
}

TEST(Lists, OfIngressesMergeByHostAndByPath) {
  const ObjectRef ingress = {"networking.k8s.io/v1", "Ingress", "", "web"};
  const auto rules = [&](const std::string& owner, const std::string& text) {
    return Contribution{owner, {{ingress, "/spec/rules", Json(text)}}, Creates()};
  };
  const Merged merged = MergeWeb(
      {{rules("d/app/web", R"([{"host":"a","http":{"paths":[{"path":"/","pathType":"Prefix"}]}},
                               {"http":{"paths":[]}}])")},
       {rules("t", R"([{"host":"a","http":{"paths":[{"path":"/","pathType":"Exact"}]}}])")}});
  EXPECT_EQ(ValueOf(merged),
            R"({"rules":[{"host":"a","http":{"paths":[)"
            R"({"path":"/","pathType":"Prefix"},{"path":"/","pathType":"Exact"}]}},)"
            R"({"http":{"paths":[]}}]})");
  EXPECT_THAT(OwnersOf(merged),
              testing::Contains(
                  Pair("/spec/rules[host=a]/http/paths[path=~1,pathType=Exact]/pathType", "t")));
}

TEST(Lists, OfEveryKindWithAPodTemplateAreKnown) {
  const std::pair<ObjectRef, std::string> cases[] = {
      {{"apps/v1", "Deployment", "", "web"}, "/spec/template/spec"},
      {{"apps/v1", "StatefulSet", "", "web"}, "/spec/template/spec"},
      {{"apps/v1", "DaemonSet", "", "web"}, "/spec/template/spec"},
      {{"batch/v1", "Job", "", "web"}, "/spec/template/spec"},
      {{"batch/v1", "CronJob", "", "web"}, "/spec/jobTemplate/spec/template/spec"},
      {{"v1", "Pod", "", "web"}, "/spec"}};
  for (const auto& [object, pod] : cases) {
    const std::vector<catalog::Write> writes = {
        {object.api_version, object.kind, "", catalog::WriteMode::kCreate}};
    const Contribution base = {
        "a", {{object, pod + "/containers", Json(R"([{"name":"a"}])")}}, writes};
    const Contribution trait = {
        "b", {{object, pod + "/containers", Json(R"([{"name":"b"}])")}}, writes};
    const Merged merged = MergeWeb({{base}, {trait}});
    EXPECT_THAT(OwnersOf(merged), ElementsAre(Pair(pod + "/containers[name=a]/name", "a"),
                                              Pair(pod + "/containers[name=b]/name", "b")))
        << object.kind << testing::PrintToString(ProblemsOf(merged));
  }
}

}  // namespace
}  // namespace weft::merge
