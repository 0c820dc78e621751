#pragma once

#include <cstdlib>
#include <string>

namespace weft {

// The value of an environment variable; empty where there is none. Not while another thread changes
// the environment.
inline std::string Environment(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace weft
