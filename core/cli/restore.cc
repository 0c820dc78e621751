#include "core/cli/restore.h"

#include <filesystem>
#include <set>
#include <stdio.h>
#include <unistd.h>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/auth/identities.h"
#include "core/base/failpoint.h"
#include "core/base/files.h"
#include "core/base/pending_restore.h"
#include "core/base/status.h"
#include "core/cli/archive.h"
#include "core/cli/installation_files.h"
#include "core/cli/process_record.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

// A restore is a directory with the restored files in new/, those that were there before in old/,
// and the manifest. Its name says how far it is: kRestoreStaging, then kRestoreReady and
// kRestoreMoving, at last kRestoreDone, when it is only to be removed. What the two in the middle
// stand for may be done again from any point.
constexpr char kNew[] = "/new", kOld[] = "/old";

bool Exists(const std::string& path) {
  std::error_code ec;
  return fs::exists(fs::symlink_status(path, ec));
}

absl::Status Rename(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return SystemError(absl::StrCat("rename ", from, " to ", to));
}

// Moves the file `from` to the path below `to`. Directories stay and are not replaced: containers
// may have them mounted.
absl::Status MoveFile(const std::string& from, const std::string& to, const std::string& path) {
  for (size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
    WEFT_RETURN_IF_ERROR(MakeDirectory(absl::StrCat(to, "/", path.substr(0, slash))));
  return Rename(from, absl::StrCat(to, "/", path));
}

// Moves the file at the path of the data directory below `old`. Something may have made another one
// there after a restore was cut short: each is kept, the later with a number after its name.
absl::Status MoveAside(const DataDirectory& data, const std::string& path, const std::string& old) {
  std::string free = path;
  for (int n = 1; Exists(absl::StrCat(old, "/", free)); ++n) free = absl::StrCat(path, ".", n);
  return MoveFile(data.Below(path), old, free);
}

absl::Status LockAll(const DataDirectory& data) {
  absl::Status status;
  for (const char* name : {kSupervisor, "core", "runtime-local"}) {
    if (status.ok()) status = data.Lock(name);
  }
  for (const std::string& name : RecordedServices(data)) {
    if (status.ok() && FindRunning(data, name).has_value())
      status = absl::FailedPreconditionError(absl::StrCat(name, " runs for ", data.path()));
  }
  if (status.ok()) return status;
  return absl::FailedPreconditionError(
      absl::StrCat("nothing was restored: ", status.message(), ". End it first: weft down"));
}

absl::Status CheckEntry(const BackupEntry& entry, const std::string& path) {
  std::error_code ec;
  const fs::file_type type = fs::symlink_status(path, ec).type();
  if (entry.digest.empty()) {
    if (type == fs::file_type::symlink && fs::read_symlink(path, ec) == entry.target)
      return absl::OkStatus();
  } else if (type == fs::file_type::regular) {
    const absl::StatusOr<std::string> digest = DigestFile(path);
    if (!digest.ok()) return digest.status();
    if (*digest == entry.digest) return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat(entry.path, " is not what the manifest says"));
}

// Whether `folder` holds what its manifest says, and nothing else.
absl::StatusOr<BackupManifest> CheckFiles(const std::string& folder) {
  const absl::StatusOr<std::string> text = ReadFile(absl::StrCat(folder, "/", kManifest));
  if (!text.ok()) return absl::InvalidArgumentError("it has no manifest");
  WEFT_ASSIGN_OR_RETURN(BackupManifest manifest, ParseManifest(*text));
  std::set<std::string> paths = {kManifest};
  for (const BackupEntry& entry : manifest.entries) {
    WEFT_RETURN_IF_ERROR(CheckEntry(entry, absl::StrCat(folder, "/", entry.path)));
    paths.insert(entry.path);
  }
  if (!paths.contains("installation") || !paths.contains("core.db"))
    return absl::InvalidArgumentError("its manifest lacks an installation");
  WEFT_ASSIGN_OR_RETURN(const std::vector<std::string> files, FilesBelow(folder));
  for (const std::string& file : files) {
    if (!paths.contains(file))
      return absl::InvalidArgumentError(absl::StrCat("its manifest does not know ", file));
  }
  return manifest;
}

// Takes the backup apart into `staging`, checks it and puts it on the disk.
absl::Status Stage(const std::string& file, const std::string& staging) {
  const std::string folder = staging + kNew;
  WEFT_RETURN_IF_ERROR(MakeDirectory(staging));
  WEFT_RETURN_IF_ERROR(MakeDirectory(folder));
  WEFT_RETURN_IF_ERROR(MakeDirectory(staging + kOld));
  WEFT_RETURN_IF_ERROR(UnpackArchive(file, folder));
  if (const absl::Status checked = CheckFiles(folder).status(); !checked.ok())
    return absl::Status(checked.code(),
                        absl::StrCat(file, " is no whole backup: ", checked.message()));
  const std::string manifest = absl::StrCat("/", kManifest);
  WEFT_RETURN_IF_ERROR(Rename(folder + manifest, staging + manifest));
  return SyncDirectory(staging, syncfs);
}

bool IsPending(const DataDirectory& data) {
  return Exists(data.Below(kRestoreReady)) || Exists(data.Below(kRestoreMoving));
}

// From kRestoreReady to kRestoreMoving, if it is not there yet.
absl::Status MoveOldFiles(const DataDirectory& data) {
  const std::string ready = data.Below(kRestoreReady);
  if (!Exists(ready)) return absl::OkStatus();
  WEFT_ASSIGN_OR_RETURN(const std::vector<std::string> old, InstallationFiles(data.path()));
  for (const std::string& path : old) {
    WEFT_RETURN_IF_ERROR(MoveAside(data, path, ready + kOld));
    Failpoint("weft.replace.after");
  }
  WEFT_RETURN_IF_ERROR(SyncDirectory(data.path(), syncfs));
  WEFT_RETURN_IF_ERROR(Rename(ready, data.Below(kRestoreMoving)));
  // Else restored files might be there after a crash, and be taken for old ones.
  return SyncDirectory(data.path(), fsync);
}

absl::Status MoveNewFiles(const DataDirectory& data) {
  const std::string moving = data.Below(kRestoreMoving);
  WEFT_ASSIGN_OR_RETURN(const std::vector<std::string> restored, FilesBelow(moving + kNew));
  for (const std::string& path : restored) {
    if (Exists(data.Below(path))) WEFT_RETURN_IF_ERROR(MoveAside(data, path, moving + kOld));
    WEFT_RETURN_IF_ERROR(MoveFile(absl::StrCat(moving, kNew, "/", path), data.path(), path));
    Failpoint("weft.restore.after");
  }
  return SyncDirectory(data.path(), syncfs);
}

// Does whatever a restore that has begun to change the data directory has left to do.
absl::StatusOr<RestoreResult> Finish(const DataDirectory& data) {
  WEFT_RETURN_IF_ERROR(MoveOldFiles(data));
  const std::string moving = data.Below(kRestoreMoving);
  RestoreResult result;
  WEFT_ASSIGN_OR_RETURN(const std::string text, ReadFile(absl::StrCat(moving, "/", kManifest)));
  WEFT_ASSIGN_OR_RETURN(result.manifest, ParseManifest(text));
  WEFT_RETURN_IF_ERROR(MoveNewFiles(data));
  std::error_code ec;
  if (!fs::is_empty(moving + kOld, ec) && !ec) {
    result.replaced = data.Below(absl::StrCat(
        kReplaced, absl::FormatTime("%Y%m%dT%H%M%E3SZ", absl::Now(), absl::UTCTimeZone())));
    WEFT_RETURN_IF_ERROR(Rename(moving + kOld, result.replaced));
  }
  Failpoint("weft.restored.before");
  WEFT_RETURN_IF_ERROR(Rename(moving, data.Below(kRestoreDone)));
  fs::remove_all(data.Below(kRestoreDone), ec);
  return result;
}

}  // namespace

