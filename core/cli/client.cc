#include "core/cli/client.h"

#include <cerrno>
#include <grpc/grpc.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "core/base/environment.h"
#include "core/base/service.h"
#include "core/base/tls.h"
#include "core/cli/health.h"
#include "core/cli/launch.h"
#include "core/cli/process_record.h"

namespace weft::cli {

namespace {

constexpr absl::Duration kConnectLimit = absl::Seconds(5);

// Whether a process listens on the unix socket at `path`. A file alone does not tell: a process
// that was killed leaves one.
bool IsListening(const std::string& path) {
  sockaddr_un address = {.sun_family = AF_UNIX};
  if (path.size() >= sizeof address.sun_path) return false;
  path.copy(address.sun_path, path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool refused =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno != EAGAIN;
  close(fd);
  return !refused;
}

// A connected channel to the core at `address`, whose errors say why there is none.
absl::StatusOr<std::shared_ptr<grpc::Channel>> ConnectCore(const std::string& address) {
  if (!IsUnixSocket(address) && Environment("WEFT_TLS_DIR").empty())
    return absl::InvalidArgumentError(
        absl::StrCat("to call the core at ", address,
                     " set WEFT_TLS_DIR to an identity of yours: weft pki issue user/NAME"));
  const auto handshakes = std::make_shared<Handshakes>(Environment("WEFT_TLS_DIR"));
  std::shared_ptr<grpc::Channel> channel =
      Dial(address, {.identity = kCoreIdentity, .handshakes = handshakes});
  if (const absl::Status status = handshakes->Explain(CheckHealth(channel, kConnectLimit));
      !status.ok())
    return absl::Status(status.code(),
                        absl::StrCat("cannot reach the core at ", address, ": ", status.message()));
  return channel;
}

}  // namespace

std::shared_ptr<grpc::Channel> Dial(const std::string& address, ChannelOptions options) {
  // gRPC cleans up when its last object goes, and waits up to 10 s for a poller of its own that a
  // large message may have started. With a reference of ours that nobody gives back it never does.
  [[maybe_unused]] static const bool kept = (grpc_init(), true);
  if (options.tls_dir.empty()) options.tls_dir = Environment("WEFT_TLS_DIR");
  return MakeChannel(address, options);
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> ConnectService(const DataDirectory& data,
                                                              const std::string& name) {
  if (name == "core" && !Environment(kCoreAddress).empty())
    return ConnectCore(Environment(kCoreAddress));
  const std::string address = data.SocketAddress(name);
  const bool supervised = FindRunning(data, kSupervisor).has_value();
  const absl::Time deadline = absl::Now() + kConnectLimit;
  // Without a supervisor nobody will bring the service up: there is nothing to wait for.
  if (supervised || IsListening(data.SocketPath(name))) {
    std::shared_ptr<grpc::Channel> channel = Dial(address);
    if (channel->WaitForConnected(absl::ToChronoTime(deadline))) return channel;
    return absl::UnavailableError(absl::StrCat("cannot reach weft-", name, " at ", address,
                                               ": it does not answer; see ",
                                               LogPath(data, "weft-" + name)));
  }
  return absl::UnavailableError(absl::StrCat("cannot reach weft-", name, " at ", address,
                                             ": is it running? start it with: weft up --detach"));
}

void SetDeadline(grpc::ClientContext& context, absl::Duration limit) {
  if (limit < absl::InfiniteDuration())
    context.set_deadline(absl::ToChronoTime(absl::Now() + limit));
}

absl::Status CallError(const grpc::Status& status, const std::string& action) {
  if (status.ok()) return absl::OkStatus();
  std::string message = status.error_message();
  if (message.empty())
    message = absl::StatusCodeToString(static_cast<absl::StatusCode>(status.error_code()));
  // The transport's own words ("Socket closed") say nothing to a user.
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE)
    message = absl::StrCat("the service is not available at the moment (", message,
                           "); the same command may be run again");
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED)
    message = "no answer in time; the same command may be run again";
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED)
    message = "the service does not know this call: it is older than this weft";
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      absl::StrCat(action, ": ", message));
}

absl::Status StreamError(const grpc::Status& status, const std::string& action) {
  const bool says_why = status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                        status.error_code() == grpc::StatusCode::UNIMPLEMENTED;
  if (!says_why || status.error_message().empty()) return CallError(status, action);
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      absl::StrCat(action, ": ", status.error_message()));
}

int Fail(const Terminal& terminal, const absl::Status& status) {
  terminal.err << "weft: " << std::string(status.message()) << std::endl;
  return 1;
}

}  // namespace weft::cli
