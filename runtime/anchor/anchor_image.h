#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "runtime/engine/engine.h"

namespace weft::anchor {

// A tar archive (POSIX.1-1988, ustar) of one executable file, owned by root. `name` has at most 99
// bytes.
std::string TarOf(const std::string& name, const std::string& bytes);

// The reference of an image that runs `program`, the path of a static executable, and holds nothing
// else: "weft/anchor:" and a hash of the file. Imported into `engine` if it is not there; nothing
// is pulled. NOT_FOUND: no such program; else the engine's errors.
absl::StatusOr<std::string> EnsureAnchorImage(engine::Engine& engine, const std::string& program);

}  // namespace weft::anchor
