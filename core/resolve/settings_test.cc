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

constexpr char kSchema[] = R"({
  "type": "object",
  "required": ["image"],
  "additionalProperties": false,
  "properties": {
    "image": {"type": "string", "minLength": 1},
    "port": {"type": "integer", "minimum": 1},
    "environment": {"type": "array", "items": {"type": "object", "required": ["name", "value"],
      "properties": {"name": {"type": "string"}, "value": {"type": "string"}}}}
  }
})";

catalog::TypeTable Types() {
  return catalog::TypeTable(
      {MakeWorkload("example.org/v1.Function", {"Function"}, "/spec/size", *json::Parse(kSchema))});
}

// A component of four parameters whose settings begin in line 9.
std::string Component(const std::string& settings) {
  return "apiVersion: core.oam.dev/v1alpha1\nkind: ComponentSchematic\nmetadata: {name: fn}\n"
         "spec:\n  workloadType: Function\n"
         "  parameters: [{name: image, type: string}, {name: debug, type: string, default: d},\n"
         "               {name: port, type: number}]\n"
         "  workloadSettings:\n" +
         settings;
}

// The component, and an application that uses it; `more` its parameter values.
std::string Used(const std::string& settings, const std::string& more = "") {
  return Component(settings) +
         "---\napiVersion: core.oam.dev/v1alpha1\nkind: ApplicationConfiguration\n"
         "metadata: {name: app}\nspec:\n  components:\n    - componentName: fn\n"
         "      instanceName: fn\n" +
         (more.empty() ? "" : "      parameterValues: [" + more + "]\n");
}

std::string Properties(const std::string& settings, const std::string& more) {
  const Resolved resolved = ResolveText(Used(settings, more), {}, Types());
  EXPECT_THAT(resolved.diagnostics, IsEmpty()) << Full(resolved.diagnostics);
  return json::Canonical(resolved.application.instances.at(0).properties);
}

constexpr char kFull[] =
    "    - {name: image, type: string, fromParam: image, value: i:1, required: true}\n"
    "    - {name: port, type: number, fromParam: port}\n"
    "    - name: environment\n      type: array\n      value:\n"
    "        - {name: A, value: a, fromParam: debug}\n"
    "        - {name: B, value: b}\n"
    "        - {name: C, value: c, fromParam: image}\n";

// Checklist, rule 5.
TEST(Rule5Settings, TakeParametersAlsoWithinTheirValues) {
  EXPECT_EQ(Properties(kFull, ""),
            R"({"environment":[{"name":"A","value":"d"},{"name":"B","value":"b"},)"
            R"({"name":"C","value":"c"}],"image":"i:1"})");
  EXPECT_EQ(
      Properties(kFull,
                 "{name: image, value: i:2}, {name: port, value: 9}, {name: debug, value: ''}"),
      R"({"environment":[{"name":"A","value":""},{"name":"B","value":"b"},)"
      R"({"name":"C","value":"i:2"}],"image":"i:2","port":9})");
}

// Checklist, rule 5.
TEST(Rule5Settings, WithoutAnyValueAreAnErrorOfTheApplication) {
  const std::vector<std::string> missing = {"16:7 MISSING_PARAMETER /spec/components/0"};
  EXPECT_EQ(Brief(ResolveText(Used("    - {name: image, type: string, fromParam: image, "
                                   "required: true}\n"),
                              {}, Types())
                      .diagnostics),
            missing);
  const std::vector<std::string> nested = {"17:7 MISSING_PARAMETER /spec/components/0"};
  EXPECT_EQ(Brief(ResolveText(Used("    - {name: image, type: string, value: i}\n"
                                   "    - {name: environment, type: array, value: "
                                   "[{name: A, fromParam: image}]}\n"),
                              {}, Types())
                      .diagnostics),
            nested);
}

// Checklist, rule 21.
TEST(Rule21Settings, AreCheckedWhereTheComponentSaysThem) {
  struct Row {
    std::string settings;
    std::string place;
  };
  const std::string image = "    - {name: image, type: string, value: i}\n";
  const std::vector<Row> rows = {
      {"    - {name: port, type: number, value: 1}\n",
       "8:3 MISSING_PROPERTY /spec/workloadSettings"},
      {image + "    - {name: prot, type: number, value: 1}\n",
       "10:14 UNKNOWN_PROPERTY /spec/workloadSettings/1/name"},
      {image + "    - {name: port, type: number, value: 0}\n",
       "10:41 BAD_PROPERTY /spec/workloadSettings/1/value"},
      {image + "    - name: environment\n      type: array\n      value:\n"
               "        - {name: A, value: 1}\n",
       "13:28 BAD_PROPERTY /spec/workloadSettings/1/value/0/value"},
  };
  for (const Row& row : rows) {
    const model::Decoded decoded = model::DecodeText(Component(row.settings));
    ASSERT_EQ(decoded.documents.size(), 1u) << Full(decoded.diagnostics);
    const model::Diagnostics said = CheckComponent(decoded.documents[0], Types());
    EXPECT_THAT(Brief(said), ElementsAre(row.place)) << Full(said);
  }
}

// Checklist, rule 21. What a parameter fills in is known only when an application uses it.
TEST(Rule21Settings, ThatAParameterFillsInAreCheckedWhereTheApplicationSaysThem) {
  const std::string settings =
      "    - {name: image, type: string, fromParam: image}\n"
      "    - {name: port, type: number, fromParam: port, value: 0}\n";
  EXPECT_THAT(CheckComponent(model::DecodeText(Component(settings)).documents.at(0), Types()),
              IsEmpty());
  const Resolved resolved =
      ResolveText(Used(settings, "{name: image, value: ''}, {name: port, value: -1}"), {}, Types());
  EXPECT_THAT(Brief(resolved.diagnostics),
              ElementsAre("19:46 BAD_PROPERTY /spec/components/0/parameterValues/0/value",
                          "19:71 BAD_PROPERTY /spec/components/0/parameterValues/1/value"))
      << Full(resolved.diagnostics);
  EXPECT_THAT(resolved.diagnostics.at(1).message, HasSubstr("\"port\" is -1"));
  // Its own value is the component's, and an image from nowhere is missing here.
  EXPECT_THAT(Brief(ResolveText(Used(settings), {}, Types()).diagnostics),
              ElementsAre("17:22 BAD_PROPERTY /spec/components/0/componentName",
                          "17:22 MISSING_PROPERTY /spec/components/0/componentName"));
}

TEST(Settings, ThatWereCheckedInTheSameCallAreNotReportedAgain) {
  const std::string text = Used("    - {name: image, type: number, value: 1}\n");
  const model::Decoded decoded = model::DecodeText(text);
  const ComponentRevision revision{
      std::get<model::ComponentSchematic>(decoded.documents.at(0).value), 1, true};
  const catalog::TypeTable types = Types();
  Environment environment{.types = &types,
                          .component = [&](const std::string&) { return &revision; },
                          .component_names = [] { return std::vector<std::string>(); },
                          .owner = [](const std::string&) { return std::string(); }};
  EXPECT_THAT(Brief(CheckComponent(decoded.documents[0], types)),
              ElementsAre("9:42 BAD_PROPERTY /spec/workloadSettings/0/value"));
  EXPECT_THAT(Resolve(decoded.documents.at(1), environment).diagnostics, IsEmpty());
}

// Checklist, rules 4 and 12.
TEST(Rule4Containers, AreNotNeededByATypeOfAnotherGroup) {
  EXPECT_EQ(Properties("    - {name: image, type: string, value: i}\n", ""), R"({"image":"i"})");
}

}  // namespace
}  // namespace weft::resolve
