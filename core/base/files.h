#pragma once

#include <string>

namespace weft {

// The bytes of the file at `path`; empty where there is none, or where it cannot be read to its
// end: it is a folder, or it speaks of a process that ended meanwhile (/proc). Never throws.
// Thread-safe.
std::string ReadFileOrEmpty(const std::string& path);

}  // namespace weft
