#include "runtime/engine/private_engine.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/base/files.h"
#include "core/base/mounts.h"
#include "core/base/process.h"
#include "core/base/status.h"
#include "runtime/base/detached_process.h"
#include "runtime/engine/docker_engine.h"

namespace weft::engine {
namespace {

// Enough for the engine to find again a thousand containers.
constexpr absl::Duration kStartLimit = absl::Seconds(60);
constexpr absl::Duration kContainerdLimit = absl::Seconds(20);
constexpr auto kTick = std::chrono::milliseconds(50);

using runtime::LastLines;
using runtime::ReadPid;
using runtime::RunsWith;
using runtime::SpawnDetached;

std::string FindDockerd() { return runtime::FindProgram("dockerd"); }

}  // namespace

PrivateEngine::PrivateEngine(std::string directory, std::string log_file)
    : directory_(std::move(directory)),
      log_file_(std::move(log_file)),
      socket_path_(directory_ + "/docker.sock"),
      pid_file_(directory_ + "/dockerd.pid"),
      containerd_pid_file_(directory_ + "/exec/containerd/containerd.pid") {}

absl::Status PrivateEngine::CheckPossible() {
  if (geteuid() != 0) {
    return absl::FailedPreconditionError(
        "no container engine answers, and only root can start a private one: run as root, or start "
        "Docker or Podman and give its socket with WEFT_ENGINE=unix:///path or DOCKER_HOST");
  }
  if (FindDockerd().empty()) {
    return absl::FailedPreconditionError(
        "no container engine answers, and dockerd is not installed: apt-get install docker.io "
        "iptables");
  }
  return absl::OkStatus();
}

bool PrivateEngine::Alive(pid_t pid) const { return RunsWith(pid, directory_ + "/exec"); }

absl::Status PrivateEngine::EnsureRunning(const std::function<bool()>& stop) {
  if (child_ > 0 && waitpid(child_, nullptr, WNOHANG) == child_) child_ = -1;
  DockerEngine engine(socket_path_);
  const auto answers = [&] {
    return access(socket_path_.c_str(), F_OK) == 0 && engine.Ping().ok();
  };
  const auto clean = [&]() -> absl::Status {
    if (!orphans_ended_) WEFT_RETURN_IF_ERROR(EndOrphans(stop));
    orphans_ended_ = true;
    return absl::OkStatus();
  };
  if (answers()) return clean();
  if (!Alive(ReadPid(pid_file_))) {
    WEFT_RETURN_IF_ERROR(WaitForOldContainerd(stop));
    DetachHalfMadeLayers();
    WEFT_RETURN_IF_ERROR(Start());
    orphans_ended_ = false;
  }
  const absl::Time limit = absl::Now() + kStartLimit;
  while (absl::Now() < limit) {
    if (stop()) return absl::CancelledError("stopping");
    if (answers()) return clean();
    if (child_ > 0 && waitpid(child_, nullptr, WNOHANG) == child_) {
      child_ = -1;
      return absl::UnavailableError(absl::StrCat("the private engine ended at once; the end of ",
                                                 log_file_, ":\n", LastLines(log_file_)));
    }
    std::this_thread::sleep_for(kTick);
  }
  return absl::UnavailableError(absl::StrCat("the private engine does not answer; the end of ",
                                             log_file_, ":\n", LastLines(log_file_)));
}

// An engine that was killed between the start of a container and the note of it forgets the
// process, which goes on: its container can never be started, and its ports are taken in its pod.
// So does one that was killed as it removed a container. Such a shim is older than the engine,
// whose container does not run. When a shim is gone containerd removes what it held.
absl::Status PrivateEngine::EndOrphans(const std::function<bool()>& stop) const {
  const pid_t dockerd = ReadPid(pid_file_);
  const std::optional<uint64_t> engine_start = StartTime(dockerd);
  if (!engine_start.has_value()) return absl::UnavailableError("the engine has no process");
  DockerEngine engine(socket_path_);
  for (const pid_t pid : AllProcesses()) {
    if (stop()) return absl::CancelledError("stopping");
    const ProcessIdentity shim = {pid, StartTime(pid).value_or(*engine_start)};
    if (shim.start_time >= *engine_start) continue;
    const std::string id = ContainerOfShim(pid, dockerd);
    if (id.empty()) continue;
    const absl::StatusOr<Container> container = engine.InspectContainer(id);
    // What cannot be looked at keeps nothing else from running.
    if (!container.ok() && !absl::IsNotFound(container.status())) {
      spdlog::warn("msg=\"cannot look at a container\" container={} error=\"{}\"", id.substr(0, 12),
                   std::string(container.status().message()));
      continue;
    }
    if (container.ok() && container->pid > 0) continue;
    const absl::StatusOr<ProcessHandle> process = ProcessHandle::Open(shim);
    if (!process.ok()) continue;  // It ended by itself.
    spdlog::warn("msg=\"ending a process that the engine has forgotten\" container={}",
                 id.substr(0, 12));
    WEFT_RETURN_IF_ERROR(KillChildrenOf(pid));
    WEFT_RETURN_IF_ERROR(process->Signal(SIGKILL));
  }
  return absl::OkStatus();
}

// The container that a process holds for this engine; empty: it holds none. Another engine may have
// a directory that is called the same, in another mount namespace.
std::string PrivateEngine::ContainerOfShim(pid_t pid, pid_t dockerd) const {
  const std::vector<std::string> words = CommandLine(pid);
  const auto after = [&](const char* word) {
    const auto found = std::find(words.begin(), words.end(), word);
    return words.end() - found > 1 ? found[1] : "";
  };
  if (words.empty() || !absl::StrContains(words[0], "containerd-shim") ||
      after("-address") != directory_ + "/exec/containerd/containerd.sock")
    return "";
  const auto mounts_of = [](pid_t process) {
    std::error_code ec;
    return std::filesystem::read_symlink(absl::StrCat("/proc/", process, "/ns/mnt"), ec).string();
  };
  return mounts_of(pid) == mounts_of(dockerd) ? after("-id") : "";
}

// An engine that was killed as it made a container leaves the first layer of it mounted. Only while
// none runs.
void PrivateEngine::DetachHalfMadeLayers() const {
  std::error_code ec;
  const std::string data = std::filesystem::canonical(directory_ + "/data", ec);
  if (ec) return;  // No engine ran here yet.
  for (const std::string& mount :
       MountsBelow(ReadFileOrEmpty("/proc/self/mountinfo"), data + "/overlay2"))
    if (absl::EndsWith(mount, "-init/merged")) umount2(mount.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
}

// A dockerd that was killed takes its containerd with it, but not at once. A new dockerd that finds
// the old containerd dying loses the containers, so it is started only when that is gone.
absl::Status PrivateEngine::WaitForOldContainerd(const std::function<bool()>& stop) const {
  const pid_t pid = ReadPid(containerd_pid_file_);
  if (!Alive(pid)) return absl::OkStatus();
  spdlog::info("msg=\"ending the dead engine's containerd\" pid={}", pid);
  kill(pid, SIGTERM);
  const absl::Time limit = absl::Now() + kContainerdLimit;
  while (Alive(pid)) {
    if (stop()) return absl::CancelledError("stopping");
    if (absl::Now() > limit)
      return absl::UnavailableError(absl::StrCat("the old containerd, process ", pid, ", stays"));
    std::this_thread::sleep_for(kTick);
  }
  return absl::OkStatus();
}

absl::Status PrivateEngine::Start() {
  std::error_code ec;
  std::filesystem::create_directories(directory_, ec);
  chmod(directory_.c_str(), 0700);
  // dockerd takes any process of that id for its own, be it a zombie that nobody reaps, and then
  // waits for it in vain.
  unlink(pid_file_.c_str());
  unlink(containerd_pid_file_.c_str());
  const std::vector<std::string> command = {
      FindDockerd(), "--data-root", directory_ + "/data", "--exec-root", directory_ + "/exec",
      "--host", "unix://" + socket_path_, "--pidfile", pid_file_, "--live-restore",
      // Containers live on networks of ours only, so engines on one machine need not fight for
      // docker0.
      "--bridge", "none",
      // A /20 for each namespace: 256 namespaces of 4,000 addresses instead of 31 of 65,000.
      "--default-address-pool", "base=172.16.0.0/12,size=20", "--log-driver", "json-file",
      "--log-opt", "max-size=10m", "--log-opt", "max-file=3"};
  if (command[0].empty()) return CheckPossible();
  spdlog::info("msg=\"starting a private engine\" socket={}", socket_path_);
  WEFT_ASSIGN_OR_RETURN(child_, SpawnDetached(command, log_file_, directory_));
  return absl::OkStatus();
}

}  // namespace weft::engine
