// weft port-forward: ports of this machine that lead to ports of an application's pods.
#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <memory>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "core/base/status.h"
#include "core/cli/client.h"
#include "core/cli/commands.h"
#include "weft/core/v1/applications.grpc.pb.h"

namespace weft::cli {
namespace {

using core::v1::ForwardRequest;
using core::v1::ForwardResponse;

constexpr size_t kPiece = 32 * 1024;
constexpr absl::Duration kUntilOneEnds = absl::Milliseconds(100);

struct Options {
  std::string application, instance, pod;
  std::vector<std::string> ports;
};

// A port here, 0 for any that is free, and one of the pod.
struct Ports {
  uint16_t local = 0;
  uint16_t remote = 0;
};

absl::StatusOr<uint16_t> ParsePort(absl::string_view text, uint32_t lowest) {
  uint32_t port = 0;
  if (absl::SimpleAtoi(text, &port) && port >= lowest && port <= 65535)
    return static_cast<uint16_t>(port);
  return absl::InvalidArgumentError(absl::StrCat("'", text, "' is no port: ", lowest, " to 65535"));
}

// "8080:80", "80", ":80".
absl::StatusOr<Ports> ParsePorts(const std::string& text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, absl::MaxSplits(':', 1));
  Ports ports;
  WEFT_ASSIGN_OR_RETURN(ports.remote, ParsePort(parts.back(), 1));
  ports.local = ports.remote;
  if (parts.size() == 2 && parts[0].empty()) ports.local = 0;
  if (parts.size() == 2 && !parts[0].empty()) {
    WEFT_ASSIGN_OR_RETURN(ports.local, ParsePort(parts[0], 0));
  }
  return ports;
}

// Listens on 127.0.0.1; `port` becomes the one that it is. Returns a descriptor.
absl::StatusOr<int> Listen(uint16_t& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return absl::ErrnoToStatus(errno, "socket");
  constexpr int kOn = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &kOn, sizeof(kOn));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  if (bind(fd, plain, size) != 0 || listen(fd, SOMAXCONN) != 0 ||
      getsockname(fd, plain, &size) != 0) {
    const int error = errno;
    close(fd);
    return absl::ErrnoToStatus(error, absl::StrCat("listen on 127.0.0.1:", port));
  }
  port = ntohs(address.sin_port);
  return fd;
}

// One connection, from when it was accepted to its end. Blocks.
absl::Status Carry(core::v1::Applications::Stub& stub, const ForwardRequest& start, int fd) {
  grpc::ClientContext call;
  const auto stream = stub.Forward(&call);
  stream->Write(start);  // Why not, if not, the end of the call says.
  std::thread input([&] {
    ForwardRequest request;
    while (true) {
      std::string& data = *request.mutable_data();
      data.resize(kPiece);
      const ssize_t size = recv(fd, data.data(), data.size(), 0);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return call.TryCancel();  // The program here is gone.
      if (size == 0) break;
      data.resize(static_cast<size_t>(size));
      if (!stream->Write(request)) return;
    }
    stream->WritesDone();
  });
  bool heard = true;  // By the program here.
  for (ForwardResponse response; stream->Read(&response);) {
    absl::string_view rest = response.data();
    while (heard && !rest.empty()) {
      const ssize_t size = send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (size < 0 && errno == EINTR) continue;
      heard = size >= 0;
      if (heard) rest.remove_prefix(static_cast<size_t>(size));
    }
    if (!heard) call.TryCancel();
  }
  shutdown(fd, SHUT_RDWR);
  input.join();
  const grpc::Status status = stream->Finish();
  // Whoever goes first wants to hear nothing.
  if (!heard || status.error_code() == grpc::StatusCode::CANCELLED) return absl::OkStatus();
  return StreamError(status, absl::StrCat("forward to port ", start.start().port(), " of ",
                                          start.start().application()));
}

// Where connections are accepted, and where they go.
struct Opened {
  std::vector<pollfd> listening;
  std::vector<uint16_t> remotes;  // The port of a pod, for each.
};

absl::StatusOr<Opened> Open(const Context& context, const Options& options,
                            const std::vector<Ports>& wanted) {
  Opened opened;
  for (Ports ports : wanted) {
    WEFT_ASSIGN_OR_RETURN(const int fd, Listen(ports.local));
    opened.listening.push_back({fd, POLLIN, 0});
    opened.remotes.push_back(ports.remote);
    context.terminal.out << "Forwarding 127.0.0.1:" << ports.local << " to port " << ports.remote
                         << " of " << options.application
                         << (opened.remotes.size() == wanted.size() ? "; Ctrl-C ends it" : "")
                         << std::endl;
  }
  return opened;
}

