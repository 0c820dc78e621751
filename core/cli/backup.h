#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "core/base/data_directory.h"
#include "core/cli/backup_manifest.h"

namespace weft::cli {

// Writes everything that the installation in `data` needs to go on to the archive `file`, of mode
// 0600, in the place of an older one; returns what is in it. `version` is that of this program. The
// installation may run: each database is copied as it is at one moment, the core's before those of
// runtimes, so that a runtime knows whatever the core has seen it accept. Needs room for it twice,
// once below the data directory. Holds the lock of backups until the process ends.
// NOT_FOUND: there is no installation. DATA_LOSS: a database is damaged. FAILED_PRECONDITION: a
// restore was cut short; another backup is being made; a file is a link to what is not of the
// installation, or has a name that is not UTF-8. RESOURCE_EXHAUSTED, FAILED_PRECONDITION: it cannot
// be written.
absl::StatusOr<BackupManifest> WriteBackup(const DataDirectory& data, const std::string& version,
                                           const std::string& file);

}  // namespace weft::cli
