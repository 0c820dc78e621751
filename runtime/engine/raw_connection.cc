#include "runtime/engine/raw_connection.h"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace weft::engine {

constexpr size_t kPiece = 64 * 1024;

RawConnection::~RawConnection() { close(fd_); }

absl::Status RawConnection::Failed(absl::string_view attempted) const {
  return absl::UnavailableError(absl::StrCat(attempted, " ", peer_, ": ", strerror(errno)));
}

absl::StatusOr<std::string> RawConnection::Read() {
  if (!first_.empty()) return std::exchange(first_, "");
  std::string bytes(kPiece, '\0');
  ssize_t size = 0;
  do {
    size = recv(fd_, bytes.data(), bytes.size(), 0);
  } while (size < 0 && errno == EINTR);
  if (size < 0) return Failed("read from");
  bytes.resize(static_cast<size_t>(size));
  return bytes;
}

absl::Status RawConnection::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Failed("send to");
    bytes.remove_prefix(static_cast<size_t>(size));
  }
  return absl::OkStatus();
}

void RawConnection::CloseWrite() { shutdown(fd_, SHUT_WR); }

void RawConnection::Cancel(std::string_view last) {
  if (!last.empty()) (void)send(fd_, last.data(), last.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  shutdown(fd_, SHUT_RDWR);
}

}  // namespace weft::engine
