#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

// Processes that are not necessarily children of ours: who they are, whether they live, how they
// end. Everything here is Linux's /proc and pidfd_open(2). Thread-safe.
namespace weft {

// One process, for ever: a process id alone names another process once it is used again.
struct ProcessIdentity {
  pid_t pid = 0;
  uint64_t start_time = 0;  // Clock ticks since boot: field 22 of /proc/PID/stat, proc(5).
  bool operator==(const ProcessIdentity&) const = default;
};

// When process `pid` started. Nothing: there is none, or it is dead and only not reaped yet.
std::optional<uint64_t> StartTime(pid_t pid);

// The parent of process `pid`. Nothing: there is no such process, or it is dead.
std::optional<pid_t> ParentOf(pid_t pid);

// The number in field `wanted`, from 4, of `text`, which is /proc/PID/stat. Nothing: there is none,
// or the process is dead.
std::optional<uint64_t> ParseStatField(std::string_view text, int wanted);

ProcessIdentity SelfIdentity();
bool IsAlive(const ProcessIdentity& process);

// The arguments of process `pid`, the program first. Empty: no such process, or a kernel thread.
std::vector<std::string> CommandLine(pid_t pid);

// Every process that /proc shows.
std::vector<pid_t> AllProcesses();

// A descriptor of a process: readable when the process ends. Owns it.
class ProcessHandle {
 public:
  ProcessHandle() = default;
  ProcessHandle(ProcessHandle&& other) noexcept;
  ProcessHandle& operator=(ProcessHandle&& other) noexcept;
  ~ProcessHandle();

  // NOT_FOUND: the process is gone, also if another bears its id now.
  static absl::StatusOr<ProcessHandle> Open(const ProcessIdentity& process);

  // Of a child of the caller that is not reaped yet, though it may have ended.
  static absl::StatusOr<ProcessHandle> OpenChild(pid_t pid);

  int fd() const { return fd_; }
  const ProcessIdentity& identity() const { return identity_; }

  // Sends `signal` to this very process. A process that is gone is a success.
  absl::Status Signal(int signal) const;

  // Waits until the process has ended. False: it has not within `limit`.
  bool AwaitEnd(absl::Duration limit) const;

 private:
  ProcessHandle(int fd, ProcessIdentity identity) : fd_(fd), identity_(identity) {}
  int fd_ = -1;
  ProcessIdentity identity_;
};

// SIGKILL to the children of process `pid`, by which every thread of it is meant. The error of the
// first that could not be sent.
absl::Status KillChildrenOf(pid_t pid);

// SIGTERM, up to `drain`, then SIGKILL. Returns when it is gone.
// DEADLINE_EXCEEDED: not even SIGKILL ended it within 10 s.
absl::Status EndProcess(const ProcessHandle& process, absl::Duration drain);

}  // namespace weft
