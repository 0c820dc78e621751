#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weft {

// The mount points below `directory` (an absolute path without links), the deepest first, of a text
// in the format of /proc/self/mountinfo, proc(5).
std::vector<std::string> MountsBelow(std::string_view mountinfo, const std::string& directory);

}  // namespace weft