absl::Status RestoreBackup(const DataDirectory& data, const std::string& file, bool force,
                           const std::function<void(const RestoreResult&)>& done) {
  WEFT_RETURN_IF_ERROR(LockAll(data));
  WEFT_ASSIGN_OR_RETURN(const DirectoryLock lock, auth::LockIdentitiesToRestore(data));
  const std::string staging = data.Below(kRestoreStaging);
  std::error_code ec;
  for (const std::string& left : {staging, data.Below(kRestoreDone)}) fs::remove_all(left, ec);
  std::string finished;  // The manifest.
  if (IsPending(data)) {
    WEFT_ASSIGN_OR_RETURN(const RestoreResult pending, Finish(data));
    done(pending);
    finished = FormatManifest(pending.manifest);
  }
  if (file.empty()) {
    if (!finished.empty()) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat("no restore into ", data.path(),
                     " was cut short: name the archive that is to be restored"));
  }
  const absl::Cleanup remove = [&] { fs::remove_all(staging, ec); };
  WEFT_RETURN_IF_ERROR(Stage(file, staging));
  if (finished == ReadFileOrEmpty(absl::StrCat(staging, "/", kManifest))) return absl::OkStatus();
  WEFT_ASSIGN_OR_RETURN(const std::vector<std::string> old, InstallationFiles(data.path()));
  if (!old.empty() && !force) {
    return absl::FailedPreconditionError(
        absl::StrCat(data.path(), " holds an installation: --force moves it aside"));
  }
  Failpoint("weft.staged.before");
  WEFT_RETURN_IF_ERROR(Rename(staging, data.Below(kRestoreReady)));
  Failpoint("weft.staged.after");
  WEFT_RETURN_IF_ERROR(SyncDirectory(data.path(), syncfs));
  WEFT_ASSIGN_OR_RETURN(const RestoreResult restored, Finish(data));
  done(restored);
  return absl::OkStatus();
}

}  // namespace weft::cli
