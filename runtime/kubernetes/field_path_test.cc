#include "runtime/kubernetes/field_path.h"

#include <gtest/gtest.h>

namespace weft::kubernetes {
namespace {

FieldPath Path(const std::string& pointer) {
  const auto path = ParsePointer(pointer);
  EXPECT_TRUE(path.ok()) << path.status();
  return path.value_or(FieldPath());
}

json::value Json(const std::string& text) { return *json::Parse(text); }

TEST(FieldPath, IsReadBackFromItsPointer) {
  for (const char* pointer :
       {"", "/spec/replicas", "/spec/template/spec/containers[name=web]/image",
        "/spec/ports[containerPort=80,protocol=TCP]/name", "/metadata/labels/weft.dev~1owner",
        "/a[path=~1x~2~3~4~0,pathType=Exact]", "/a~2"})
    EXPECT_EQ(FormatPointer(Path(pointer)), pointer);
}

TEST(FieldPath, RefusesWhatIsNoPointer) {
  for (const char* pointer : {"a", "/a[b]", "/a]", "/a~9", "/a[=x]"})
    EXPECT_EQ(ParsePointer(pointer).status().code(), absl::StatusCode::kInvalidArgument) << pointer;
}

TEST(FieldPath, IsReadFromManagedFields) {
  const std::pair<const char*, const char*> cases[] = {
      {"f:replicas", "/replicas"},
      {"f:weft.dev/owner", "/weft.dev~1owner"},
      {R"(k:{"containerPort":80,"protocol":"TCP"})", "[containerPort=80,protocol=TCP]"},
      {R"(v:"kubernetes.io/pvc")", "[=kubernetes.io~1pvc]"},
      {"i:3", "/3"}};
  for (const auto& [member, pointer] : cases) {
    const auto step = ParseFieldsV1Step(member);
    ASSERT_TRUE(step.ok()) << member;
    EXPECT_EQ(FormatPointer({*step}), pointer);
  }
  for (const char* member : {"", ".", "x:a", "k:[]", "k:{", "i:a"})
    EXPECT_FALSE(ParseFieldsV1Step(member).ok()) << member;
}

constexpr char kObject[] = R"({"spec":{"containers":[
  {"name":"a","ports":[{"containerPort":80},{"containerPort":80,"protocol":"UDP"}]},
  {"name":"b","args":["x"]}]},"metadata":{"finalizers":["one","two"]}})";

TEST(FieldPath, FollowsFieldsAndElements) {
  const json::value object = Json(kObject);
  const auto at = [&](const std::string& pointer) {
    const json::value* found = Follow(object, Path(pointer));
    return found == nullptr ? "none" : json::Canonical(*found);
  };
  EXPECT_EQ(at("/spec/containers[name=b]/args"), R"(["x"])");
  EXPECT_EQ(at("/spec/containers[name=c]"), "none");
  EXPECT_EQ(at("/spec/containers[name=a]/ports[containerPort=80,protocol=UDP]/containerPort"),
            "80");
  // Without a protocol it is TCP.
  EXPECT_EQ(at("/spec/containers[name=a]/ports[containerPort=80,protocol=TCP]"),
            R"({"containerPort":80})");
  EXPECT_EQ(json::Canonical(*Follow(object, {{Step::Type::kField, "metadata", nullptr},
                                             {Step::Type::kField, "finalizers", nullptr},
                                             {Step::Type::kValue, "", "two"}})),
            R"("two")");
}

TEST(FieldPath, KnowsTheKeysOfElements) {
  EXPECT_TRUE(IsElementKey(Path("/spec/ports[port=80,protocol=TCP]/protocol")));
  EXPECT_FALSE(IsElementKey(Path("/spec/ports[port=80,protocol=TCP]/name")));
  EXPECT_FALSE(IsElementKey(Path("/spec/protocol")));
}

TEST(FieldPath, PutsAValueMakingWhatIsMissing) {
  json::value object = json::object();
  const json::value like = Json(kObject);
  Put(object, Path("/spec/replicas"), 3, like);
  Put(object, Path("/spec/containers[name=a]/ports[containerPort=80,protocol=UDP]/name"), "dns",
      like);
  Put(object, Path("/spec/containers[name=a]/image"), "x", like);
  // Its like is nowhere: digits are a number.
  Put(object, Path("/spec/ports[port=443]/name"), "https", like);
  EXPECT_EQ(json::Canonical(object),
            R"({"spec":{"containers":[{"image":"x","name":"a","ports":[{"containerPort":80,)"
            R"("name":"dns","protocol":"UDP"}]}],"ports":[{"name":"https","port":443}],)"
            R"("replicas":3}})");
}

}  // namespace
}  // namespace weft::kubernetes
