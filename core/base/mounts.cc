#include "core/base/mounts.h"

#include <algorithm>
#include <functional>
#include <sstream>

#include "absl/strings/match.h"

namespace weft {
namespace {

// mountinfo writes blanks and the like as a backslash and three octal digits.
std::string Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      out +=
          static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + text[i + 3] - '0');
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

std::vector<std::string> MountsBelow(std::string_view mountinfo, const std::string& directory) {
  std::vector<std::string> mounts;
  std::istringstream lines{std::string(mountinfo)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string id, parent, device, root, point;
    if (!(fields >> id >> parent >> device >> root >> point)) continue;
    point = Unescape(point);
    if (absl::StartsWith(point, directory + "/")) mounts.push_back(point);
  }
  std::sort(mounts.begin(), mounts.end(), std::greater<std::string>());
  return mounts;
}

}  // namespace weft
