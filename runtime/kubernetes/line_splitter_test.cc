#include "runtime/kubernetes/line_splitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

namespace weft::kubernetes {
namespace {

TEST(LineSplitter, GivesTheSameLinesHoweverTheBytesCome) {
  const std::string text = "one\n\ntwo two\nthree\n";
  for (size_t piece = 1; piece <= text.size(); ++piece) {
    LineSplitter splitter;
    std::vector<std::string> lines;
    for (size_t at = 0; at < text.size(); at += piece)
      splitter.Add(text.substr(at, piece),
                   [&](std::string_view line) { lines.emplace_back(line); });
    EXPECT_THAT(lines, testing::ElementsAre("one", "two two", "three")) << piece;
  }
}

TEST(LineSplitter, KeepsALineThatIsNotWhole) {
  LineSplitter splitter;
  std::vector<std::string> lines;
  const auto take = [&](std::string_view line) { lines.emplace_back(line); };
  splitter.Add("{\"a\"", take);
  EXPECT_TRUE(lines.empty());
  splitter.Add(":1}\n{", take);
  EXPECT_THAT(lines, testing::ElementsAre("{\"a\":1}"));
}

}  // namespace
}  // namespace weft::kubernetes
