#include "core/base/files.h"

#include <cerrno>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "core/base/data_directory.h"

namespace weft {

absl::Status SystemError(const std::string& what) {
  return absl::FailedPreconditionError(absl::StrCat(what, ": ", strerror(errno)));
}

absl::Status MakeDirectory(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return absl::OkStatus();
  return SystemError(absl::StrCat("make ", path));
}

absl::Status SyncDirectory(const std::string& path, int (*sync)(int)) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && sync(fd) == 0;
  absl::Status status = synced ? absl::OkStatus() : SystemError(absl::StrCat("sync ", path));
  if (fd >= 0) close(fd);
  return status;
}

absl::Status WriteFileAtomically(const std::string& path, std::string_view text) {
  const std::string temporary = absl::StrCat(path, ".", RandomHex(4), ".new");
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bool written = fd >= 0;
  for (size_t done = 0; written && done < text.size();) {
    const ssize_t n = write(fd, text.data() + done, text.size() - done);
    if (n > 0) done += static_cast<size_t>(n);
    written = n > 0 || errno == EINTR;
  }
  written = written && fsync(fd) == 0;
  if (fd >= 0) close(fd);
  if (written && rename(temporary.c_str(), path.c_str()) == 0) return absl::OkStatus();
  const int error = errno;
  unlink(temporary.c_str());
  return absl::FailedPreconditionError(absl::StrCat("write ", path, ": ", strerror(error)));
}

// By system calls: a file stream's buffer throws where one fails, past the stream's own handling.
absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const auto failed = [&](int error) {
    const std::string message = absl::StrCat("read ", path, ": ", strerror(error));
    return error == ENOENT ? absl::NotFoundError(message) : absl::FailedPreconditionError(message);
  };
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return failed(errno);
  std::string bytes;
  char buffer[16 * 1024];
  ssize_t size = 0;
  while ((size = read(fd, buffer, sizeof buffer)) > 0 || (size < 0 && errno == EINTR)) {
    if (size > 0) bytes.append(buffer, static_cast<size_t>(size));
  }
  const int error = errno;
  close(fd);
  if (size < 0) return failed(error);
  return bytes;
}

std::string ReadFileOrEmpty(const std::string& path) {
  return ReadFile(path).value_or(std::string());
}

}  // namespace weft
