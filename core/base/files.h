#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace weft {

// Writes `text` to `path`, a file of mode 0600, so that a reader sees the old text or the new one.
// FAILED_PRECONDITION: cannot be written.
absl::Status WriteFileAtomically(const std::string& path, std::string_view text);

// The bytes of the file at `path`; empty where there is none, or where it cannot be read to its
// end: it is a folder, or it speaks of a process that ended meanwhile (/proc). Never throws.
// Thread-safe.
std::string ReadFileOrEmpty(const std::string& path);

}  // namespace weft
