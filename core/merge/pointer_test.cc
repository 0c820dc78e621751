#include "core/merge/pointer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

#include "core/base/json.h"

namespace weft::merge {
namespace {

TEST(Pointer, ReadsFieldsAndElements) {
  const auto pointer = ParsePointer("/spec/ports[containerPort=80,protocol=TCP]/name");
  ASSERT_TRUE(pointer.ok()) << pointer.status();
  EXPECT_EQ(*pointer, (Pointer{{"spec", {}},
                               {"ports", {{"containerPort", "80"}, {"protocol", "TCP"}}},
                               {"name", {}}}));
  EXPECT_EQ(*ParsePointer(""), Pointer{});
  EXPECT_EQ(*ParsePointer("/"), (Pointer{{"", {}}}));
  EXPECT_EQ(*ParsePointer("//a"), (Pointer{{"", {}}, {"a", {}}}));
  EXPECT_EQ(*ParsePointer("/rules[host=]"), (Pointer{{"rules", {{"host", ""}}}}));
}

TEST(Pointer, EscapesWhatWouldEndATokenOrAValue) {
  EXPECT_EQ(FieldToken("app.kubernetes.io/na~me"), "/app.kubernetes.io~1na~0me");
  EXPECT_EQ(FieldToken("a,b=c[d]"), "/a,b=c[d~2");
  EXPECT_EQ(ElementToken({{"path", "/a]b,c=d~"}, {"pathType", "Exact"}}),
            "[path=~1a~2b~3c~4d~0,pathType=Exact]");
  const auto pointer = ParsePointer("/m[path=~1a~2b~3c~4d~0[]/x~1y~2");
  ASSERT_TRUE(pointer.ok()) << pointer.status();
  EXPECT_EQ(*pointer, (Pointer{{"m", {{"path", "/a]b,c=d~["}}}, {"x/y]", {}}}));
}

TEST(Pointer, TakesPlainRfc6901AsItIs) {
  for (const std::string text : {"/a/0", "/a~1b/m~0n", "/ ", "/a[b", "/c%d", "/a=b,c"}) {
    const auto pointer = ParsePointer(text);
    ASSERT_TRUE(pointer.ok()) << pointer.status();
    EXPECT_EQ(FormatPointer(*pointer), text);
  }
}

TEST(Pointer, RefusesWhatItCannotReadSayingWhere) {
  const std::pair<const char*, const char*> cases[] = {
      {"a", "begins with '/'"},
      {"/a~", "in \"a~\": '~' needs a digit"},
      {"/a~5", "'~' needs a digit"},
      {"/x/a[]", "in \"a[]\": between '[' and ']'"},
      {"/a[b]", "key=value"},
      {"/a[=b]", "key=value"},
      {"/a[b=c,]", "key=value"},
      {"/a[b=c=d]", "written ~4"},
      {"/a[b=c]d]", "written ~2"},
      {"/a]", "']' without '['"},
      {"/a[b=~7]", "'~' needs a digit"},
      {"/a[b=c/d]", "in \"d]\": ']' without '['"}};
  for (const auto& [text, message] : cases) {
    const auto pointer = ParsePointer(text);
    EXPECT_EQ(pointer.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(pointer.status().message()), testing::HasSubstr(message)) << text;
  }
}

TEST(Pointer, HasNoMoreTokensThanJsonMayNest) {
  std::string text;
  for (int i = 0; i < json::kMaxDepth; ++i) text += "/a";
  EXPECT_TRUE(ParsePointer(text).ok());
  EXPECT_FALSE(ParsePointer(text + "/a").ok());
}

TEST(Pointer, IsReadBackFromItsTextWhateverItHolds) {
  std::mt19937 random(20250101);
  const std::string alphabet = "ab~/],=[ 0\xC3\xA9";
  const auto text = [&](size_t least) {
    std::string result;
    for (size_t n = least + random() % 6; n > 0; --n)
      result += alphabet[random() % alphabet.size()];
    return result;
  };
  for (int round = 0; round < 5000; ++round) {
    Pointer pointer;
    for (size_t n = random() % 4; n > 0; --n) {
      Step step{text(0), {}};
      for (size_t keys = random() % 3; keys > 0; --keys) step.element.push_back({"key", text(0)});
      if (!step.element.empty()) step.field = "list";  // Lists with keys have plain names.
      pointer.push_back(step);
    }
    const auto again = ParsePointer(FormatPointer(pointer));
    ASSERT_TRUE(again.ok()) << FormatPointer(pointer) << ": " << again.status();
    EXPECT_EQ(*again, pointer) << FormatPointer(pointer);
  }
}

}  // namespace
}  // namespace weft::merge
