#include "core/cli/restore.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <set>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/failpoint.h"
#include "core/base/files.h"
#include "core/base/pending_restore.h"
#include "core/base/status.h"
#include "core/cli/archive.h"
#include "core/cli/process_record.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

// A restore is a directory with the restored files in new/, those that were there before in old/,
// and the manifest. Its name says how far it is: at first this one, then kRestoreReady and
// kRestoreMoving. What these two stand for may be done again from any point.
constexpr char kStaging[] = "restore.new";
constexpr char kDone[] = "restore.done";  // Only to be removed.
constexpr char kNew[] = "/new", kOld[] = "/old";

absl::Status SystemError(const std::string& what) {
  return absl::FailedPreconditionError(absl::StrCat(what, ": ", strerror(errno)));
}

absl::Status MakeDirectory(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return absl::OkStatus();
  return SystemError(absl::StrCat("make ", path));
}

bool Exists(const std::string& path) {
  std::error_code ec;
  return fs::exists(fs::symlink_status(path, ec));
}

absl::Status Rename(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return SystemError(absl::StrCat("rename ", from, " to ", to));
}

// What was done so far in the file system of `directory` is on the disk.
absl::Status Sync(const std::string& directory) {
  const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && syncfs(fd) == 0;
  absl::Status status = synced ? absl::OkStatus() : SystemError(absl::StrCat("sync ", directory));
  if (fd >= 0) close(fd);
  return status;
}

// Moves files, which are named by their paths below `from`, below `to`. Directories stay and are
// not replaced: containers may have them mounted.
absl::Status MoveFiles(const std::vector<std::string>& paths, const std::string& from,
                       const std::string& to, const char* failpoint) {
  for (const std::string& path : paths) {
    for (size_t slash = path.find('/'); slash != std::string::npos;
         slash = path.find('/', slash + 1))
      WEFT_RETURN_IF_ERROR(MakeDirectory(absl::StrCat(to, "/", path.substr(0, slash))));
    WEFT_RETURN_IF_ERROR(Rename(absl::StrCat(from, "/", path), absl::StrCat(to, "/", path)));
    Failpoint(failpoint);
  }
  return absl::OkStatus();
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
  return Sync(staging);
}

// Does whatever a restore that has begun to change the data directory has left to do.
absl::StatusOr<RestoreResult> Finish(const DataDirectory& data) {
  const std::string ready = data.Below(kRestoreReady), moving = data.Below(kRestoreMoving);
  if (Exists(ready)) {
    WEFT_ASSIGN_OR_RETURN(const std::vector<std::string> old, InstallationFiles(data.path()));
    WEFT_RETURN_IF_ERROR(MoveFiles(old, data.path(), ready + kOld, "weft.replace.after"));
    WEFT_RETURN_IF_ERROR(Sync(data.path()));
    WEFT_RETURN_IF_ERROR(Rename(ready, moving));
  }
  RestoreResult result;
  WEFT_ASSIGN_OR_RETURN(const std::string text, ReadFile(absl::StrCat(moving, "/", kManifest)));
  WEFT_ASSIGN_OR_RETURN(result.manifest, ParseManifest(text));
  WEFT_ASSIGN_OR_RETURN(const std::vector<std::string> restored, FilesBelow(moving + kNew));
  WEFT_RETURN_IF_ERROR(MoveFiles(restored, moving + kNew, data.path(), "weft.restore.after"));
  WEFT_RETURN_IF_ERROR(Sync(data.path()));
  std::error_code ec;
  if (!fs::is_empty(moving + kOld, ec) && !ec) {
    result.replaced = data.Below(absl::StrCat(
        "replaced-", absl::FormatTime("%Y%m%dT%H%M%E3SZ", absl::Now(), absl::UTCTimeZone())));
    WEFT_RETURN_IF_ERROR(Rename(moving + kOld, result.replaced));
  }
  Failpoint("weft.restored.before");
  WEFT_RETURN_IF_ERROR(Rename(moving, data.Below(kDone)));
  fs::remove_all(data.Below(kDone), ec);
  return result;
}

}  // namespace

absl::StatusOr<RestoreResult> RestoreBackup(const DataDirectory& data, const std::string& file,
                                            bool force) {
  WEFT_RETURN_IF_ERROR(LockAll(data));
  const std::string staging = data.Below(kStaging);
  std::error_code ec;
  for (const std::string& left : {staging, data.Below(kDone)}) fs::remove_all(left, ec);
  const absl::Cleanup remove = [&] { fs::remove_all(staging, ec); };
  WEFT_RETURN_IF_ERROR(Stage(file, staging));
  if (Exists(data.Below(kRestoreReady)) || Exists(data.Below(kRestoreMoving))) {
    WEFT_ASSIGN_OR_RETURN(RestoreResult finished, Finish(data));
    const std::string text = ReadFileOrEmpty(absl::StrCat(staging, "/", kManifest));
    if (FormatManifest(finished.manifest) == text) return finished;
  }
  WEFT_ASSIGN_OR_RETURN(const std::vector<std::string> old, InstallationFiles(data.path()));
  if (!old.empty() && !force) {
    return absl::FailedPreconditionError(
        absl::StrCat(data.path(), " holds an installation: --force moves it aside"));
  }
  Failpoint("weft.staged.before");
  WEFT_RETURN_IF_ERROR(Rename(staging, data.Below(kRestoreReady)));
  Failpoint("weft.staged.after");
  WEFT_RETURN_IF_ERROR(Sync(data.path()));
  return Finish(data);
}

}  // namespace weft::cli
