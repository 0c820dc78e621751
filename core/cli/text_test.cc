#include "core/cli/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::cli {
namespace {

using ::testing::ElementsAre;

TEST(WidthTest, CountsCharactersWithoutColours) {
  EXPECT_EQ(Width(""), 0);
  EXPECT_EQ(Width("größer"), 6);
  EXPECT_EQ(Width("\033[1;32mHEALTHY\033[0m"), 7);
}

TEST(WrapTest, BreaksAtBlanksAndKeepsLongWords) {
  EXPECT_THAT(Wrap("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(Wrap("a sha256:0123456789 b", 5), ElementsAre("a", "sha256:0123456789", "b"));
  EXPECT_THAT(Wrap("a   b", 80), ElementsAre("a   b"));
  EXPECT_THAT(Wrap("", 5), ElementsAre(""));
}

TEST(TableTest, AlignsColumnsWithoutBlanksAtTheEnd) {
  EXPECT_EQ(RenderTable({{"NAME", "AGE"}, {"größer", "5m"}, {"a", ""}}),
            "NAME    AGE\n"
            "größer  5m\n"
            "a\n");
}

TEST(AgeTest, IsRoundedDownToItsLargestUnit) {
  EXPECT_EQ(FormatAge(absl::Seconds(-3)), "0s");
  EXPECT_EQ(FormatAge(absl::Seconds(119)), "119s");
  EXPECT_EQ(FormatAge(absl::Seconds(120)), "2m");
  EXPECT_EQ(FormatAge(absl::Minutes(119)), "119m");
  EXPECT_EQ(FormatAge(absl::Hours(47)), "47h");
  EXPECT_EQ(FormatAge(absl::Hours(49)), "2d");
}

TEST(CountTest, HasAPlural) {
  EXPECT_EQ(Count(1, "pod"), "1 pod");
  EXPECT_EQ(Count(0, "pod"), "0 pods");
}

TEST(TreeTest, DrawsBranchesAndHangsNotesBelowTheirNode) {
  const TreeNode tree = {
      .line = "app",
      .notes = {"why"},
      .branches = {{.line = "a", .branches = {{.line = "a1"}}}, {.line = "b", .notes = {"note"}}}};
  EXPECT_EQ(RenderTree(tree, 80),
            "app\n"
            "│  why\n"
            "├─ a\n"
            "│  └─ a1\n"
            "└─ b\n"
            "      note\n");
}

TEST(TreeTest, WrapsWithinTheLines) {
  const TreeNode tree = {.line = "app", .branches = {{.line = "one two three"}, {.line = "b"}}};
  EXPECT_EQ(RenderTree(tree, 14),
            "app\n"
            "├─ one two\n"
            "│     three\n"
            "└─ b\n");
}

}  // namespace
}  // namespace weft::cli
