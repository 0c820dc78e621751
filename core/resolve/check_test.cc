#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "core/resolve/testing.h"

namespace weft::resolve {
namespace {

using model::Brief;
using model::Full;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Checklist, rule 12.
TEST(Rule12Types, ThatNobodyServesAreAWarningOfTheComponent) {
  const model::Decoded decoded = model::DecodeText(
      "apiVersion: core.oam.dev/v1alpha1\nkind: ComponentSchematic\nmetadata: {name: web}\n"
      "spec:\n  workloadType: example.org/v1.Wed\n");
  const model::Diagnostics said = CheckComponent(decoded.documents.at(0), TestTypes());
  ASSERT_THAT(Brief(said), ElementsAre("5:17 warning UNKNOWN_WORKLOAD_TYPE /spec/workloadType"));
  EXPECT_THAT(said[0].hint, HasSubstr("example.org/v1.Web"));
  EXPECT_THAT(CheckComponent(model::DecodeTestData("shop.yaml").documents.at(0), TestTypes()),
              IsEmpty());
}

std::string ComponentOf(const std::string& rest) {
  return "apiVersion: core.oam.dev/v1alpha1\nkind: ComponentSchematic\nmetadata: {name: thing}\n"
         "spec:\n" +
         rest;
}

// Checklist, rule 4. A short name is of the group of the type that it stands for.
TEST(Rule4Containers, AreRequiredByCoreTypes) {
  const catalog::TypeTable types(
      {MakeWorkload("core.oam.dev/v1alpha1.Thing", {"Thing"}, "", *json::Parse("{}")),
       MakeWorkload("example.org/v1.Web", {"Web"}, "", *json::Parse("{}"))});
  const auto check = [&](const std::string& rest) {
    return Brief(CheckComponent(model::DecodeText(ComponentOf(rest)).documents.at(0), types));
  };
  EXPECT_THAT(check("  workloadType: core.oam.dev/v1alpha1.Thing\n"),
              ElementsAre("5:3 MISSING_FIELD /spec/containers"));
  EXPECT_THAT(check("  workloadType: Thing\n  containers: []\n"),
              ElementsAre("6:15 MISSING_FIELD /spec/containers"));
  EXPECT_THAT(check("  workloadType: core.oam.dev/v1alpha1.Unserved\n"),
              ElementsAre("5:3 MISSING_FIELD /spec/containers",
                          "5:17 warning UNKNOWN_WORKLOAD_TYPE /spec/workloadType"));
  EXPECT_THAT(check("  workloadType: Web\n"), IsEmpty());
  EXPECT_THAT(check("  workloadType: example.org/v1.Web\n"), IsEmpty());
}

// Checklist, rule 4. Nobody served its type when it was stored.
TEST(Rule4Containers, AreRequiredWhenAnApplicationUsesTheComponent) {
  const std::string text =
      ComponentOf("  workloadType: Thing\n") +
      "---\napiVersion: core.oam.dev/v1alpha1\nkind: ApplicationConfiguration\n"
      "metadata: {name: app}\nspec:\n  components:\n    - componentName: thing\n"
      "      instanceName: thing\n";
  const catalog::TypeTable types({MakeWorkload("core.oam.dev/v1alpha1.Thing", {"Thing"}, "")});
  EXPECT_THAT(Brief(ResolveText(text, {}, types).diagnostics),
              ElementsAre("12:22 MISSING_FIELD /spec/components/0/componentName"));
}

const std::string& WorkloadTypeOf(const model::Decoded& decoded) {
  return std::get<model::ComponentSchematic>(decoded.documents.at(0).value).workload_type;
}

TEST(NotSupportedYet, IsSaidAtItsPlaceInTheComponent) {
  const model::Decoded decoded = model::DecodeTestData("everything.yaml");
  const auto said = [&](const catalog::Type* type) {
    std::vector<catalog::Type> types;
    if (type != nullptr) types.push_back(*type);
    if (type != nullptr) types[0].name = types[0].aliases[0] = WorkloadTypeOf(decoded);
    std::vector<std::string> found;
    for (const model::Diagnostic& d :
         CheckComponent(decoded.documents.at(0), catalog::TypeTable(types)))
      if (d.code == "NOT_SUPPORTED_YET" || d.code == "UNSUPPORTED_BY_TYPE")
        found.push_back(Brief(d));
    return found;
  };
  const std::string c = "/spec/containers/0/";
  const std::string gpu = "50:9 warning NOT_SUPPORTED_YET " + c + "resources/gpu";
  const std::string extended = "58:13 warning NOT_SUPPORTED_YET " + c + "resources/extended/0";
  const std::string secret = "71:7 warning UNSUPPORTED_BY_TYPE " + c + "imagePullSecret";
  EXPECT_THAT(said(nullptr), ElementsAre(gpu, extended)) << "nobody says what it carries";
  catalog::Type type = MakeWorkload("example.org/v1.Web", {"Web"}, "");
  EXPECT_THAT(
      said(&type),
      ElementsAre(gpu, "52:13 warning UNSUPPORTED_BY_TYPE " + c + "resources/volumes/0", extended,
                  "39:11 warning UNSUPPORTED_BY_TYPE " + c + "config/0",
                  "41:11 warning UNSUPPORTED_BY_TYPE " + c + "config/1",
                  "59:7 warning UNSUPPORTED_BY_TYPE " + c + "livenessProbe",
                  "66:11 warning UNSUPPORTED_BY_TYPE " + c + "readinessProbe/httpGet/httpHeaders",
                  secret,
                  "74:24 warning UNSUPPORTED_BY_TYPE /spec/containers/1/readinessProbe/tcpSocket"));
  type.carries = {true, true, true};
  EXPECT_THAT(said(&type), ElementsAre(gpu, extended, secret));
  type.carries.image_pull_secrets = true;
  EXPECT_THAT(said(&type), ElementsAre(gpu, extended));
}

constexpr char kSchema[] = R"({
  "type": "object",
  "required": ["host", "port"],
  "additionalProperties": false,
  "properties": {
    "host": {"type": "string", "minLength": 1},
    "port": {"type": "integer", "minimum": 1, "maximum": 65535},
    "protocol": {"enum": ["http", "https"]},
    "weight": {"type": ["number", "null"], "minimum": 0},
    "paths": {"type": "array", "maxItems": 2, "items": {"type": "object", "required": ["path"],
      "properties": {"path": {"type": "string", "pattern": "^/"}}, "additionalProperties": false}},
    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    "either": {"oneOf": [{"type": "string"}, {"type": "integer"}]}
  }
})";

