#pragma once

#include <cerrno>
#include <fcntl.h>
#include <string.h>
#include <string>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace weft {

// An exclusive lock on a directory that every process honours, for as long as the object lives. A
// thread must not take it twice.
class DirectoryLock {
 public:
  // Waits for it. FAILED_PRECONDITION: there is no such directory.
  static absl::StatusOr<DirectoryLock> Take(const std::string& directory) {
    const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DirectoryLock lock(fd);
    if (fd < 0 || flock(fd, LOCK_EX) != 0)
      return absl::FailedPreconditionError(absl::StrCat("lock ", directory, ": ", strerror(errno)));
    return lock;
  }
  DirectoryLock(DirectoryLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock() {
    if (fd_ >= 0) close(fd_);
  }

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace weft
