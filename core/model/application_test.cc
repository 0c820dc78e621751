#include "core/model/application.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "core/model/testing.h"

namespace weft::model {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kHead[] =
    "apiVersion: core.oam.dev/v1alpha1\nkind: ApplicationConfiguration\nmetadata:\n  name: "
    "a\nspec:\n";

TEST(Application, HasEverythingInTheOrderOfTheDocument) {
  const Decoded decoded = DecodeText(kHead + std::string(R"(  variables: [{name: v, value: 1.50}]
  scopes: [{name: s, type: example.org/v1.Zone, properties: [{name: a, value: 1}]}]
  components:
    - componentName: c
      instanceName: one
      parameterValues: [{name: p, value: [1, yes-or-no]}, {name: q, value: null}]
      traits: [{name: t, properties: {b: 1, a: {c: true}}}, {name: u}]
      applicationScopes: [s]
    - {componentName: c, instanceName: two}
)"));
  ASSERT_THAT(decoded.diagnostics, IsEmpty()) << Full(decoded.diagnostics);
  const auto& application = std::get<ApplicationConfiguration>(decoded.documents[0].value);
  EXPECT_EQ(json::Canonical(application.variables[0].value), "1.5");
  EXPECT_EQ(application.scopes[0].type, "example.org/v1.Zone");
  ASSERT_THAT(application.components, SizeIs(2));
  const ApplicationComponent& one = application.components[0];
  EXPECT_EQ(one.instance_name, "one");
  EXPECT_EQ(json::Canonical(one.parameter_values[0].value), "[1,\"yes-or-no\"]");
  EXPECT_TRUE(one.parameter_values[1].value.is_null());
  EXPECT_EQ(json::Canonical(one.traits[0].properties), "{\"a\":{\"c\":true},\"b\":1}");
  EXPECT_EQ(json::Canonical(one.traits[1].properties), "{}");
  EXPECT_THAT(one.application_scopes, ElementsAre("s"));
}

TEST(Application, ReportsWhatIsWrongAtItsPlace) {
  const std::string use = "  components:\n    - componentName: c\n      instanceName: i\n";
  Check(
      kHead,
      {
          {"nothing given",
           "  components: [{}]\n",
           {"6:16 MISSING_FIELD /spec/components/0", "6:16 MISSING_FIELD /spec/components/0"},
           "componentName"},
          {"a slip",
           use + "      trait: []\n",
           {"9:7 UNKNOWN_FIELD /spec/components/0/trait"},
           "write \"traits\""},
          {"no value",
           use + "      parameterValues: [{name: p}]\n",
           {"9:25 MISSING_FIELD /spec/components/0/parameterValues/0"},
           "add \"value\""},
          {"twice",
           use + "      parameterValues: [{name: p, value: 1}, {name: p, value: 2}]\n",
           {"9:53 DUPLICATE_NAME /spec/components/0/parameterValues/1/name"},
           ""},
          {"a boolean of YAML 1.1",
           use + "      parameterValues: [{name: p, value: off}]\n",
           {"9:42 YAML_BOOLEAN /spec/components/0/parameterValues/0/value"},
           "\"off\""},
          {"deep in properties",
           use + "      traits: [{name: t, properties: {a: [{b: On}]}}]\n",
           {"9:47 YAML_BOOLEAN /spec/components/0/traits/0/properties/a/0/b"},
           "\"On\""},
          {"a number without end",
           use + "      traits: [{name: t, properties: {a: 99999999999999999999}}]\n",
           {"9:42 BAD_VALUE /spec/components/0/traits/0/properties/a"},
           "in quotes"},
          {"a list of properties",
           use + "      traits: [{name: t, properties: [a]}]\n",
           {"9:38 WRONG_TYPE /spec/components/0/traits/0/properties"},
           ""},
          {"parameters of a trait",
           use + "      traits:\n        - name: t\n          parameterValues:\n            a: 1\n",
           {"11:11 TRAIT_PARAMETER_VALUES /spec/components/0/traits/0/parameterValues"},
           "write \"properties\""},
      });
}

}  // namespace
}  // namespace weft::model
