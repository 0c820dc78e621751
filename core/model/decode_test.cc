#include "core/model/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "core/model/testing.h"

namespace weft::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// The first four lines of a document that is named `name`.
std::string Head(const std::string& kind, const std::string& name) {
  return absl::StrCat("apiVersion: core.oam.dev/v1alpha1\nkind: ", kind,
                      "\nmetadata:\n  name: ", name, "\n");
}

std::string Component(const std::string& name) {
  return Head("ComponentSchematic", name) + "spec:\n  workloadType: example.org/v1.Thing\n";
}

std::string Application(const std::string& name) {
  return Head("ApplicationConfiguration", name) + "spec:\n  components: []\n";
}

TEST(Decode, ReadsSeveralDocumentsOfSeveralTextsInOrder) {
  const Decoded decoded =
      Decode({{"a.yaml", Component("one") + "---\n" + Application("two") + "---\n"},
              {"b.yaml", Component("three")}},
             "shop");
  EXPECT_THAT(decoded.diagnostics, IsEmpty()) << Full(decoded.diagnostics);
  ASSERT_THAT(decoded.documents, SizeIs(3));
  EXPECT_EQ(decoded.documents[0].metadata().name, "one");
  EXPECT_EQ(decoded.documents[0].kind(), "ComponentSchematic");
  EXPECT_EQ(decoded.documents[0].name, "a.yaml");
  EXPECT_EQ(decoded.documents[1].kind(), "ApplicationConfiguration");
  EXPECT_EQ(decoded.documents[2].name, "b.yaml");
  EXPECT_EQ(decoded.documents[2].metadata().name_space, "shop");
}

TEST(Decode, ChecksTheOtherDocumentsWhateverOneHolds) {
  const Decoded decoded =
      Decode({{"a.yaml", "a: [\n"},
              {"b.yaml", Application("ok") + "---\nkind: 3\n---\n" + Component("-a")},
              {"c.yaml", Component("fine")}},
             "default");
  EXPECT_THAT(decoded.documents, SizeIs(2));
  EXPECT_THAT(Brief(decoded.diagnostics),
              ElementsAre("2:1 SYNTAX ", "8:1 MISSING_FIELD ", "8:7 WRONG_TYPE /kind",
                          "13:9 BAD_NAME /metadata/name"));
  EXPECT_EQ(decoded.diagnostics[0].document, "a.yaml");
  EXPECT_EQ(decoded.diagnostics[3].document, "b.yaml");
}

TEST(Decode, JsonAndYamlOfOneApplicationAreOneRevision) {
  const Decoded json = DecodeTestData("shop.json");
  const Decoded yaml = DecodeTestData("shop.yaml");
  EXPECT_THAT(json.diagnostics, IsEmpty()) << Full(json.diagnostics);
  EXPECT_THAT(yaml.diagnostics, IsEmpty()) << Full(yaml.diagnostics);
  ASSERT_THAT(json.documents, SizeIs(1));
  ASSERT_THAT(yaml.documents, SizeIs(3));
  EXPECT_EQ(json.documents[0].canonical, yaml.documents[2].canonical);
}

TEST(Decode, TheCanonicalTextDecodesToItself) {
  for (const char* file : {"everything.yaml", "shop.yaml"}) {
    for (const Document& document : DecodeTestData(file).documents) {
      const Decoded again = DecodeText(document.canonical);
      EXPECT_THAT(again.diagnostics, IsEmpty()) << Full(again.diagnostics);
      ASSERT_THAT(again.documents, SizeIs(1));
      EXPECT_EQ(again.documents[0].canonical, document.canonical);
    }
  }
}

TEST(Decode, TheExampleOfTheDocumentationIsCorrect) {
  const std::string page = ReadFile(absl::StrCat(WEFT_SOURCE_DIR, "/docs/oam.md"));
  const size_t begin = page.find("```yaml\n") + 8;
  const Decoded decoded = DecodeText(page.substr(begin, page.find("```", begin) - begin));
  EXPECT_THAT(decoded.documents, SizeIs(2));
  EXPECT_THAT(decoded.diagnostics, IsEmpty()) << Full(decoded.diagnostics);
}

TEST(Decode, SpellingDoesNotMakeARevision) {
  const std::string spec = "spec: {workloadType: x/v1.Y, parameters: [{name: a, type: boolean, ";
  const std::string head = Head("ComponentSchematic", "c");
  const std::vector<std::string> spellings = {
      head + spec + "default: on}]}", head + "# a comment\n" + spec + "default: true}]}",
      head + spec + "default: Yes}], osType: }",
      head + spec + "\"default\":   true}], arch: null}\nstatus: {phase: x}\n"};
  for (const std::string& text : spellings) {
    const Decoded decoded = DecodeText(text);
    ASSERT_THAT(decoded.documents, SizeIs(1)) << Full(decoded.diagnostics);
    EXPECT_EQ(decoded.documents[0].canonical, DecodeText(spellings[0]).documents[0].canonical);
  }
}

