#include "core/cli/installation_files.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/base/pending_restore.h"
#include "core/base/status.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDatabases[] = {"core.db", "runtime-local.db"};

// The entries of a data directory that are of the installation.
const std::set<std::string>& Kept() {
  static const auto* const names = [] {
    auto* kept = new std::set<std::string>{"core.yaml", "identities",   "installation",
                                           "pki",       "providers",    "runtime-kubernetes.kinds",
                                           "runtimes",  "services.yaml"};
    for (const char* database : kDatabases) {
      for (const char* beside : {"", "-journal", "-shm", "-wal"})  // What SQLite makes.
        kept->insert(absl::StrCat(database, beside));
    }
    return kept;
  }();
  return *names;
}

// Whether `name` is `form`, in which each # stands for one digit of a hexadecimal number.
bool HasForm(std::string_view name, std::string_view form) {
  return std::equal(name.begin(), name.end(), form.begin(), form.end(), [](char c, char expected) {
    return expected == '#' ? absl::ascii_isxdigit(static_cast<unsigned char>(c)) : c == expected;
  });
}

}  // namespace

bool IsOfInstallation(const std::string& path) {
  const fs::path steps(path);
  return !steps.empty() && Kept().contains(*steps.begin()) &&
         std::none_of(steps.begin(), steps.end(),
                      [](const fs::path& step) { return step == ".."; });
}

bool IsWefts(const std::string& name) {
  static const auto* const others = new std::set<std::string>{
      "engine",       "proxy",       "logs",          "run",        "tokens",
      kBackupStaging, kRestoreReady, kRestoreStaging, kRestoreDone, kRestoreMoving};
  // What is written, or made, under another name first; the times of restores.
  static const auto* const forms =
      new std::vector<std::string>{"installation.############",
                                   "pki.########",
                                   "runtime-kubernetes.kinds.########.new",
                                   "services.yaml.########.new",
                                   "tokens.########.new",
                                   absl::StrCat(kReplaced, "########T######.###Z")};
  return Kept().contains(name) || others->contains(name) ||
         std::any_of(forms->begin(), forms->end(),
                     [&](const std::string& form) { return HasForm(name, form); });
}

bool IsDatabase(const std::string& name) {
  return std::find(std::begin(kDatabases), std::end(kDatabases), name) != std::end(kDatabases);
}

absl::StatusOr<std::vector<std::string>> FilesBelow(const std::string& root) {
  std::vector<std::string> files;
  std::error_code ec;
  for (fs::recursive_directory_iterator entry(root, ec), end; !ec && entry != end;
       entry.increment(ec)) {
    std::error_code gone;  // Temporary files come and go.
    if (entry->is_symlink(gone) || !entry->is_directory(gone))
      files.push_back(entry->path().lexically_relative(root).string());
  }
  if (ec) return absl::InternalError(absl::StrCat("read ", root, ": ", ec.message()));
  std::sort(files.begin(), files.end());
  return files;
}

absl::StatusOr<std::vector<std::string>> InstallationFiles(const std::string& root) {
  std::vector<std::string> files;
  std::error_code ec;
  for (fs::directory_iterator entry(root, ec), end; !ec && entry != end; entry.increment(ec)) {
    const std::string name = entry->path().filename().string();
    if (!IsOfInstallation(name)) continue;
    std::error_code gone;
    if (entry->is_symlink(gone) || !entry->is_directory(gone)) {
      files.push_back(name);
      continue;
    }
    WEFT_ASSIGN_OR_RETURN(const std::vector<std::string> below, FilesBelow(entry->path().string()));
    for (const std::string& file : below) files.push_back(absl::StrCat(name, "/", file));
  }
  if (ec) return absl::InternalError(absl::StrCat("read ", root, ": ", ec.message()));
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace weft::cli
