#include "runtime/local/pod_port.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "runtime/anchor/network_namespace.h"
#include "runtime/engine/raw_connection.h"

namespace weft::local {
namespace {

constexpr timeval kToConnect = {5, 0};

absl::Status Ended() { return absl::UnavailableError("the pod has just ended"); }

absl::StatusOr<sockaddr_in> MakeAddress(const std::string& address, uint32_t port) {
  sockaddr_in made = {};
  made.sin_family = AF_INET;
  made.sin_port = htons(static_cast<uint16_t>(port));
  if (inet_pton(AF_INET, address.c_str(), &made.sin_addr) != 1)
    return absl::UnavailableError("the pod has no address");
  return made;
}

// UNAVAILABLE: the calling thread's network namespace is not that of a pod with this address, whose
// process may have ended, and its id may be another's by now.
absl::Status CheckIsOf(const std::string& address) {
  WEFT_ASSIGN_OR_RETURN(const sockaddr_in own, MakeAddress(address, 0));
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return absl::ErrnoToStatus(errno, "socket");
  const bool is_there = bind(fd, reinterpret_cast<const sockaddr*>(&own), sizeof(own)) == 0;
  close(fd);
  return is_there ? absl::OkStatus() : Ended();
}

// A connection of the calling thread's network namespace.
absl::Status Connect(const std::string& address, uint32_t port,
                     std::unique_ptr<Connection>& connection) {
  WEFT_ASSIGN_OR_RETURN(const sockaddr_in to, MakeAddress(address, port));
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return absl::ErrnoToStatus(errno, "socket");
  connection = std::make_unique<engine::RawConnection>(fd, "", "the pod");
  // connect(2) heeds it too, see socket(7). Afterwards a write may take its time.
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kToConnect, sizeof(kToConnect));
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0) {
    return absl::UnavailableError(absl::StrCat(
        "connect to ", address, ":", port,
        " of the pod: ", errno == EINPROGRESS ? "no answer within 5 s" : strerror(errno)));
  }
  constexpr timeval kNone = {0, 0};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kNone, sizeof(kNone));
  constexpr int kOn = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof(kOn));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> ConnectToPod(int64_t sandbox,
                                                         const std::string& address,
                                                         uint32_t port) {
  std::unique_ptr<Connection> connection;
  const absl::Status inside =
      anchor::RunInNetworkNamespace(absl::StrCat("/proc/", sandbox, "/ns/net"), [&] {
        WEFT_RETURN_IF_ERROR(CheckIsOf(address));
        return Connect("127.0.0.1", port, connection);
      });
  if (absl::IsNotFound(inside)) return Ended();
  if (absl::IsPermissionDenied(inside)) {
    WEFT_RETURN_IF_ERROR(Connect(address, port, connection));
    return connection;
  }
  WEFT_RETURN_IF_ERROR(inside);
  return connection;
}

}  // namespace weft::local
