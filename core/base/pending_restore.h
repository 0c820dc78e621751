#pragma once

// A restore of a data directory (core/cli/restore.h) that has begun to change it, in one of these
// directories below it, has to be finished before anything of the installation is used.
namespace weft {

inline constexpr char kRestoreReady[] = "restore.ready";    // The old files are moved away.
inline constexpr char kRestoreMoving[] = "restore.moving";  // The restored files are moved in.

}  // namespace weft
