#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "core/base/data_directory.h"
#include "core/cli/backup_manifest.h"

namespace weft::cli {

struct RestoreResult {
  BackupManifest manifest;
  std::string replaced;  // The directory of what was there before; empty: nothing was.
};

// Makes `data` hold the installation of the backup `file`, whole or not at all. Nothing changes
// before every byte of it is there and has the digest that the manifest says. A restore that is cut
// short after that is finished by the next one, before anything else and without its archive; until
// then the programs of the installation refuse to start (core/base/pending_restore.h), and nobody
// changes an identity. Without a `file` nothing but that is done. `done` is called for each restore
// that came to its end: for one that had been cut short, and for that of `file`, unless it is the
// same.
//
// Holds the locks of the installation until the process ends, and that of its identities. With
// `force` an installation that is there is moved aside, but for its engine, which goes on.
// FAILED_PRECONDITION: there is one and no `force`; a service runs; the disk does not take it;
// there is neither a `file` nor anything to finish. NOT_FOUND: there is no such file.
// INVALID_ARGUMENT, DATA_LOSS: it is no backup, or a damaged one.
absl::Status RestoreBackup(const DataDirectory& data, const std::string& file, bool force,
                           const std::function<void(const RestoreResult&)>& done);

}  // namespace weft::cli
