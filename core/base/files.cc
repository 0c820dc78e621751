#include "core/base/files.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace weft {

// By system calls: a file stream's buffer throws where one fails, past the stream's own handling.
std::string ReadFileOrEmpty(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  std::string bytes;
  char buffer[16 * 1024];
  ssize_t size = 0;
  while ((size = read(fd, buffer, sizeof buffer)) > 0 || (size < 0 && errno == EINTR)) {
    if (size > 0) bytes.append(buffer, static_cast<size_t>(size));
  }
  close(fd);
  return size == 0 ? bytes : "";
}

}  // namespace weft
