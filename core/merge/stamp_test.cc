#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/merge/testing.h"

namespace weft::merge {
namespace {

using testing::ElementsAre;

const std::map<std::string, std::string> kLabels = {{"weft.dev/component", "web"}};
const std::map<std::string, std::string> kObjectOnly = {{"weft.dev/revision", "3"}};

MergedObject Stamped(const ObjectRef& ref, const std::string& text) {
  const Contribution base = {"d/app/web", {{ref, "", Json(text)}}, Creates()};
  Merged merged = MergeWeb({{base}});
  EXPECT_EQ(merged.objects.size(), 1u) << testing::PrintToString(ProblemsOf(merged));
  Stamp(Web(), kLabels, kObjectOnly, merged.objects.at(0));
  return merged.objects.at(0);
}

TEST(Stamp, LabelsTheObjectAndThePodTemplateOfThePrimary) {
  const MergedObject object = Stamped(
      kDeployment, R"({"spec":{"template":{"metadata":{"labels":{"app":"x"}},"spec":{}}}})");
  EXPECT_EQ(
      json::Canonical(object.value),
      R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"labels":)"
      R"({"weft.dev/component":"web","weft.dev/revision":"3"},"name":"web","namespace":"d"},)"
      R"("spec":{"template":{"metadata":{"labels":{"app":"x","weft.dev/component":"web"}},"spec":{}}}})");
  EXPECT_THAT(object.leaves,
              ElementsAre(LeafOwner{"/metadata/labels/weft.dev~1component", "core"},
                          LeafOwner{"/metadata/labels/weft.dev~1revision", "core"},
                          LeafOwner{"/spec/template/metadata/labels/app", "d/app/web"},
                          LeafOwner{"/spec/template/metadata/labels/weft.dev~1component", "core"},
                          LeafOwner{"/spec/template/spec", "d/app/web"}));
}

TEST(Stamp, LabelsOtherObjectsOnlyOnThemselves) {
  for (const ObjectRef& ref : {kService, ObjectRef{"apps/v1", "Deployment", "", "web-canary"}}) {
    const MergedObject object = Stamped(ref, R"({"spec":{"template":{}}})");
    EXPECT_EQ(json::Canonical(*json::Find(object.value, "spec")), R"({"template":{}})");
    EXPECT_THAT(object.leaves,
                ElementsAre(LeafOwner{"/metadata/labels/weft.dev~1component", "core"},
                            LeafOwner{"/metadata/labels/weft.dev~1revision", "core"},
                            LeafOwner{"/spec/template", "d/app/web"}));
  }
}

TEST(Stamp, MakesNoPodTemplateWhereThereIsNone) {
  for (const char* text : {R"({"spec":{"x":1}})", "{}", R"({"spec":{"template":"none"}})"}) {
    const MergedObject object = Stamped(kDeployment, text);
    const json::value* labels =
        json::FindPath(object.value, {"spec", "template", "metadata", "labels"});
    EXPECT_EQ(labels, nullptr) << text;
    EXPECT_TRUE(std::ranges::none_of(object.leaves, [](const LeafOwner& leaf) {
      return leaf.owner == "core" && leaf.pointer.starts_with("/spec");
    }));
  }
}

TEST(Stamp, ReplacesWhatAProviderWroteInItsPlace) {
  for (const char* labels : {R"({"weft.dev/component":"liar"})",
                             R"({"weft.dev/component":{"a":{"b":1}}})", "{}", R"("x")"}) {
    const MergedObject object =
        Stamped(kService, R"({"metadata":{"labels":)" + std::string(labels) + "}}");
    EXPECT_EQ(json::Canonical(*json::FindPath(object.value, {"metadata", "labels"})),
              R"({"weft.dev/component":"web","weft.dev/revision":"3"})");
    EXPECT_THAT(object.leaves,
                ElementsAre(LeafOwner{"/metadata/labels/weft.dev~1component", "core"},
                            LeafOwner{"/metadata/labels/weft.dev~1revision", "core"}))
        << labels;
  }
}

TEST(Stamp, TwiceIsAsOnce) {
  MergedObject object = Stamped(kDeployment, R"({"spec":{"template":{"metadata":{}}}})");
  const std::string once = json::Canonical(object.value);
  const std::vector<LeafOwner> leaves = object.leaves;
  Stamp(Web(), kLabels, kObjectOnly, object);
  EXPECT_EQ(json::Canonical(object.value), once);
  EXPECT_EQ(object.leaves, leaves);
}

TEST(Stamp, WithoutLabelsChangesNothing) {
  Merged merged = MergeWeb({{Base(R"({"spec":{"template":{}}})")}});
  const std::string before = json::Canonical(merged.objects.at(0).value);
  Stamp(Web(), {}, {}, merged.objects[0]);
  EXPECT_EQ(json::Canonical(merged.objects[0].value), before);
}

}  // namespace
}  // namespace weft::merge
