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

// When a process started, in clock ticks since the machine did; 0: there is none.
int64_t StartTicks(pid_t pid) {
  constexpr size_t kStartTime = 19;  // After the name: proc(5), field 22.
  const std::string stat = ReadFileOrEmpty(absl::StrCat("/proc/", pid, "/stat"));
  const size_t name_end = stat.rfind(") ");
  if (name_end == std::string::npos) return 0;
  const std::vector<std::string> fields = absl::StrSplit(stat.substr(name_end + 2), ' ');
  int64_t ticks = 0;
  return fields.size() > kStartTime && absl::SimpleAtoi(fields[kStartTime], &ticks) ? ticks : 0;
}

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
    if (access(socket_path_.c_str(), F_OK) != 0 || !engine.Ping().ok()) return false;
    if (!std::exchange(looked_, true)) EndOrphans();
    return true;
  };
  if (answers()) return absl::OkStatus();
  if (!Alive(ReadPid(pid_file_))) {
    WEFT_RETURN_IF_ERROR(WaitForOldContainerd(stop));
    DetachHalfMadeLayers();
    WEFT_RETURN_IF_ERROR(Start());
    looked_ = false;
  }
  const absl::Time limit = absl::Now() + kStartLimit;
  while (absl::Now() < limit) {
    if (stop()) return absl::CancelledError("stopping");
    if (answers()) return absl::OkStatus();
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

std::vector<PrivateEngine::Shim> PrivateEngine::Shims() const {
  std::vector<Shim> shims;
  std::error_code ec;
  for (std::filesystem::directory_iterator entry("/proc", ec), end; !ec && entry != end;
       entry.increment(ec)) {
    const std::string process = entry->path();
    int pid = 0;
    if (!absl::SimpleAtoi(entry->path().filename().string(), &pid) || !Alive(pid)) continue;
    const std::vector<std::string> words =
        absl::StrSplit(ReadFileOrEmpty(process + "/cmdline"), '\0');
    const auto id = std::find(words.begin(), words.end(), "-id");
    if (absl::StrContains(words[0], "containerd-shim") && words.end() - id > 1)
      shims.push_back({pid, id[1]});
  }
  return shims;
}

// An engine that was killed between the start of a container and the note of it forgets the
// process, which goes on: its container can never be started, and its ports are taken in its pod.
// So does one that was killed as it removed a container. Such a shim is older than the engine,
// whose container does not run. Killed, it takes nothing with it: containerd cleans up after it.
void PrivateEngine::EndOrphans() const {
  DockerEngine engine(socket_path_);
  const int64_t engine_start = StartTicks(ReadPid(pid_file_));
  for (const Shim& shim : Shims()) {
    const absl::StatusOr<Container> container = engine.InspectContainer(shim.container);
    const bool known = container.ok() ? container->pid > 0 || container->state == "paused"
                                      : !absl::IsNotFound(container.status());
    if (known || StartTicks(shim.pid) >= engine_start || !Alive(shim.pid)) continue;
    spdlog::warn("msg=\"ending a process that the engine has forgotten\" container={}",
                 shim.container.substr(0, 12));
    // Of whichever of its threads.
    std::error_code ec;
    for (std::filesystem::directory_iterator thread(absl::StrCat("/proc/", shim.pid, "/task"), ec),
         end;
         !ec && thread != end; thread.increment(ec)) {
      const std::string children = ReadFileOrEmpty(thread->path().string() + "/children");
      int pid = 0;
      for (const absl::string_view child : absl::StrSplit(children, ' ', absl::SkipEmpty()))
        if (absl::SimpleAtoi(child, &pid) && pid > 1) kill(pid, SIGKILL);
    }
    kill(shim.pid, SIGKILL);
  }
}

// An engine that was killed as it made a container leaves the first layer of it mounted. Only while
// none runs.
void PrivateEngine::DetachHalfMadeLayers() const {
  const std::string layers = directory_ + "/data/overlay2/";
  const std::string mounts = ReadFileOrEmpty("/proc/self/mounts");
  for (const absl::string_view line : absl::StrSplit(mounts, '\n')) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words.size() > 1 && absl::StartsWith(words[1], layers) &&
        absl::EndsWith(words[1], "-init/merged"))
      umount2(words[1].c_str(), MNT_DETACH);
  }
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
