#include "core/cli/supervisor.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "core/base/files.h"
#include "core/base/status.h"
#include "core/cli/launch.h"
#include "core/cli/process_record.h"

namespace weft::cli {
namespace {

constexpr absl::Duration kDrain = absl::Seconds(10);

sigset_t Signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&signals, signal);
  return signals;
}

// How the child `pid` ended, for people; reaps it. Of a process that another supervisor started
// nobody can know.
std::string DescribeEnd(pid_t pid) {
  int status = 0;
  if (waitpid(pid, &status, WNOHANG) != pid) return "ended";
  if (WIFSIGNALED(status)) return absl::StrCat("ended by signal ", WTERMSIG(status));
  return absl::StrCat("ended with status ", WEXITSTATUS(status));
}

absl::Status EnsureProviderFile(const DataDirectory& data, const Service& service,
                                const std::string& artifact) {
  if (service.provider.empty()) return absl::OkStatus();
  const std::string path = absl::StrCat(data.path(), "/providers/", service.provider, ".yaml");
  const std::string text = ProviderFile(service, artifact);
  // The core reads the file whenever it changes; nothing changed, nothing to read.
  if (ReadFileOrEmpty(path) == text) return absl::OkStatus();
  return WriteFileAtomically(path, text);
}

}  // namespace

void BlockSupervisorSignals() {
  const sigset_t signals = Signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

Supervisor::Supervisor(const DataDirectory& data,
                       std::function<absl::StatusOr<std::vector<Service>>()> find,
                       std::function<void(const std::string&)> say)
    : data_(data), find_(std::move(find)), say_(std::move(say)) {}

absl::Status Supervisor::Run() {
  const sigset_t signals = Signals();
  signals_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals_ < 0) return absl::InternalError(absl::StrCat("signalfd: ", strerror(errno)));
  absl::Status status = Reconcile();
  while (status.ok()) {
    StartDue();
    const int signal = Await();
    if (signal == SIGUSR1) {
      if (absl::Status again = Reconcile(); !again.ok()) say_(std::string(again.message()));
    } else if (signal != 0) {
      StopAll();
      break;
    }
  }
  close(signals_);
  return status;
}

absl::Status Supervisor::Reconcile() {
  WEFT_ASSIGN_OR_RETURN(const std::vector<Service> services, find_());
  for (const Service& service : services) {
    Supervised& supervised = supervised_[service.name];
    supervised.service = service;
    Adopt(supervised);
  }
  return absl::OkStatus();
}

// Takes over a process that runs, if it is the program that is installed; ends it if it is not.
void Supervisor::Adopt(Supervised& supervised) {
  const Service& service = supervised.service;
  const std::optional<ProcessRecord> record = FindRunning(data_, service.name);
  if (!record.has_value()) return;
  if (!supervised.running) {
    absl::StatusOr<ProcessHandle> process = ProcessHandle::Open(record->process);
    if (!process.ok()) return;
    supervised.process = *std::move(process);
    supervised.running = true;
    supervised.since = absl::Now();
    say_(absl::StrCat(service.name, " runs already as process ", record->process.pid));
  }
  const absl::StatusOr<std::string> artifact = MeasureArtifact(service.program);
  if (!artifact.ok() || supervised.replacing) return;
  if (*artifact == record->artifact) {
    if (absl::Status written = EnsureProviderFile(data_, service, *artifact); !written.ok())
      say_(std::string(written.message()));
    return;
  }
  say_(absl::StrCat(service.name, " is another program now: restarting it"));
  supervised.replacing = true;
  supervised.due = absl::Now() + kDrain;
  supervised.process.Signal(SIGTERM).IgnoreError();
}

