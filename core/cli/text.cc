#include "core/cli/text.h"

#include <algorithm>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace weft::cli {
namespace {

// `lines` behind `first`, and behind `rest` from the second line on.
void AppendLines(std::string& out, const std::string& first, const std::string& rest,
                 const std::vector<std::string>& lines) {
  for (size_t i = 0; i < lines.size(); ++i)
    absl::StrAppend(&out, i == 0 ? first : rest, lines[i], "\n");
}

// `lead` stands before the node's first line, `below` before whatever belongs to it.
void AppendNode(std::string& out, const TreeNode& node, const std::string& lead,
                const std::string& below, int width) {
  const std::string bar = below + (node.branches.empty() ? "   " : "│  ");
  AppendLines(out, lead, bar, Wrap(node.line, width - Width(bar)));
  for (const std::string& note : node.notes)
    AppendLines(out, bar, bar + "  ", Wrap(note, width - Width(bar) - 2));
  for (size_t i = 0; i < node.branches.size(); ++i) {
    const bool last = i + 1 == node.branches.size();
    AppendNode(out, node.branches[i], below + (last ? "└─ " : "├─ "),
               below + (last ? "   " : "│  "), width);
  }
}

}  // namespace

int Width(std::string_view text) {
  int width = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\033') {
      i = std::min(text.find('m', i), text.size());
    } else if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) {
      ++width;
    }
  }
  return width;
}

std::vector<std::string> Wrap(std::string_view text, int width) {
  std::vector<std::string> lines = {""};
  int used = 0;
  for (size_t at = 0; at < text.size();) {
    // Blanks stay as they are within a line: they align columns.
    const size_t word = std::min(text.find_first_not_of(' ', at), text.size());
    const size_t end = std::min(text.find(' ', word), text.size());
    const int size = Width(text.substr(at, end - at));
    if (used > 0 && used + size > width) {
      lines.emplace_back();
      used = 0;
      at = word;
    }
    const std::string_view piece = text.substr(at, end - at);
    lines.back().append(piece);
    used += Width(piece);
    at = end;
  }
  return lines;
}

std::string RenderTable(const std::vector<std::vector<std::string>>& rows) {
  std::vector<int> widths;
  return RenderTable(rows, widths);
}

std::string RenderTable(const std::vector<std::vector<std::string>>& rows,
                        std::vector<int>& widths) {
  for (const std::vector<std::string>& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::string out;
  for (const std::vector<std::string>& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      line.append(static_cast<size_t>(widths[i] - Width(row[i])) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&out, line, "\n");
  }
  return out;
}

std::string FormatAge(absl::Duration age) {
  const int64_t seconds = std::max<int64_t>(0, absl::ToInt64Seconds(age));
  if (seconds < 120) return absl::StrCat(seconds, "s");
  if (seconds < 120 * 60) return absl::StrCat(seconds / 60, "m");
  if (seconds < 48 * 3600) return absl::StrCat(seconds / 3600, "h");
  return absl::StrCat(seconds / 86400, "d");
}

std::string Count(int64_t number, std::string_view noun) {
  return absl::StrCat(number, " ", absl::string_view(noun.data(), noun.size()),
                      number == 1 ? "" : "s");
}

std::string RenderTree(const TreeNode& root, int width) {
  std::string out;
  AppendNode(out, root, "", "", width);
  return out;
}

}  // namespace weft::cli
