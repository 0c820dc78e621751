#include "core/check/example.h"

#include <gmock/gmock.h>

namespace weft::check {
namespace {

std::string Example(const std::string& schema) {
  const absl::StatusOr<json::value> example = ExampleOf(*json::Parse(schema));
  return example.ok() ? json::Canonical(*example) : std::string(example.status().message());
}

TEST(Example, OfNoSchemaIsTheEmptyObject) {
  EXPECT_EQ(json::Canonical(*ExampleOf(json::value())), "{}");
}

TEST(Example, HasTheRequiredPropertiesAlone) {
  EXPECT_EQ(Example(R"({"type":"object","required":["a","n"],"properties":{
      "a":{"type":"string","minLength":10},"n":{"type":"integer","minimum":3},
      "optional":{"type":"string"}}})"),
            R"({"a":"examplexxx","n":3})");
}

TEST(Example, TakesWhatTheSchemaOffers) {
  EXPECT_EQ(Example(R"({"type":"object","required":["a","b","c","l"],"properties":{
      "a":{"type":"string","examples":["x"]},"b":{"type":"string","default":"y"},
      "c":{"enum":["z","w"]},"l":{"type":"array","items":{"type":"boolean"}}}})"),
            R"({"a":"x","b":"y","c":"z","l":[true]})");
}

TEST(Example, SaysWhyThereIsNone) {
  EXPECT_THAT(Example(R"({"type":"object","required":["a"],"properties":{
      "a":{"type":"string","pattern":"^[0-9]{4}$"}}})"),
              testing::HasSubstr("give one with --properties"));
}

}  // namespace
}  // namespace weft::check
