#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "core/model/testing.h"
#include "core/model/yaml_tree.h"

namespace weft::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string PlaceOf(const Tree& tree, std::string_view pointer) {
  const Position key = tree.Key(pointer);
  const Position value = tree.Value(pointer);
  return absl::StrCat(key.line, ":", key.column, " ", value.line, ":", value.column);
}

// The first document of a text that has nothing wrong.
std::shared_ptr<const Tree> Read(std::string_view text) {
  YamlText read = ReadYaml("t", text);
  EXPECT_THAT(Brief(read.diagnostics), IsEmpty()) << Full(read.diagnostics);
  return read.documents.empty() ? nullptr : read.documents[0];
}

TEST(Yaml, KnowsThePlaceOfEveryKeyAndValue) {
  const auto tree = Read("a:\n  - b: 1\n    c: [x, {d: y}]\n  - 'z'\n\"e\":\n  f/g: |\n    text\n");
  EXPECT_EQ(PlaceOf(*tree, ""), "1:1 1:1");
  EXPECT_EQ(PlaceOf(*tree, "/a"), "1:1 2:3");
  EXPECT_EQ(PlaceOf(*tree, "/a/0/b"), "2:5 2:8");
  EXPECT_EQ(PlaceOf(*tree, "/a/0/c"), "3:5 3:8");
  EXPECT_EQ(PlaceOf(*tree, "/a/0/c/1/d"), "3:13 3:16");
  EXPECT_EQ(PlaceOf(*tree, "/a/1"), "4:5 4:5");
  EXPECT_EQ(PlaceOf(*tree, "/e/f~1g").substr(0, 3), "6:3");
}

TEST(Yaml, FallsBackToTheNearestEnclosingPlace) {
  const auto tree = Read("a:\n  b: 1\n");
  EXPECT_EQ(PlaceOf(*tree, "/a/c/d"), "1:1 2:3");
  EXPECT_EQ(PlaceOf(*tree, "/a/b/0"), "2:3 2:6");
  EXPECT_EQ(PlaceOf(*tree, "/x"), "1:1 1:1");
}

TEST(Yaml, CountsColumnsInCharactersWhateverTheLineEnds) {
  EXPECT_EQ(PlaceOf(*Read("{\"é😀\": 1, b: 2}"), "/b"), "1:11 1:14");
  EXPECT_EQ(PlaceOf(*Read("a: é\r\nb: 1\r\n"), "/b"), "2:1 2:4");
  EXPECT_EQ(PlaceOf(*Read("\xEF\xBB\xBF"
                          "a: 1\n"),
                    "/a"),
            "1:1 1:4");
  EXPECT_EQ(PlaceOf(*Read("# " + std::string(600, 'x') + "\na: {b: 1}\n"), "/a/b"), "2:5 2:8");
}

TEST(Yaml, WritesOutTheSurrogatePairsOfJson) {
  const auto tree = Read(R"({"a": "\ud83d\ude00", "b": 2})");
  EXPECT_EQ(tree->root().Find("a")->value->text, "\xF0\x9F\x98\x80");
  EXPECT_EQ(PlaceOf(*tree, "/b"), "1:23 1:28");
}

TEST(Yaml, TypesPlainScalarsAsTheCoreSchemaDoes) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"12", "12"},
      {"-7", "-7"},
      {"0x1F", "31"},
      {"0o17", "15"},
      {"1e3", "1000"},
      {"1.50", "1.5"},
      {"100.0", "100"},
      {"true", "true"},
      {"False", "false"},
      {"~", "null"},
      {"null", "null"},
      {"1.2.3", "\"1.2.3\""},
      {"\"12\"", "\"12\""},
      {"'on'", "\"on\""},
      {"!!str 1", "\"1\""},
      {"0755", "755"},
      {"18446744073709551615", "18446744073709551615"},
      {"-9223372036854775808", "-9223372036854775808"}};
  for (const auto& [text, canonical] : cases) {
    const absl::StatusOr<json::value> value =
        ScalarValue(*Read("v: " + text)->root().Find("v")->value);
    ASSERT_TRUE(value.ok()) << text;
    EXPECT_EQ(json::Canonical(*value), canonical) << text;
  }
  for (const char* text :
       {"18446744073709551616", "-9223372036854775809", ".inf", ".nan", "1e999"}) {
    EXPECT_FALSE(ScalarValue(*Read(std::string("v: ") + text)->root().Find("v")->value).ok())
        << text;
  }
}

TEST(Yaml, MergesMapsWithTheirOwnKeysFirst) {
  const auto tree = Read(
      "base: &base {a: 1, b: 2}\nmore: &more {b: 3, c: 4}\n"
      "one: {<<: *base, a: 9}\ntwo: {<<: [*base, *more]}\n\"<<\": text\n");
  const Node& one = *tree->root().Find("one")->value;
  EXPECT_EQ(one.Find("a")->value->text, "9");
  EXPECT_EQ(one.Find("b")->value->text, "2");
  const Node& two = *tree->root().Find("two")->value;
  EXPECT_EQ(two.Find("b")->value->text, "2");
  EXPECT_EQ(two.Find("c")->value->text, "4");
  EXPECT_EQ(PlaceOf(*tree, "/two/c"), "2:20 2:23");
  EXPECT_EQ(tree->root().Find("<<")->value->text, "text");
}

