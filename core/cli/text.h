#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

// Text for people: pure functions.
namespace weft::cli {

// Columns that `text` (UTF-8) takes in a terminal: its characters, without colour sequences.
int Width(std::string_view text);

// `text` broken at blanks into lines of at most `width` columns; a longer word stays whole.
std::vector<std::string> Wrap(std::string_view text, int width);

// Columns aligned with two blanks between them; the first row is the heading. No blanks at the ends
// of lines. Every row has as many cells as the heading.
std::string RenderTable(const std::vector<std::vector<std::string>>& rows);
// Likewise, with columns at least as wide as `widths`, which become as wide as the rows need: so
// that more rows may follow under the same heading.
std::string RenderTable(const std::vector<std::vector<std::string>>& rows,
                        std::vector<int>& widths);

// "12s", "5m", "3h", "2d": rounded down; what is not after zero is "0s".
std::string FormatAge(absl::Duration age);

// "1 pod", "3 pods".
std::string Count(int64_t number, std::string_view noun);

// A part of a tree: one line, then lines that belong to it, then its branches.
struct TreeNode {
  std::string line;
  std::vector<std::string> notes;
  std::vector<TreeNode> branches;
};

// The tree with lines drawn, wrapped at `width` columns.
std::string RenderTree(const TreeNode& root, int width);

}  // namespace weft::cli