struct Case {
  const char* name;
  std::string properties;  // In flow style, from line 11, column 23.
  std::vector<std::string> expected;
  std::string says;
};

TEST(Rule21Properties, AreCheckedAgainstTheSchemaWithTheirPlaces) {
  const std::string head =
      "apiVersion: core.oam.dev/v1alpha1\nkind: ApplicationConfiguration\nmetadata: {name: app}\n"
      "spec:\n  components:\n    - componentName: c\n      instanceName: i\n      traits:\n"
      "        - name: t\n";
  const std::string at = "/spec/components/0/traits/0/properties";
  const std::vector<Case> cases = {
      {"fine",
       "{host: a, port: 80, protocol: https, weight: null, paths: [{path: /}], labels: {a: b}, "
       "either: 1}",
       {},
       ""},
      {"nothing",
       "{}",
       {"10:23 MISSING_PROPERTY " + at, "10:23 MISSING_PROPERTY " + at},
       "\"host\" is missing add \"host\", a string of at least 1 characters"},
      {"unknown ones",
       "{host: a, port: 80, prot: 1, zzz: 2}",
       {"10:43 UNKNOWN_PROPERTY " + at + "/prot", "10:52 UNKNOWN_PROPERTY " + at + "/zzz"},
       "write \"port\""},
      {"type",
       "{host: a, port: \"80\"}",
       {"10:39 BAD_PROPERTY " + at + "/port"},
       "\"port\" is \"80\", expected an integer from 1 to 65535"},
      {"range",
       "{host: a, port: 70000}",
       {"10:39 BAD_PROPERTY " + at + "/port"},
       "\"port\" is 70000, expected an integer from 1 to 65535"},
      {"larger than a signed integer",
       "{host: a, port: 18446744073709551615}",
       {"10:39 BAD_PROPERTY " + at + "/port"},
       "expected an integer"},
      {"fraction",
       "{host: a, port: 1.5}",
       {"10:39 BAD_PROPERTY " + at + "/port"},
       "\"port\" is 1.5"},
      {"a whole number with a point", "{host: a, port: 80.0}", {}, ""},
      {"choice",
       "{host: a, port: 80, protocol: ftp}",
       {"10:53 BAD_PROPERTY " + at + "/protocol"},
       "expected one of \"http\", \"https\""},
      {"one of types",
       "{host: a, port: 80, weight: x}",
       {"10:51 BAD_PROPERTY " + at + "/weight"},
       "a number or null of at least 0"},
      {"in a list",
       "{host: a, port: 80, paths: [{path: /}, {path: x, q: 1}]}",
       {"10:69 BAD_PROPERTY " + at + "/paths/1/path",
        "10:72 UNKNOWN_PROPERTY " + at + "/paths/1/q"},
       "matches"},
      {"a long list",
       "{host: a, port: 80, paths: [{path: /}, {path: /}, {path: /}]}",
       {"10:50 BAD_PROPERTY " + at + "/paths"},
       "a list of at most 2 elements"},
      {"additional",
       "{host: a, port: 80, labels: {a: 1}}",
       {"10:55 BAD_PROPERTY " + at + "/labels/a"},
       "does not satisfy the schema"},
  };
  const json::value schema = *json::Parse(kSchema);
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const model::Decoded decoded =
        model::DecodeText(head + "          properties: " + c.properties + "\n");
    ASSERT_THAT(decoded.documents, SizeIs(1)) << Full(decoded.diagnostics);
    const auto& app = std::get<model::ApplicationConfiguration>(decoded.documents[0].value);
    const model::Diagnostics said =
        CheckProperties(app.components[0].traits[0].properties, schema, decoded.documents[0], at);
    std::vector<std::string> brief = Brief(said);
    std::sort(brief.begin(), brief.end());
    EXPECT_EQ(brief, c.expected) << Full(said);
    EXPECT_THAT(said.empty() ? "" : said[0].message + " " + said[0].hint, HasSubstr(c.says));
  }
}

