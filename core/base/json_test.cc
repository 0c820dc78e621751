#include "core/base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace weft::json {
namespace {

std::string CanonicalOf(std::string_view text) {
  absl::StatusOr<std::string> canonical = Canonicalize(text);
  return canonical.ok() ? *canonical : "ERROR " + std::string(canonical.status().message());
}

TEST(Canonical, SortsKeysByBytesAndDropsWhiteSpace) {
  EXPECT_EQ(CanonicalOf("{ \"b\": 1, \"a\" : [ true , null ], \"\\u00e9\":2, \"Z\":3}"),
            "{\"Z\":3,\"a\":[true,null],\"b\":1,\"\xC3\xA9\":2}");
  // UTF-16 would put the supplementary character before U+FF61.
  EXPECT_EQ(CanonicalOf("{\"\\ud83d\\ude00\":1,\"\\uff61\":2}"),
            "{\"\xEF\xBD\xA1\":2,\"\xF0\x9F\x98\x80\":1}");
}

TEST(Canonical, KeepsIntegersExactToSixtyFourBits) {
  EXPECT_EQ(CanonicalOf("[9223372036854775807,-9223372036854775808,18446744073709551615,-0]"),
            "[9223372036854775807,-9223372036854775808,18446744073709551615,0]");
}

TEST(Canonical, WritesDoublesAsRfc8785Does) {
  // RFC 8785, appendix B, and section 3.2.2.3.
  EXPECT_EQ(CanonicalOf("[100.0,-0.0,1E30,4.50,2e-3,0.000000000000000000000000001]"),
            "[100,0,1e+30,4.5,0.002,1e-27]");
  EXPECT_EQ(CanonicalOf("[5e-324,1.7976931348623157e308,0.000001,0.0000001]"),
            "[5e-324,1.7976931348623157e+308,0.000001,1e-7]");
  EXPECT_EQ(CanonicalOf("[333333333.33333329,1.0e1]"), "[333333333.3333333,10]");
}

TEST(Canonical, IsItsOwnCanonicalText) {
  for (const char* text :
       {"[1e18,1.5,1e21,-1e-9,123456789012345680.0]", "{\"a\":\"\\u0001\\\"\\\\/\"}", "\"x\""}) {
    const std::string once = CanonicalOf(text);
    EXPECT_EQ(CanonicalOf(once), once) << text;
  }
}

TEST(Canonical, EscapesOnlyWhatRfc8785Escapes) {
  EXPECT_EQ(CanonicalOf("\"\\/\\u0007\\b\\t\\n\\f\\r\\\\\\\"\\u007f\""),
            "\"/\\u0007\\b\\t\\n\\f\\r\\\\\\\"\x7f\"");
}

TEST(Parse, RefusesWhatCannotBeHashed) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"a":1,"a":2})", "stands twice"},
      {R"({"x":{"a":1,"\u0061":2}})", "stands twice"},
      {R"([{"a":{"b":1},"a":{"b":1}}])", "at byte 16: the key \"a\" stands twice"},
      {R"({"a":1,"a":2} x)", "stands twice"},
      {"18446744073709551616", "64 bits"},
      {"-9223372036854775809", "64 bits"},
      {"1e400", "at byte"},
      {"1e20", "too large"},
      {"{} {}", "at byte 3"},
      {"{", "at byte"},
      {"\"\xff\"", "at byte"},
      {"NaN", "at byte"},
      {std::string(65, '[') + std::string(65, ']'), "at byte"},
  };
  for (const auto& [text, message] : cases) {
    absl::StatusOr<value> parsed = Parse(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(parsed.status().message()), testing::HasSubstr(message)) << text;
  }
  EXPECT_TRUE(Parse(std::string(64, '[') + std::string(64, ']')).ok());
}

TEST(Sha256, IsTheStandardDigest) {
  EXPECT_EQ(Sha256("abc"),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Find, ReadsBelowObjectsOnly) {
  const value v = *Parse(R"({"a":{"b":7,"s":"t","f":true},"l":[1]})");
  EXPECT_EQ(GetInt(v, {"a", "b"}), 7);
  EXPECT_EQ(GetString(v, {"a", "s"}), "t");
  EXPECT_TRUE(GetBool(v, {"a", "f"}));
  EXPECT_EQ(GetInt(v, {"l", "0"}, -1), -1);
  EXPECT_EQ(GetString(v, {"a", "b"}, "none"), "none");
  EXPECT_EQ(PointerToken("a/b~c"), "/a~1b~0c");
}

}  // namespace
}  // namespace weft::json