TEST(Decode, ReportsWhatIsWrongWithAnyDocument) {
  Check("", {
                {"a list", "- a\n", {"1:1 WRONG_TYPE "}, ""},
                {"neither version nor kind",
                 "{}",
                 {"1:1 MISSING_FIELD ", "1:1 MISSING_FIELD "},
                 "apiVersion"},
                {"another version",
                 "apiVersion: core.oam.dev/v1alpha2\nkind: Component\n",
                 {"1:13 UNKNOWN_KIND /apiVersion"},
                 "write core.oam.dev/v1alpha1"},
                {"another kind",
                 "apiVersion: core.oam.dev/v1alpha1\nkind: ComponentSchema\n",
                 {"2:7 UNKNOWN_KIND /kind"},
                 "write ComponentSchematic"},
                {"no metadata, no spec",
                 "apiVersion: core.oam.dev/v1alpha1\nkind: ComponentSchematic\n",
                 {"1:1 MISSING_FIELD ", "1:1 MISSING_FIELD "},
                 "add \"metadata\""},
                {"no name",
                 "apiVersion: core.oam.dev/v1alpha1\nkind: ApplicationConfiguration\n"
                 "metadata: {nam: x}\nspec: {}\n",
                 {"3:12 UNKNOWN_FIELD /metadata/nam"},
                 "write \"name\""},
                {"a field that nobody knows",
                 Application("a") + "sepc: {}\n",
                 {"7:1 UNKNOWN_FIELD /sepc"},
                 "write \"spec\""},
                {"what a server sets",
                 Application("a") + "status: {}\n",
                 {"7:1 note IGNORED_FIELD /status"},
                 ""},
                {"a namespace that is none",
                 Head("ApplicationConfiguration", "a") + "  namespace: Lab\nspec: {}\n",
                 {"5:14 BAD_NAME /metadata/namespace"},
                 ""},
                {"twice",
                 Component("a") + "---\n" + Component("a"),
                 {"11:9 DUPLICATE_DOCUMENT /metadata/name"},
                 "leave one of them out"},
                {"a duplicate key",
                 Component("a") + "  workloadType: b\n",
                 {"7:3 DUPLICATE_KEY /spec/workloadType"},
                 "leave one of them out"},
            });
}

// Checklist, rule 2.
TEST(Rule2Identity, IsUniqueOverTextsWithinKindAndNamespace) {
  const std::string other =
      Head("ComponentSchematic", "a") + "  namespace: other\nspec: {workloadType: x/v1.Y}\n";
  const Decoded decoded =
      Decode({{"1", Component("a")}, {"2", Application("a")}, {"3", other}, {"4", Component("a")}},
             "default");
  EXPECT_THAT(decoded.documents, SizeIs(3));
  ASSERT_THAT(decoded.diagnostics, SizeIs(1));
  EXPECT_EQ(decoded.diagnostics[0].document, "4");
  EXPECT_THAT(decoded.diagnostics[0].message, HasSubstr("first at 1:4"));
}

TEST(Decode, BoundsTheDocumentsOfACall) {
  std::vector<Source> sources(2);
  for (int i = 0; i < 1001; ++i) {
    Source& source = sources[i < 600 ? 0 : 1];
    source.name = i < 600 ? "a" : "b";
    absl::StrAppend(&source.text, "---\n", Application(absl::StrCat("a", i)));
  }
  const Decoded decoded = Decode(sources, "default");
  EXPECT_THAT(decoded.documents, SizeIs(1000));
  ASSERT_THAT(Brief(decoded.diagnostics), ElementsAre("2802:1 LIMIT "));
  EXPECT_EQ(decoded.diagnostics[0].document, "b");
}

TEST(Decode, ShowsAtMostTwoHundredDiagnosticsWithErrorsFirst) {
  std::string text = Application("a");
  for (int i = 0; i < 300; ++i) absl::StrAppend(&text, "field-", i, ": 1\n");
  const Decoded decoded = DecodeText(text);
  ASSERT_THAT(decoded.diagnostics, SizeIs(201));
  EXPECT_EQ(decoded.diagnostics[199].code, "UNKNOWN_FIELD");
  EXPECT_EQ(decoded.diagnostics[200].code, "MORE");
  EXPECT_THAT(decoded.diagnostics[200].message, HasSubstr("100 more"));
}

TEST(Decode, RefusesADocumentThatAliasesMakeTooLarge) {
  const std::string big(200, 'x');
  std::string text =
      "apiVersion: core.oam.dev/v1alpha1\nkind: ComponentSchematic\n"
      "metadata: {name: a}\nspec:\n  workloadType: x/v1.Y\n  parameters:\n"
      "    - {name: a, type: array, default: &a [";
  for (int i = 0; i < 90; ++i) absl::StrAppend(&text, "\"", big, "\", ");
  text += "]}\n    - {name: b, type: array, default: [";
  for (int i = 0; i < 50; ++i) text += "*a, ";
  text += "\"" + std::string(200000, 'y') + "\"";
  const Decoded decoded = DecodeText(text + "]}\n");
  EXPECT_THAT(decoded.documents, IsEmpty());
  EXPECT_THAT(Brief(decoded.diagnostics), ElementsAre("1:1 LIMIT "));
}

TEST(Place, FindsKeysAndValuesOfADecodedDocument) {
  const Decoded decoded = DecodeText(Component("a"));
  const Diagnostic key = Place(decoded.documents[0], "/spec/workloadType", At::kKey);
  const Diagnostic value = Place(decoded.documents[0], "/spec/workloadType", At::kValue);
  EXPECT_EQ(Brief(key), "6:3  /spec/workloadType");
  EXPECT_EQ(Brief(value), "6:17  /spec/workloadType");
  EXPECT_EQ(key.document, "test.yaml");
}

}  // namespace
}  // namespace weft::model