void Supervisor::Start(Supervised& supervised) {
  const Service& service = supervised.service;
  const absl::StatusOr<std::string> artifact = MeasureArtifact(service.program);
  absl::Status status = artifact.status();
  if (status.ok()) status = EnsureProviderFile(data_, service, *artifact);
  if (status.ok()) {
    absl::StatusOr<ProcessHandle> process =
        Launch(service, *artifact, supervised.policy.attempt(), data_);
    status = process.status();
    if (process.ok()) supervised.process = *std::move(process);
  }
  supervised.since = absl::Now();
  supervised.running = status.ok();
  if (supervised.running) {
    say_(absl::StrCat(service.name, " started as process ", supervised.process.identity().pid));
    return;
  }
  supervised.due = absl::Now() + supervised.policy.Ended(absl::ZeroDuration());
  say_(absl::StrCat("cannot start ", service.name, ": ", status.message()));
}

void Supervisor::Ended(Supervised& supervised) {
  const absl::Time now = absl::Now();
  const std::string how = DescribeEnd(supervised.process.identity().pid);
  supervised.running = false;
  supervised.process = ProcessHandle();
  if (supervised.replacing) {
    supervised.replacing = false;
    supervised.policy = RestartPolicy();
    supervised.due = now;
    return;
  }
  const absl::Duration delay = supervised.policy.Ended(now - supervised.since);
  supervised.due = now + delay;
  say_(absl::StrCat(
      supervised.service.name, " ", how, "; starting it again ",
      delay == absl::ZeroDuration() ? "at once" : absl::StrCat("in ", absl::FormatDuration(delay)),
      " (log: ", LogPath(data_, supervised.service.name), ")"));
}

void Supervisor::StartDue() {
  for (auto& [name, supervised] : supervised_) {
    if (!supervised.running && supervised.due <= absl::Now()) {
      Start(supervised);
    } else if (supervised.replacing && supervised.due <= absl::Now()) {
      supervised.process.Signal(SIGKILL).IgnoreError();
      supervised.due = absl::InfiniteFuture();
    }
  }
}

int Supervisor::Await() {
  std::vector<pollfd> descriptors = {{signals_, POLLIN, 0}};
  std::vector<Supervised*> running;
  absl::Time due = absl::InfiniteFuture();
  for (auto& [name, supervised] : supervised_) {
    if (!supervised.running || supervised.replacing) due = std::min(due, supervised.due);
    if (!supervised.running) continue;
    descriptors.push_back({supervised.process.fd(), POLLIN, 0});
    running.push_back(&supervised);
  }
  int timeout = -1;
  if (due != absl::InfiniteFuture()) {
    // Rounded up, so that it does not spin through the last millisecond.
    const absl::Duration left = std::max(due - absl::Now(), absl::ZeroDuration());
    timeout = static_cast<int>(absl::ToInt64Milliseconds(left + absl::Microseconds(999)));
  }
  if (poll(descriptors.data(), descriptors.size(), timeout) <= 0) return 0;
  for (size_t i = 0; i < running.size(); ++i) {
    if (descriptors[i + 1].revents != 0) Ended(*running[i]);
  }
  signalfd_siginfo signal;
  return read(signals_, &signal, sizeof signal) == sizeof signal
             ? static_cast<int>(signal.ssi_signo)
             : 0;
}

void Supervisor::StopAll() {
  for (auto& [name, supervised] : supervised_) {
    if (supervised.running) supervised.process.Signal(SIGTERM).IgnoreError();
  }
  const absl::Time kill_at = absl::Now() + kDrain;
  bool killed = false;
  for (auto& [name, supervised] : supervised_) {
    while (supervised.running && !supervised.process.AwaitEnd(absl::Milliseconds(100))) {
      if (absl::Now() > kill_at + kDrain) {
        say_(absl::StrCat(name, " does not end, not even by SIGKILL"));
        break;
      }
      signalfd_siginfo again;
      const bool impatient = read(signals_, &again, sizeof again) == sizeof again;
      if (killed || (!impatient && absl::Now() < kill_at)) continue;
      killed = true;
      for (auto& [other, victim] : supervised_) {
        if (victim.running) victim.process.Signal(SIGKILL).IgnoreError();
      }
    }
    if (supervised.running) DescribeEnd(supervised.process.identity().pid);
    supervised.running = false;
    RemoveRecord(data_, name);
  }
}

}  // namespace weft::cli
