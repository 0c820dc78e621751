#include "core/base/process.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/files.h"
#include "core/base/status.h"

extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 forgets to say that it is C.
}

namespace weft {
namespace {

std::string ReadProc(pid_t pid, const char* file) {
  return ReadFileOrEmpty(absl::StrCat("/proc/", pid, "/", file));
}

}  // namespace

std::optional<uint64_t> ParseStatField(std::string_view text, int wanted) {
  // The second field is the program's name in parentheses and may itself hold spaces and
  // parentheses.
  const size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  text.remove_prefix(name_end + 1);
  for (int field = 3;; ++field) {
    const size_t begin = text.find_first_not_of(" \n");
    if (begin == std::string_view::npos) return std::nullopt;
    text.remove_prefix(begin);
    const std::string_view word = text.substr(0, text.find_first_of(" \n"));
    if (field == 3 && (word == "Z" || word == "X")) return std::nullopt;
    if (field == wanted) {
      uint64_t number = 0;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
      if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
      return number;
    }
    text.remove_prefix(word.size());
  }
}

std::optional<uint64_t> StartTime(pid_t pid) { return ParseStatField(ReadProc(pid, "stat"), 22); }

std::optional<pid_t> ParentOf(pid_t pid) {
  const std::optional<uint64_t> parent = ParseStatField(ReadProc(pid, "stat"), 4);
  if (!parent.has_value()) return std::nullopt;
  return static_cast<pid_t>(*parent);
}

ProcessIdentity SelfIdentity() { return {getpid(), StartTime(getpid()).value_or(0)}; }

bool IsAlive(const ProcessIdentity& process) {
  return process.pid > 0 && StartTime(process.pid) == process.start_time;
}

std::vector<std::string> CommandLine(pid_t pid) {
  const std::string text = ReadProc(pid, "cmdline");
  std::vector<std::string> arguments;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\0', begin), text.size());
    arguments.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return arguments;
}

std::vector<pid_t> AllProcesses() {
  std::vector<pid_t> processes;
  std::error_code ec;
  for (std::filesystem::directory_iterator entry("/proc", ec), end; !ec && entry != end;
       entry.increment(ec)) {
    const std::string name = entry->path().filename().string();
    pid_t pid = 0;
    const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error == std::errc() && rest == name.data() + name.size()) processes.push_back(pid);
  }
  return processes;
}

ProcessHandle::ProcessHandle(ProcessHandle&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), identity_(other.identity_) {}

ProcessHandle& ProcessHandle::operator=(ProcessHandle&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(identity_, other.identity_);
  return *this;
}

ProcessHandle::~ProcessHandle() {
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<ProcessHandle> ProcessHandle::Open(const ProcessIdentity& process) {
  ProcessHandle handle(process.pid > 0 ? pidfd_open(process.pid, 0) : -1, process);
  // Looked at after the descriptor was opened: it cannot come to mean another process any more.
  if (handle.fd_ < 0 || !IsAlive(process))
    return absl::NotFoundError(absl::StrCat("process ", process.pid, " is gone"));
  return handle;
}

absl::StatusOr<ProcessHandle> ProcessHandle::OpenChild(pid_t pid) {
  ProcessHandle handle(pidfd_open(pid, 0), {pid, StartTime(pid).value_or(0)});
  if (handle.fd_ < 0)
    return absl::InternalError(absl::StrCat("pidfd_open of process ", pid, ": ", strerror(errno)));
  return handle;
}

absl::Status ProcessHandle::Signal(int signal) const {
  if (pidfd_send_signal(fd_, signal, nullptr, 0) == 0 || errno == ESRCH) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat("signal ", signal, " to process ", identity_.pid, ": ", strerror(errno)));
}

bool ProcessHandle::AwaitEnd(absl::Duration limit) const {
  const absl::Time deadline = absl::Now() + limit;
  for (;;) {
    pollfd ended = {fd_, POLLIN, 0};
    const absl::Duration left = std::max(deadline - absl::Now(), absl::ZeroDuration());
    const int ready =
        poll(&ended, 1, static_cast<int>(absl::ToInt64Milliseconds(left + absl::Milliseconds(1))));
    if (ready > 0) return true;
    if (absl::Now() >= deadline) return false;
  }
}

absl::Status EndProcess(const ProcessHandle& process, absl::Duration drain) {
  if (absl::Status sent = process.Signal(SIGTERM); !sent.ok()) return sent;
  if (process.AwaitEnd(drain)) return absl::OkStatus();
  if (absl::Status sent = process.Signal(SIGKILL); !sent.ok()) return sent;
  if (process.AwaitEnd(absl::Seconds(10))) return absl::OkStatus();
  return absl::DeadlineExceededError(
      absl::StrCat("process ", process.identity().pid, " does not end, not even by SIGKILL"));
}

absl::Status KillChildrenOf(pid_t parent) {
  for (const pid_t pid : AllProcesses()) {
    const ProcessIdentity identity = {pid, StartTime(pid).value_or(0)};
    if (ParentOf(pid) != parent) continue;
    const absl::StatusOr<ProcessHandle> process = ProcessHandle::Open(identity);
    if (process.ok()) WEFT_RETURN_IF_ERROR(process->Signal(SIGKILL));
  }
  return absl::OkStatus();
}

}  // namespace weft
