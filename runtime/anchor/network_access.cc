#include "runtime/anchor/network_access.h"

#include <arpa/inet.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "runtime/anchor/anchor_image.h"
#include "runtime/anchor/anchor_network.h"
#include "runtime/anchor/connections.h"
#include "runtime/anchor/network_namespace.h"
#include "runtime/anchor/program_files.h"
#include "runtime/anchor/rules.h"

namespace weft::anchor {
namespace {

constexpr absl::Duration kLimit = absl::Seconds(20);
constexpr size_t kLongestArgument = 128 * 1024 - 1;  // Linux, MAX_ARG_STRLEN.
constexpr char kNft[] = "/nft";

// Runs a program of the image in a container; INTERNAL: it fails, with what it says.
absl::Status RunInside(engine::Engine& engine, const std::string& container, const char* what,
                       const std::vector<std::string>& command) {
  const absl::StatusOr<engine::ExecResult> run = engine.Exec(container, command, kLimit);
  // A conflict: it does not run.
  if (absl::IsFailedPrecondition(run.status())) return absl::NotFoundError(run.status().message());
  WEFT_RETURN_IF_ERROR(run.status());
  const engine::ExecResult& result = *run;
  if (result.exit_code == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(what, ": ", result.output));
}

absl::Status RunNftInside(engine::Engine& engine, const std::string& container,
                          const std::string& rules) {
  if (rules.size() > kLongestArgument)
    return absl::ResourceExhaustedError(
        "too many rules to be written through the engine: run the runtime as root");
  std::vector<std::string> command = CommandInImage(kNft);
  command.push_back(rules);
  return RunInside(engine, container, "nft", command);
}

}  // namespace

NetworkAccess OwnNetworkAccess() {
  return geteuid() == 0 ? NetworkAccess::kDirect : NetworkAccess::kThroughEngine;
}

std::string OwnAddressTowards(const std::string& address) {
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(9);  // Nothing is sent.
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  socklen_t size = sizeof to;
  auto* const plain = reinterpret_cast<sockaddr*>(&to);
  char own[INET_ADDRSTRLEN] = "";
  if (fd >= 0 && inet_pton(AF_INET, address.c_str(), &to.sin_addr) == 1 &&
      connect(fd, plain, size) == 0 && getsockname(fd, plain, &size) == 0)
    inet_ntop(AF_INET, &to.sin_addr, own, sizeof own);
  if (fd >= 0) close(fd);
  return own;
}

absl::StatusOr<std::vector<engine::TarEntry>> NetworkTools() {
  WEFT_ASSIGN_OR_RETURN(const std::string nft, FindNft());
  return ProgramWithLibraries(nft, kNft);
}

void AllowNetworkAccess(NetworkAccess access, engine::ContainerSpec& spec) {
  if (access == NetworkAccess::kThroughEngine) spec.capabilities_add.emplace_back("NET_ADMIN");
}

absl::Status CheckNetworkAccess(engine::Engine& engine, NetworkAccess access,
                                const std::string& installation, const std::string& program) {
  engine::ContainerSpec spec;
  spec.name = absl::StrCat("weft.", installation, ".network-check");
  WEFT_RETURN_IF_ERROR(engine.RemoveContainer(spec.name));  // Of a process that was killed.
  if (access == NetworkAccess::kDirect) return absl::OkStatus();
  WEFT_ASSIGN_OR_RETURN(spec.image, EnsureAnchorImage(engine, program, access));
  spec.labels = {{kInstallationLabel, installation}, {kRoleLabel, "check"}};
  spec.network = "none";
  AllowNetworkAccess(access, spec);
  const absl::StatusOr<std::string> container = engine.CreateContainer(spec);
  absl::Status status = container.status();
  if (status.ok()) status = engine.StartContainer(*container);
  if (status.ok()) status = RunNftInside(engine, *container, "table ip weft {}");
  if (container.ok()) engine.RemoveContainer(*container).IgnoreError();  // The next check does.
  if (status.ok() || absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) return status;
  return absl::FailedPreconditionError(
      absl::StrCat("only root may change the networks of this engine's containers (",
                   status.message(), "): run the runtime as root"));
}

absl::Status WriteRules(engine::Engine& engine, NetworkAccess access,
                        const engine::Container& container, const std::string& rules) {
  if (access == NetworkAccess::kThroughEngine) return RunNftInside(engine, container.id, rules);
  return RunInNetworkNamespace(container.network_namespace, [&] { return RunNft(rules); });
}

absl::Status ForwardService(engine::Engine& engine, NetworkAccess access,
                            const engine::Container& anchor, const std::string& address,
                            const ServiceNetwork::Service& service) {
  const std::string rules = Rules(address, service.ports, service.filters);
  absl::Status released;
  const auto done = [&] {
    // New connections are right already.
    if (!released.ok())
      spdlog::warn("msg=\"old connections stay\" address={} error=\"{}\"", address,
                   released.ToString());
    return absl::OkStatus();
  };
  if (access == NetworkAccess::kThroughEngine) {
    WEFT_RETURN_IF_ERROR(RunNftInside(engine, anchor.id, rules));
    std::vector<std::string> release = {kProgramPath, "release", address,
                                        absl::StrCat(absl::ToInt64Seconds(kDrain))};
    for (const Target& target : TargetsOf(service.ports))
      release.insert(release.end(), {target.protocol, absl::StrCat(target.port), target.pod,
                                     absl::StrCat(target.pod_port)});
    released = RunInside(engine, anchor.id, kProgramPath, release);
    return done();
  }
  return RunInNetworkNamespace(anchor.network_namespace, [&] {
    WEFT_RETURN_IF_ERROR(RunNft(rules));
    WEFT_RETURN_IF_ERROR(SetParameter("ipv4/ip_forward", "1"));
    // A pod sees all clients as one, with some 64,000 ports: those of ended connections are soon
    // free.
    WEFT_RETURN_IF_ERROR(SetParameter("netfilter/nf_conntrack_tcp_timeout_time_wait", "10"));
    released = ReleaseConnections(address, service.ports);
    return done();
  });
}

}  // namespace weft::anchor
