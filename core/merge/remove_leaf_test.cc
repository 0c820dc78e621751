#include "core/merge/remove_leaf.h"

#include <gtest/gtest.h>

#include "core/merge/testing.h"

namespace weft::merge {
namespace {

TEST(RemoveLeaf, TakesOutWhatThePointerNamesAndNothingElse) {
  const struct {
    const char* pointer;
    const char* before;
    const char* after;
  } kCases[] = {
      {"/spec/replicas", R"({"spec":{"paused":true,"replicas":1}})", R"({"spec":{"paused":true}})"},
      {"/spec/replicas", R"({"spec":{"replicas":1}})", R"({"spec":{}})"},
      {"/metadata/annotations/a~1b", R"({"metadata":{"annotations":{"a/b":"c","d":"e"}}})",
       R"({"metadata":{"annotations":{"d":"e"}}})"},
      {"/spec/template/spec/containers[name=b]/image",
       R"({"spec":{"template":{"spec":{"containers":[{"image":"x","name":"a"},)"
       R"({"image":"y","name":"b"}]}}}})",
       R"({"spec":{"template":{"spec":{"containers":[{"image":"x","name":"a"},{"name":"b"}]}}}})"},
      {"/spec/template/spec/containers[name=a]",
       R"({"spec":{"template":{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}}})",
       R"({"spec":{"template":{"spec":{"containers":[{"name":"b"}]}}}})"},
      // Without its key nobody could say which element it is.
      {"/spec/template/spec/containers[name=a]/name",
       R"({"spec":{"template":{"spec":{"containers":[{"image":"x","name":"a"},{"name":"b"}]}}}})",
       R"({"spec":{"template":{"spec":{"containers":[{"name":"b"}]}}}})"},
      // The protocol has a default.
      {"/spec/template/spec/containers[name=a]/ports[containerPort=80,protocol=TCP]/name",
       R"({"spec":{"template":{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,)"
       R"("name":"http"}]}]}}}})",
       R"({"spec":{"template":{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80}]}]}}}})"},
  };
  for (const auto& c : kCases) {
    json::value object = Json(c.before);
    EXPECT_NE(FindLeaf("apps/v1", "Deployment", c.pointer, object), nullptr) << c.pointer;
    EXPECT_TRUE(RemoveLeaf("apps/v1", "Deployment", c.pointer, object)) << c.pointer;
    EXPECT_EQ(json::Canonical(object), c.after) << c.pointer;
  }
}

TEST(FindLeaf, TellsWhatStandsThere) {
  json::value object = Json(
      R"({"spec":{"template":{"spec":{"containers":[{"name":"a"},{"image":"y","name":"b"}]}}}})");
  const json::value* image =
      FindLeaf("apps/v1", "Deployment", "/spec/template/spec/containers[name=b]/image", object);
  ASSERT_NE(image, nullptr);
  EXPECT_EQ(json::Canonical(*image), R"("y")");
}

TEST(RemoveLeaf, ChangesNothingWhereThereIsNothing) {
  const char kObject[] =
      R"({"spec":{"replicas":1,"template":{"spec":{"containers":[{"name":"a"}]}},"x":[{"name":"a"}]}})";
  for (const char* pointer :
       {"", "x", "/spec/paused", "/spec/replicas/x", "/spec/replicas[name=a]", "/spec/x[name=a]/y",
        "/spec/template/spec/containers[name=b]/image", "/spec/template/spec/containers/0"}) {
    json::value object = Json(kObject);
    EXPECT_EQ(FindLeaf("apps/v1", "Deployment", pointer, object), nullptr) << pointer;
    EXPECT_FALSE(RemoveLeaf("apps/v1", "Deployment", pointer, object)) << pointer;
    EXPECT_EQ(json::Canonical(object), json::Canonical(Json(kObject))) << pointer;
  }
}

}  // namespace
}  // namespace weft::merge