struct Broken {
  const char* name;
  std::string text;
  std::vector<std::string> expected;
  std::string message;
};

TEST(Yaml, ReportsWhatItCannotReadAtItsPlace) {
  const std::vector<Broken> cases = {
      {"duplicate key",
       "a:\n  b: 1\n  c: 2\n  b: 3\n",
       {"4:3 DUPLICATE_KEY /a/b"},
       "\"b\" stands twice"},
      {"two duplicates",
       "{a: 1, a: 2, b: 1, b: 2}",
       {"1:8 DUPLICATE_KEY /a", "1:20 DUPLICATE_KEY /b"},
       "twice"},
      {"escaped duplicate", "{\"a\": 1, \"\\u0061\": 2}", {"1:10 DUPLICATE_KEY /a"}, "twice"},
      {"merge of a scalar", "a: {<<: 1}", {"1:9 MERGE_KEY /a/<<"}, "a map or a list of maps"},
      {"a map as a key", "? {a: 1}\n: 2\n", {"1:3 SYNTAX "}, "a key must be a string"},
      {"unknown tag", "a: !thing 1", {"1:4 SYNTAX /a"}, "no meaning here"},
      {"a tab", "a:\n\t- b\n", {"2:2 SYNTAX "}, "not well-formed"},
      {"open list", "a: [1, 2\nb: 3\n", {"2:2 SYNTAX "}, "not well-formed"},
      {"open quote", "a: 'text\n", {"1:4 SYNTAX /a"}, "never closed"},
      {"a control character", "a: 1\nb: \x01\n", {"2:4 SYNTAX "}, "does not allow"},
      {"not UTF-8", "a: \xC3\x28", {"1:4 SYNTAX "}, "UTF-8"},
      {"null character", "a: \"\\0\"", {"1:4 SYNTAX /a"}, "U+0000"},
      {"unknown alias", "a: *b", {"1:4 SYNTAX "}, "not well-formed"},
      {"long key", std::string(513, 'k') + ": 1", {"1:1 LIMIT "}, "512 bytes"},
      {"too deep", std::string(65, '[') + std::string(65, ']'), {"1:65 LIMIT /0/0"}, "64 levels"},
      {"too large", std::string((1 << 20) + 1, ' '), {"0:0 LIMIT "}, "1 MiB"}};
  for (const Broken& c : cases) {
    SCOPED_TRACE(c.name);
    const YamlText read = ReadYaml("t", c.text);
    ASSERT_THAT(read.diagnostics, SizeIs(c.expected.size())) << Full(read.diagnostics);
    for (size_t i = 0; i < c.expected.size(); ++i) {
      EXPECT_THAT(Brief(read.diagnostics[i]), testing::StartsWith(c.expected[i]));
      EXPECT_THAT(read.diagnostics[i].message, HasSubstr(c.message));
    }
    EXPECT_EQ(std::count(read.refused.begin(), read.refused.end(), false), 0);
  }
}

TEST(Yaml, KeepsTheDocumentsBeforeASyntaxError) {
  const YamlText read = ReadYaml("t", "a: 1\n---\nb: 2\n---\nc: [\n---\nd: 4\n");
  EXPECT_THAT(read.documents, SizeIs(2));
  EXPECT_THAT(read.diagnostics, SizeIs(1)) << Full(read.diagnostics);
}

TEST(Yaml, SkipsEmptyDocuments) {
  EXPECT_THAT(ReadYaml("t", "---\n# nothing\n---\na: 1\n---\n---\nb: 2\n").documents, SizeIs(2));
  EXPECT_THAT(ReadYaml("t", "").documents, IsEmpty());
  EXPECT_THAT(ReadYaml("t", "# only a comment\n").documents, IsEmpty());
}

TEST(Yaml, BoundsWhatAliasesStandFor) {
  std::string text = "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i <= 9; ++i) {
    const std::string below = absl::StrCat("*l", i - 1);
    absl::StrAppend(&text, "l", i, ": &l", i, " [", below);
    for (int n = 0; n < 9; ++n) absl::StrAppend(&text, ", ", below);
    text += "]\n";
  }
  const YamlText read = ReadYaml("t", text);
  ASSERT_THAT(read.diagnostics, SizeIs(1));
  EXPECT_EQ(read.diagnostics[0].code, "LIMIT");
  EXPECT_THAT(read.documents, IsEmpty());
}

TEST(Yaml, BoundsTheBytesThatAliasesStandFor) {
  std::string text = "a: &a [" + std::string(100000, 'x') + "]\nb: [";
  for (int i = 0; i < 11; ++i) text += "*a, ";
  const YamlText read = ReadYaml("t", text + "]\n");
  ASSERT_THAT(Brief(read.diagnostics), ElementsAre("2:45 LIMIT /b/10"));
  EXPECT_THAT(read.diagnostics[0].message, HasSubstr("1 MiB"));
  EXPECT_THAT(read.documents, IsEmpty());
}

TEST(Yaml, BoundsTheDocumentsOfAText) {
  std::string text;
  for (int i = 0; i < 1001; ++i) text += "---\na: 1\n";
  const YamlText read = ReadYaml("t", text);
  EXPECT_THAT(read.documents, SizeIs(1000));
  EXPECT_THAT(Brief(read.diagnostics), ElementsAre("2001:1 LIMIT "));
}

}  // namespace
}  // namespace weft::model
