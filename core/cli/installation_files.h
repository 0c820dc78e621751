#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

// What of a data directory is Weft's: the one list for backups, restores and the end of an
// installation.
namespace weft::cli {

// Directories in which a backup and a restore do their work; the next one removes what is left.
inline constexpr char kBackupStaging[] = "backup.new";
inline constexpr char kRestoreStaging[] = "restore.new";
inline constexpr char kRestoreDone[] = "restore.done";
// Before the time at which a restore moved aside what is in a directory, which then stays.
inline constexpr char kReplaced[] = "replaced-";

// Whether the path, of an entry of a data directory or of something below one, is of what an
// installation needs to go on: not what can be made anew (run/, logs/, tokens), nor the engine, nor
// anything that is not Weft's. False of a path that is absolute or has a step up.
bool IsOfInstallation(const std::string& path);

// Whether the entry `name` of a data directory is one that Weft makes, of an installation or not.
bool IsWefts(const std::string& name);

// Whether an entry with this name is a database; the files beside it, which SQLite makes, are none.
bool IsDatabase(const std::string& name);

// What the data directory at `root` holds of an installation: the paths below it of files and
// links, in order. Empty: it holds none. INTERNAL: it cannot be read.
absl::StatusOr<std::vector<std::string>> InstallationFiles(const std::string& root);

// Whatever is not a directory, below `root`, likewise.
absl::StatusOr<std::vector<std::string>> FilesBelow(const std::string& root);

}  // namespace weft::cli
