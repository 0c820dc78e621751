#include "core/base/data_directory.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/files.h"
#include "core/base/pending_restore.h"
#include "core/base/status.h"

namespace weft {
namespace {

// The longest socket below run/ is "weft-provider-" and 30 characters of a name.
constexpr size_t kLongestSocketName = sizeof("/run/.sock") + 44;
constexpr size_t kSocketPathLimit = 107;

absl::StatusOr<std::string> ReadAll(int fd) {
  std::string text;
  char buffer[256];
  ssize_t n;
  while ((n = read(fd, buffer, sizeof buffer)) > 0) text.append(buffer, static_cast<size_t>(n));
  if (n < 0) return SystemError("read");
  return text;
}

}  // namespace

std::string RandomHex(int bytes) {
  std::string raw(static_cast<size_t>(bytes), '\0');
  // Up to 256 bytes are never cut short: getrandom(2).
  if (getrandom(raw.data(), raw.size(), 0) != static_cast<ssize_t>(raw.size())) abort();
  return absl::BytesToHexString(raw);
}

absl::StatusOr<DataDirectory> DataDirectory::Open(std::string path) {
  if (path.empty()) {
    if (const char* data = getenv("WEFT_DATA"); data != nullptr && *data != '\0') {
      path = data;
    } else if (const char* home = getenv("HOME"); home != nullptr && *home != '\0') {
      path = std::string(home) + "/.weft";
    } else {
      return absl::InvalidArgumentError(
          "no data directory: neither --data nor WEFT_DATA nor HOME is set");
    }
  }
  path = std::filesystem::absolute(path).lexically_normal().string();
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  if (path.size() + kLongestSocketName > kSocketPathLimit) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the data directory ", path, " has ", path.size(),
        " bytes; sockets below it allow at most ", kSocketPathLimit - kLongestSocketName,
        ": choose a shorter one with WEFT_DATA"));
  }
  for (const std::string& directory :
       {path, path + "/run", path + "/logs", path + "/providers", path + "/runtimes"}) {
    std::error_code ec;
    if (directory == path)
      std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ec);
    WEFT_RETURN_IF_ERROR(MakeDirectory(directory));
  }
  struct stat run;
  if (stat((path + "/run").c_str(), &run) != 0)
    return SystemError(absl::StrCat("read ", path, "/run"));
  if ((run.st_mode & 0077) != 0 || run.st_uid != geteuid()) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, "/run is open to others than its user: chmod 0700 it, and let its owner start Weft"));
  }
  return DataDirectory(path);
}

absl::Status DataDirectory::CheckRestored() const {
  for (const char* pending : {kRestoreReady, kRestoreMoving}) {
    if (access(Below(pending).c_str(), F_OK) == 0)
      return absl::FailedPreconditionError(absl::StrCat(
          "a restore into ", path_, " was cut short: run weft restore, which finishes it"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> DataDirectory::Installation() const {
  WEFT_RETURN_IF_ERROR(CheckRestored());
  const std::string file = Below("installation");
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC); fd >= 0) {
      absl::StatusOr<std::string> text = ReadAll(fd);
      close(fd);
      if (!text.ok()) return text.status();
      absl::StripAsciiWhitespace(&*text);
      if (text->size() == 12 && text->find_first_not_of("0123456789abcdef") == std::string::npos)
        return text;
      return absl::DataLossError(
          absl::StrCat(file, " does not hold an installation's 12 hex digits"));
    }
    // Written whole under another name, then linked: of several processes one wins, and nobody
    // reads half a file.
    const std::string id = RandomHex(6);
    const std::string temporary = absl::StrCat(file, ".", id);
    const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return SystemError(absl::StrCat("make ", temporary));
    const bool written = write(fd, (id + "\n").data(), 13) == 13 && fsync(fd) == 0;
    close(fd);
    const bool linked = written && (link(temporary.c_str(), file.c_str()) == 0 || errno == EEXIST);
    unlink(temporary.c_str());
    if (!linked) return SystemError(absl::StrCat("make ", file));
  }
  return absl::InternalError(absl::StrCat(file, " appears and disappears"));
}

absl::Status DataDirectory::Lock(const std::string& name) const {
  const std::string file = absl::StrCat(path_, "/run/", name, ".lock");
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return SystemError(absl::StrCat("open ", file));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    absl::StatusOr<std::string> holder = ReadAll(fd);
    close(fd);
    return absl::FailedPreconditionError(absl::StrCat(name, " already runs for ", path_,
                                                      " as process ",
                                                      holder.ok() ? *holder : std::string("?")));
  }
  const std::string pid = std::to_string(getpid());
  if (ftruncate(fd, 0) != 0 || pwrite(fd, pid.data(), pid.size(), 0) < 0)
    return SystemError(absl::StrCat("write ", file));
  return absl::OkStatus();  // The descriptor stays open: the lock is the process's.
}

}  // namespace weft