// Carries connections, each on a thread of its own, for as long as the process lives.
class Forwarder {
 public:
  Forwarder(const Context& context, Options options,
            std::unique_ptr<core::v1::Applications::Stub> stub)
      : terminal_(context.terminal),
        name_space_(context.name_space),
        options_(std::move(options)),
        stub_(std::move(stub)) {}

  // Blocks; returns only when it can go on no more.
  absl::Status Run(Opened opened) {
    while (poll(opened.listening.data(), opened.listening.size(), -1) > 0 || errno == EINTR) {
      for (size_t i = 0; i < opened.remotes.size(); ++i)
        if (opened.listening[i].revents != 0) Accept(opened.listening[i].fd, opened.remotes[i]);
    }
    return absl::ErrnoToStatus(errno, "poll");
  }

 private:
  void Accept(int listening, uint16_t remote) {
    const int fd = accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) {
      // It is gone again; or there are too many, until one ends.
      if (errno == EMFILE || errno == ENFILE) absl::SleepFor(kUntilOneEnds);
      return;
    }
    constexpr int kOn = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof(kOn));
    ForwardRequest request;
    ForwardRequest::Start& start = *request.mutable_start();
    start.set_namespace_(name_space_);
    start.set_application(options_.application);
    start.set_instance(options_.instance);
    start.set_pod(options_.pod);
    start.set_port(remote);
    std::thread([this, fd, request] {
      const absl::Status status = Carry(*stub_, request, fd);
      close(fd);
      std::lock_guard lock(mutex_);
      if (!status.ok()) Fail(terminal_, status);
    }).detach();
  }

  const Terminal terminal_;
  const std::string name_space_;
  const Options options_;
  const std::unique_ptr<core::v1::Applications::Stub> stub_;
  std::mutex mutex_;  // Of the terminal.
};

// NOT_FOUND: there is no such application, or nothing in it that is meant. A pod may come yet.
absl::Status CheckThere(const Context& context, const Options& options,
                        core::v1::Applications::Stub& stub) {
  core::v1::GetApplicationRequest request;
  request.set_namespace_(context.name_space);
  request.set_name(options.application);
  grpc::ClientContext call;
  SetDeadline(call, kCallLimit);
  core::v1::Application application;
  WEFT_RETURN_IF_ERROR(CallError(stub.Get(&call, request, &application),
                                 absl::StrCat("forward to ", options.application)));
  const auto& components = application.components();
  if (options.instance.empty() ||
      std::any_of(components.begin(), components.end(),
                  [&](const auto& one) { return one.instance_name() == options.instance; }))
    return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrCat("the application ", options.application, " has no instance ", options.instance));
}

absl::Status Forward(const Context& context, const Options& options) {
  std::vector<Ports> ports;
  for (const std::string& text : options.ports) {
    WEFT_ASSIGN_OR_RETURN(const Ports one, ParsePorts(text));
    ports.push_back(one);
  }
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, context.OpenData());
  WEFT_ASSIGN_OR_RETURN(const auto channel, ConnectService(data, "core"));
  auto stub = core::v1::Applications::NewStub(channel);
  WEFT_RETURN_IF_ERROR(CheckThere(context, options, *stub));
  WEFT_ASSIGN_OR_RETURN(Opened opened, Open(context, options, ports));
  // Its threads are never waited for.
  static auto* const forwarder = new Forwarder(context, options, std::move(stub));
  return forwarder->Run(std::move(opened));
}

}  // namespace

void AddPortForwardCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* forward =
      app.add_subcommand("port-forward", "Reach ports of an application from this machine");
  forward->add_option("application", options->application, "The application's name")->required();
  forward
      ->add_option("ports", options->ports,
                   "The port of a pod. It is reached at the same port of 127.0.0.1; at another one "
                   "with HERE:PORT; at any that is free with :PORT")
      ->required()
      ->type_name("[HERE:]PORT");
  forward->add_option("--instance", options->instance, "The component's instance name")
      ->type_name("NAME");
  forward->add_option("--pod", options->pod, "The pod's name, else one that is ready")
      ->type_name("NAME");
  forward->callback([&context, options] {
    context.run = [&context, options] {
      return Fail(context.terminal, Forward(context, *options));
    };
  });
}

}  // namespace weft::cli