TEST(Properties, ThatFitNoneOrSeveralOfTheAlternativesAreRefused) {
  const model::Document document;
  const json::value schema = *json::Parse(
      R"({"properties": {"a": {"oneOf": [{"type": "string"}, {"type": "integer"}]}}})");
  EXPECT_THAT(CheckProperties(*json::Parse(R"({"a": 1})"), schema, document, ""), IsEmpty());
  EXPECT_THAT(Brief(CheckProperties(*json::Parse(R"({"a": []})"), schema, document, "")),
              ElementsAre("0:0 BAD_PROPERTY /a"));
  const json::value names = *json::Parse(R"({"propertyNames": {"maxLength": 1}})");
  EXPECT_THAT(CheckProperties(*json::Parse(R"({"abc": 1})"), names, document, ""), SizeIs(1));
}

TEST(Properties, ASchemaThatCannotBeUsedIsTheProvidersFault) {
  const model::Document document;
  std::string doubling = R"({"definitions": {"d0": {"type": "string"})";
  for (int i = 1; i <= 20; ++i) {
    const std::string below = absl::StrCat("{\"$ref\": \"#/definitions/d", i - 1, "\"}");
    absl::StrAppend(&doubling, ", \"d", i, "\": {\"anyOf\": [", below, ", ", below, "]}");
  }
  for (const std::string& schema :
       {std::string(R"({"type": 7})"), std::string("[]"),
        std::string(R"({"$ref": "http://127.0.0.1/x"})"), std::string(R"({"$ref": "#/nowhere"})"),
        std::string(R"({"$ref": "#"})"), std::string(R"({"allOf": [{"$ref": "#"}]})"),
        doubling + "}}"}) {
    const model::Diagnostics said =
        CheckProperties(json::object(), *json::Parse(schema), document, "/p");
    ASSERT_THAT(Brief(said), ElementsAre("0:0 BAD_SCHEMA /p")) << schema;
    EXPECT_THAT(said[0].hint, HasSubstr("provider"));
  }
}

TEST(Properties, LongTextsNeverMeetARegularExpression) {
  const model::Document document;
  const json::value value{{"a", json::array{"", std::string(100000, 'a')}}};
  const json::value strict = *json::Parse(
      R"({"properties": {"a": {"items": {"type": "string", "pattern": "^(a|b)*$"}}}})");
  EXPECT_THAT(Brief(CheckProperties(value, strict, document, "/p")),
              ElementsAre("0:0 LIMIT /p/a/1"));
  const json::value loose = *json::Parse(R"({"properties": {"pattern": {"type": "string"}}})");
  EXPECT_THAT(CheckProperties(value, loose, document, "/p"), IsEmpty());
}

TEST(Properties, WordsComeFromWhatAReferenceLeadsTo) {
  const json::value schema = *json::Parse(
      R"({"definitions": {"size": {"type": "integer", "minimum": 1}},
          "properties": {"it's": {"$ref": "#/definitions/size"}}, "required": ["it's"]})");
  const model::Document document;
  EXPECT_EQ(CheckProperties(*json::Parse(R"({"it's": 0})"), schema, document, "").at(0).expected,
            "an integer of at least 1");
  EXPECT_EQ(CheckProperties(json::object(), schema, document, "").at(0).message,
            "the property \"it's\" is missing");
}

}  // namespace
}  // namespace weft::resolve
