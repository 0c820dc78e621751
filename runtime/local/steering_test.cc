#include "runtime/local/steering.h"

#include <gtest/gtest.h>

#include "runtime/local/admission.h"
#include "runtime/local/local_test_support.h"

namespace weft::local {
namespace {

json::value Put(const std::string& pointer, const std::string& value,
                const std::string& object = R"({"spec":{"a":1}})") {
  json::value v = *json::Parse(object);
  std::vector<Problem> problems;
  PutSteered({{pointer, value, true}}, v, problems);
  for (const Problem& problem : problems) ADD_FAILURE() << problem.message;
  return v;
}

TEST(Steering, PutsAValueWhereThePointerSays) {
  EXPECT_EQ(json::Canonical(Put("/spec/replicas", "3")), R"({"spec":{"a":1,"replicas":3}})");
  EXPECT_EQ(json::Canonical(Put("/spec/a", "null")), R"({"spec":{"a":null}})");
  EXPECT_EQ(json::Canonical(Put("/x/y/z", R"("v")", "{}")), R"({"x":{"y":{"z":"v"}}})");
  EXPECT_EQ(json::Canonical(Put("/a~1b~0c~2", "1", "{}")), R"({"a/b~c]":1})");
}

TEST(Steering, SaysWhatItCannotPut) {
  const struct {
    const char* pointer;
    const char* value;
    const char* code;
  } kCases[] = {
      {"", "1", "UNSUPPORTED_FIELD"},
      {"spec", "1", "UNSUPPORTED_FIELD"},
      {"/spec/a/b", "1", "UNSUPPORTED_FIELD"},
      {"/spec/containers[name=a]/image", "1", "UNSUPPORTED_FIELD"},
      {"/spec/a", "{", "INVALID_JSON"},
      {"/spec/a", "", "INVALID_JSON"},
  };
  for (const auto& c : kCases) {
    json::value v = *json::Parse(R"({"spec":{"a":1}})");
    std::vector<Problem> problems;
    PutSteered({{c.pointer, c.value, true}}, v, problems);
    ASSERT_EQ(problems.size(), 1u) << c.pointer;
    EXPECT_EQ(problems[0].code, c.code) << c.pointer;
    EXPECT_EQ(problems[0].pointer, c.pointer);
  }
}

TEST(Steering, AValueIsCheckedLikeAnyOther) {
  const auto problems = [](const std::string& value) {
    return Admit(DeploymentRef("web"), DeploymentWithoutReplicas("web"), {},
                 {{"/spec/replicas", value, true}})
        .problems;
  };
  EXPECT_TRUE(problems("0").empty());
  ASSERT_EQ(problems("-1").size(), 1u);
  EXPECT_EQ(problems("-1")[0].code, "INVALID_VALUE");
  ASSERT_EQ(problems("\"3\"").size(), 1u);
  EXPECT_EQ(problems("\"3\"")[0].code, "WRONG_TYPE");
}

}  // namespace
}  // namespace weft::local
