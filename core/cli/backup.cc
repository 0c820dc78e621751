#include "core/cli/backup.h"

#include <filesystem>
#include <optional>
#include <sys/stat.h>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/auth/identities.h"
#include "core/base/failpoint.h"
#include "core/base/files.h"
#include "core/base/sqlite.h"
#include "core/base/status.h"
#include "core/cli/archive.h"
#include "core/cli/installation_files.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

// What SQLite keeps beside a database, and files that are being written.
bool IsPassing(const std::string& path) {
  return absl::EndsWith(path, ".db-wal") || absl::EndsWith(path, ".db-shm") ||
         absl::EndsWith(path, ".db-journal") || absl::EndsWith(path, ".new");
}

absl::Status CopyLink(const std::string& from, const std::string& to, BackupEntry& entry) {
  std::error_code ec;
  entry.target = fs::read_symlink(from, ec).string();
  if (!ec && !IsLinkOfInstallation(entry))
    return absl::FailedPreconditionError(
        absl::StrCat(from, " is a link to ", entry.target,
                     ", which a backup does not hold: put what it leads to in its place"));
  if (!ec) fs::create_symlink(entry.target, to, ec);
  if (!ec) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("copy the link ", from, ": ", ec.message()));
}

// Copies one file of the installation to `folder`. Nothing: it is gone meanwhile.
absl::StatusOr<std::optional<BackupEntry>> CopyFile(const DataDirectory& data,
                                                    const std::string& path,
                                                    const std::string& folder) {
  const std::string from = data.Below(path), to = absl::StrCat(folder, "/", path);
  BackupEntry entry = {.path = path, .digest = "", .target = ""};
  std::error_code ec;
  fs::create_directories(fs::path(to).parent_path(), ec);
  if (fs::is_symlink(from, ec)) {
    WEFT_RETURN_IF_ERROR(CopyLink(from, to, entry));
    return entry;
  }
  if (IsDatabase(path)) {
    WEFT_ASSIGN_OR_RETURN(entry.schema, sqlite::Database::Copy(from, to));
    chmod(to.c_str(), 0600);
  } else {
    const absl::StatusOr<std::string> bytes = ReadFile(from);
    if (absl::IsNotFound(bytes.status())) return std::nullopt;
    WEFT_RETURN_IF_ERROR(bytes.status());
    WEFT_RETURN_IF_ERROR(WriteFileAtomically(to, *bytes));
  }
  WEFT_ASSIGN_OR_RETURN(entry.digest, DigestFile(to));
  return entry;
}

absl::StatusOr<std::vector<BackupEntry>> CopyFiles(const DataDirectory& data,
                                                   const std::string& folder) {
  WEFT_ASSIGN_OR_RETURN(std::vector<std::string> paths, InstallationFiles(data.path()));
  std::vector<BackupEntry> entries;
  for (const std::string& path : paths) {  // In order: core.db before runtime-*.db.
    if (IsPassing(path)) continue;
    WEFT_ASSIGN_OR_RETURN(std::optional<BackupEntry> entry, CopyFile(data, path, folder));
    if (entry.has_value()) entries.push_back(*std::move(entry));
  }
  return entries;
}

// Copies the installation, with its manifest, to `folder`. Nobody restores another one or renews an
// identity meanwhile.
absl::StatusOr<BackupManifest> CopyInstallation(const DataDirectory& data,
                                                const std::string& version,
                                                const std::string& folder) {
  WEFT_ASSIGN_OR_RETURN(const DirectoryLock lock, auth::LockIdentities(data));
  std::error_code ec;
  if (!fs::exists(data.Below("core.db"), ec))
    return absl::NotFoundError(absl::StrCat(data.path(), " holds no installation"));
  BackupManifest manifest = {.version = version, .made = {}, .installation = "", .entries = {}};
  WEFT_ASSIGN_OR_RETURN(manifest.installation, data.Installation());
  manifest.made = absl::FromUnixMillis(absl::ToUnixMillis(absl::Now()));
  WEFT_ASSIGN_OR_RETURN(manifest.entries, CopyFiles(data, folder));
  const std::string text = FormatManifest(manifest);
  if (const absl::Status read = ParseManifest(text).status(); !read.ok())
    return absl::FailedPreconditionError(
        absl::StrCat("this backup could not be restored: ", read.message()));
  WEFT_RETURN_IF_ERROR(WriteFileAtomically(absl::StrCat(folder, "/", kManifest), text));
  return manifest;
}

}  // namespace

absl::StatusOr<BackupManifest> WriteBackup(const DataDirectory& data, const std::string& version,
                                           const std::string& file) {
  WEFT_RETURN_IF_ERROR(data.Lock("backup"));
  const std::string folder = data.Below(kBackupStaging);
  std::error_code ec;
  fs::remove_all(folder, ec);  // One that was killed may have left it.
  const absl::Cleanup remove = [&] { fs::remove_all(folder, ec); };
  WEFT_RETURN_IF_ERROR(MakeDirectory(folder));
  WEFT_ASSIGN_OR_RETURN(BackupManifest manifest, CopyInstallation(data, version, folder));
  Failpoint("weft.pack.before");
  std::vector<std::string> names = {kManifest};
  for (const BackupEntry& entry : manifest.entries) names.push_back(entry.path);
  WEFT_RETURN_IF_ERROR(PackArchive(folder, names, file));
  return manifest;
}

}  // namespace weft::cli
