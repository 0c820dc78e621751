#pragma once

#include <string>
#include <vector>

namespace weft {

// What exec(3) and posix_spawn(3) take as arguments or environment: pointers to `texts`, then null.
// Valid as long as `texts` is unchanged.
inline std::vector<char*> PointersTo(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace weft
