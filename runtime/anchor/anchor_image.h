#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "runtime/anchor/network_access.h"
#include "runtime/engine/engine.h"

namespace weft::anchor {

// Where the image has its program.
inline constexpr char kProgramPath[] = "/weft-anchor";

// What its command "connect" writes first, once it is connected.
inline constexpr char kConnected = '+';

// The reference of an image that runs `program`, the path of a static executable, and holds nothing
// else but what `access` needs: "weft/anchor:" and a hash of all. Imported into `engine` if it is
// not there; nothing is pulled. NOT_FOUND: no such program; else as NetworkTools, or the engine's
// errors.
absl::StatusOr<std::string> EnsureAnchorImage(engine::Engine& engine, const std::string& program,
                                              NetworkAccess access = NetworkAccess::kDirect);

// Where a name server has its names: files as hosts(5), looked at whenever they change.
inline constexpr char kNamesPath[] = "/names";

// The reference of an image that runs `dnsmasq`, the path of that program, to answer for the names
// in kNamesPath and to ask the engine for the others: "weft/names:" and a hash. Errors as
// ProgramWithLibraries, or the engine's.
absl::StatusOr<std::string> EnsureNameServerImage(engine::Engine& engine,
                                                  const std::string& dnsmasq);

}  // namespace weft::anchor
