#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

namespace weft::fuzz {

// Ends the process, which makes the input a finding, unless `holds`.
inline void Expect(bool holds, const char* what, const std::string& detail = "") {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n%s\n", what, detail.c_str());
  std::abort();
}

}  // namespace weft::fuzz
