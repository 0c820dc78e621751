#include "runtime/local/pod_port.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "runtime/anchor/anchor_image.h"
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

// What a command that relays a connection has of it.
class Relayed final : public Connection {
 public:
  Relayed(std::unique_ptr<Command> relay, std::string read)
      : relay_(std::move(relay)), read_(std::move(read)) {}

  absl::StatusOr<std::string> Read() override {
    while (read_.empty()) {
      WEFT_ASSIGN_OR_RETURN(std::optional<Command::Output> next, relay_->Read());
      if (!next.has_value()) return "";
      if (!next->error) read_ = std::move(next->bytes);
    }
    return std::exchange(read_, "");
  }
  absl::Status Write(std::string_view bytes) override { return relay_->Write(bytes); }
  void CloseWrite() override { relay_->CloseInput(); }
  void Cancel() override { relay_->Cancel(); }

 private:
  const std::unique_ptr<Command> relay_;
  std::string read_;  // And not given out yet.
};

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
  WEFT_RETURN_IF_ERROR(inside);
  return connection;
}

absl::StatusOr<std::unique_ptr<Connection>> ConnectThroughEngine(engine::Engine& engine,
                                                                 const std::string& sandbox,
                                                                 uint32_t port) {
  absl::StatusOr<std::unique_ptr<Command>> relay = engine.StartCommand(
      sandbox, {.words = {anchor::kProgramPath, "connect", std::to_string(port)}, .input = true});
  if (absl::IsNotFound(relay.status())) return Ended();
  WEFT_RETURN_IF_ERROR(relay.status());
  WEFT_ASSIGN_OR_RETURN(std::optional<Command::Output> first, (*relay)->Read());
  if (!first.has_value()) return Ended();
  if (first->error || first->bytes.empty() || first->bytes[0] != anchor::kConnected)
    return absl::UnavailableError(absl::StripAsciiWhitespace(first->bytes));
  return std::make_unique<Relayed>(*std::move(relay), first->bytes.substr(1));
}

}  // namespace weft::local
