#include "runtime/anchor/network_access.h"

#include <arpa/inet.h>
#include <cstdio>
#include <fstream>
#include <memory>
#include <spdlog/spdlog.h>
#include <sstream>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "core/base/status.h"
#include "runtime/anchor/anchor_image.h"
#include "runtime/anchor/connections.h"
#include "runtime/anchor/network_namespace.h"
#include "runtime/anchor/rules.h"

namespace weft::anchor {
namespace {

constexpr absl::Duration kLimit = absl::Seconds(20);
constexpr size_t kLongestArgument = 128 * 1024 - 1;  // Linux, MAX_ARG_STRLEN.
constexpr char kLibraries[] = "/lib";
constexpr char kLoader[] = "/lib/loader";
constexpr char kNft[] = "/nft";

// Runs a program of the image in a container; INTERNAL: it fails, with what it says.
absl::Status RunInside(engine::Engine& engine, const std::string& container,
                       const std::vector<std::string>& command) {
  const absl::StatusOr<engine::ExecResult> run = engine.Exec(container, command, kLimit);
  // A conflict: it does not run.
  if (absl::IsFailedPrecondition(run.status())) return absl::NotFoundError(run.status().message());
  WEFT_RETURN_IF_ERROR(run.status());
  const engine::ExecResult& result = *run;
  if (result.exit_code == 0) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat(command[0] == kLoader ? "nft" : command[0], ": ", result.output));
}

absl::Status RunNftInside(engine::Engine& engine, const std::string& container,
                          const std::string& rules) {
  if (rules.size() > kLongestArgument)
    return absl::ResourceExhaustedError(
        "too many rules to be written through the engine: run the runtime as root");
  return RunInside(engine, container, {kLoader, "--library-path", kLibraries, kNft, rules});
}

absl::StatusOr<engine::TarEntry> FileAs(const std::string& path, const std::string& from) {
  std::ifstream file(from, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file) return absl::FailedPreconditionError("cannot read " + from);
  return engine::TarEntry{
      .path = path.substr(1), .content = std::move(content).str(), .mode = 0755};
}

// What ldd(1) says of a program.
std::string LibrariesOf(const std::string& program) {
  const std::unique_ptr<FILE, int (*)(FILE*)> ldd(popen(("ldd " + program).c_str(), "r"), &pclose);
  std::string text;
  char piece[4096];
  while (ldd != nullptr && fgets(piece, sizeof piece, ldd.get()) != nullptr) text += piece;
  return text;
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
  WEFT_ASSIGN_OR_RETURN(engine::TarEntry program, FileAs(kNft, nft));
  std::vector<engine::TarEntry> files = {std::move(program)};
  // "NAME => PATH (0x...)", and the loader as "PATH (0x...)".
  const std::string libraries = LibrariesOf(nft);
  const std::vector<std::string> lines = absl::StrSplit(libraries, '\n');
  bool has_loader = false;
  for (const std::string& line : lines) {
    const size_t path = line.find('/');
    if (path == std::string::npos) continue;
    const std::string from = line.substr(path, line.find(' ', path) - path);
    const bool is_loader = line.find("=>") == std::string::npos;
    has_loader |= is_loader;
    WEFT_ASSIGN_OR_RETURN(
        engine::TarEntry file,
        FileAs(is_loader ? kLoader : absl::StrCat(kLibraries, from.substr(from.rfind('/'))), from));
    files.push_back(std::move(file));
  }
  if (!has_loader || libraries.find("not found") != std::string::npos)
    return absl::FailedPreconditionError(
        absl::StrCat("the libraries of ", nft, " are not known: ", libraries));
  return files;
}

void AllowNetworkAccess(NetworkAccess access, engine::ContainerSpec& spec) {
  if (access == NetworkAccess::kThroughEngine) spec.capabilities_add.emplace_back("NET_ADMIN");
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
    released = RunInside(engine, anchor.id, release);
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
