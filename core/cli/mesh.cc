#include "core/cli/mesh.h"

#include <cerrno>
#include <fcntl.h>
#include <iostream>
#include <linux/close_range.h>
#include <optional>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/process.h"
#include "core/base/status.h"
#include "core/cli/installed_services.h"
#include "core/cli/launch.h"
#include "core/cli/process_record.h"
#include "core/cli/readiness.h"
#include "core/cli/service_choice.h"
#include "core/cli/supervisor.h"

namespace weft::cli {
namespace {

constexpr absl::Duration kDrain = absl::Seconds(10);
constexpr absl::Duration kSupervisorDrain = absl::Seconds(30);  // It drains the services.
constexpr absl::Duration kPoll = absl::Milliseconds(20);
constexpr absl::Duration kTakeOver = absl::Seconds(5);
constexpr int kTaken = 3;  // Exit status of a supervisor that found another at work.

absl::StatusOr<std::vector<Service>> Installed(const DataDirectory& data) {
  WEFT_ASSIGN_OR_RETURN(const config::ServicesConfig choice, ReadChoice(data));
  return FindServices(ServiceFolder(SelfPath()), data, choice);
}

void LogLine(const std::string& line) {
  std::cout << absl::FormatTime("time=%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone())
            << " service=" << kSupervisor << " msg=\"" << line << "\"" << std::endl;
}

// The child of a fork of a process with one thread: nothing of the caller's terminal, folder or
// files is kept.
[[noreturn]] void BecomeSupervisor(const DataDirectory& data, int log) {
  setsid();
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  close_range(STDERR_FILENO + 1, ~0U, 0);
  const absl::Status status =
      chdir("/") == 0 ? Supervise(data, LogLine) : absl::InternalError("cannot enter /");
  if (!status.ok()) LogLine(std::string(status.message()));
  _exit(status.ok() ? 0 : absl::IsFailedPrecondition(status) ? kTaken : 1);
}

// Waits until a supervisor has taken over: `child`, or one that somebody else started at the same
// time. It has once its record stands: the lock is its own, and records of the dead are gone.
absl::StatusOr<ProcessHandle> AwaitTakeOver(const DataDirectory& data, const ProcessHandle& child) {
  for (const absl::Time deadline = absl::Now() + kTakeOver; absl::Now() < deadline;) {
    if (const auto record = FindRunning(data, kSupervisor); record.has_value())
      return ProcessHandle::Open(record->process);
    int status = 0;
    if (waitpid(child.identity().pid, &status, WNOHANG) > 0 &&
        !(WIFEXITED(status) && WEXITSTATUS(status) == kTaken))
      break;
    absl::SleepFor(kPoll);
  }
  return absl::UnavailableError(WithLog(data, kSupervisor, "the supervisor did not start"));
}

absl::StatusOr<ProcessHandle> StartSupervisor(const DataDirectory& data) {
  WEFT_ASSIGN_OR_RETURN(const int log, OpenLog(data, kSupervisor));
  std::cout.flush();
  const pid_t pid = fork();
  if (pid == 0) BecomeSupervisor(data, log);
  const int error = errno;
  close(log);
  if (pid < 0)
    return absl::UnavailableError(absl::StrCat("start the supervisor: ", strerror(error)));
  WEFT_ASSIGN_OR_RETURN(ProcessHandle child, ProcessHandle::OpenChild(pid));
  return AwaitTakeOver(data, child);
}

// Ends services that no supervisor looks after, all at once. False: there was none.
absl::StatusOr<bool> EndRecorded(const DataDirectory& data) {
  std::vector<ProcessHandle> processes;
  for (const std::string& name : RecordedServices(data)) {
    const std::optional<ProcessRecord> record = FindRunning(data, name);
    if (!record.has_value()) continue;
    if (absl::StatusOr<ProcessHandle> process = ProcessHandle::Open(record->process); process.ok())
      processes.push_back(*std::move(process));
  }
  for (const ProcessHandle& process : processes) WEFT_RETURN_IF_ERROR(process.Signal(SIGTERM));
  for (const ProcessHandle& process : processes) WEFT_RETURN_IF_ERROR(EndProcess(process, kDrain));
  return !processes.empty();
}

}  // namespace

absl::Status Choose(const DataDirectory& data, const config::ServicesConfig& choice) {
  WEFT_RETURN_IF_ERROR(FindServices(ServiceFolder(SelfPath()), data, choice).status());
  return WriteChoice(data, choice);
}

absl::Status Supervise(const DataDirectory& data,
                       const std::function<void(const std::string&)>& say) {
  BlockSupervisorSignals();
  WEFT_RETURN_IF_ERROR(data.Lock(kSupervisor));
  WEFT_RETURN_IF_ERROR(data.Installation().status());  // Not in the middle of a restore.
  for (const std::string& name : RecordedServices(data)) {
    if (!FindRunning(data, name).has_value()) RemoveRecord(data, name);
  }
  WEFT_RETURN_IF_ERROR(RecordSelf(data, kSupervisor));
  absl::Status status = Supervisor(
                            data, [&data] { return Installed(data); }, say)
                            .Run();
  RemoveRecord(data, kSupervisor);
  return status;
}

absl::Status BringUp(const DataDirectory& data, const Terminal& terminal, absl::Duration timeout) {
  WEFT_RETURN_IF_ERROR(data.Installation().status());
  WEFT_ASSIGN_OR_RETURN(const std::vector<Service> services, Installed(data));
  ProcessHandle supervisor;
  if (const auto record = FindRunning(data, kSupervisor); record.has_value()) {
    terminal.out << "weft runs already, supervised by process " << record->process.pid << std::endl;
    WEFT_ASSIGN_OR_RETURN(supervisor, ProcessHandle::Open(record->process));
    WEFT_RETURN_IF_ERROR(supervisor.Signal(SIGUSR1));
  } else {
    WEFT_ASSIGN_OR_RETURN(supervisor, StartSupervisor(data));
  }
  return AwaitServing(data, services, supervisor, terminal, timeout);
}

absl::StatusOr<bool> TakeDown(const DataDirectory& data) {
  const std::optional<ProcessRecord> record = FindRunning(data, kSupervisor);
  if (record.has_value()) {
    // One that ended by itself meanwhile is fine.
    const absl::StatusOr<ProcessHandle> supervisor = ProcessHandle::Open(record->process);
    if (supervisor.ok()) WEFT_RETURN_IF_ERROR(EndProcess(*supervisor, kSupervisorDrain));
  }
  WEFT_RETURN_IF_ERROR(data.Lock(kSupervisor));
  WEFT_ASSIGN_OR_RETURN(const bool ended, EndRecorded(data));
  return ended || record.has_value();
}

}  // namespace weft::cli
