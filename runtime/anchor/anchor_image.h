#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "runtime/engine/engine.h"

namespace weft::anchor {

// Where the image has its program.
inline constexpr char kProgramPath[] = "/weft-anchor";

// The reference of an image that runs `program`, the path of a static executable, and holds nothing
// else: "weft/anchor:" and a hash of the file. Imported into `engine` if it is not there; nothing
// is pulled. NOT_FOUND: no such program; else the engine's errors.
absl::StatusOr<std::string> EnsureAnchorImage(engine::Engine& engine, const std::string& program);

}  // namespace weft::anchor
