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

#include "absl/strings/match.h"
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
  const std::string before = ReadFileOrEmpty(path);
  const std::string text = ProviderFile(service, artifact, before);
  // The core reads the file whenever it changes; nothing changed, nothing to read.
  if (before == text) return absl::OkStatus();
  return WriteFileAtomically(path, text);
}

// Whether the process was started with the service's arguments.
bool WasToldTheSame(const ProcessRecord& record, const Service& service) {
  const std::vector<std::string> words = CommandLine(record.process.pid);
  const std::vector<std::string>& expected = service.arguments;
  // Whatever stands before them is the program.
  return words.size() > expected.size() &&
         std::equal(expected.rbegin(), expected.rend(), words.rbegin());
}

bool IsOneOf(const std::vector<Service>& services, const std::string& name) {
  return std::any_of(services.begin(), services.end(),
                     [&](const Service& service) { return service.name == name; });
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
  RetireAllBut(services);
  for (const Service& service : services) {
    // Before anything starts, so that the core does not see half of the runtimes.
    if (!service.runtime.empty()) WEFT_RETURN_IF_ERROR(WriteRuntimeFile(data_, service));
  }
  for (const Service& service : services) {
    Supervised& supervised = supervised_[service.name];
    supervised.service = service;
    Adopt(supervised);
  }
  return absl::OkStatus();
}

// Ends runtimes that are not among `services`, also those of an earlier supervisor. What they
// carried out goes on.
void Supervisor::RetireAllBut(const std::vector<Service>& services) {
  for (const std::string& name : RecordedServices(data_)) {
    if (IsOneOf(services, name) || !absl::StartsWith(name, kRuntimePrefix)) continue;
    Supervised& supervised = supervised_[name];
    supervised.service.name = name;
    supervised.service.runtime = name.substr(sizeof kRuntimePrefix - 1);
    supervised.service.address = data_.SocketAddress("runtime-" + supervised.service.runtime);
    Find(supervised);
  }
  for (auto& [name, supervised] : supervised_) {
    if (IsOneOf(services, name) || supervised.service.runtime.empty()) continue;
    RemoveRuntimeFile(data_, supervised.service);
    if (supervised.ending != Ending::kRetired) say_(absl::StrCat(name, " is not chosen any more"));
    End(supervised, Ending::kRetired);
  }
}

// Takes over the process that runs as the service. False: none does.
bool Supervisor::Find(Supervised& supervised) {
  if (supervised.running) return true;
  const std::string& name = supervised.service.name;
  const std::optional<ProcessRecord> record = FindRunning(data_, name);
  if (!record.has_value()) return false;
  absl::StatusOr<ProcessHandle> process = ProcessHandle::Open(record->process);
  if (!process.ok()) return false;
  supervised.process = *std::move(process);
  supervised.running = true;
  supervised.since = absl::Now();
  say_(absl::StrCat(name, " runs already as process ", record->process.pid));
  return true;
}

// Takes over a process that runs, if it is the program that is installed, told what it would be
// told now; ends it if it is not.
void Supervisor::Adopt(Supervised& supervised) {
  const Service& service = supervised.service;
  const std::optional<ProcessRecord> record = FindRunning(data_, service.name);
  if (!record.has_value() || !Find(supervised)) return;
  if (supervised.ending != Ending::kNot) return End(supervised, Ending::kReplaced);
  const absl::StatusOr<std::string> artifact = MeasureArtifact(service.program);
  if (!artifact.ok()) return;
  const bool same_program = *artifact == record->artifact;
  if (same_program && WasToldTheSame(*record, service)) {
    if (absl::Status written = EnsureProviderFile(data_, service, *artifact); !written.ok())
      say_(std::string(written.message()));
    return;
  }
  say_(absl::StrCat(service.name,
                    same_program ? " has other options now" : " is another program now",
                    ": restarting it"));
  End(supervised, Ending::kReplaced);
}

// Once it runs no more, Ended does the rest.
void Supervisor::End(Supervised& supervised, Ending why) {
  if (supervised.ending == Ending::kNot) {
    supervised.due = absl::Now() + kDrain;
    if (supervised.running) supervised.process.Signal(SIGTERM).IgnoreError();
  }
  supervised.ending = why;
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
  if (supervised.ending == Ending::kRetired) {
    RemoveRecord(data_, supervised.service.name);
    return;
  }
  if (supervised.ending == Ending::kReplaced) {
    supervised.ending = Ending::kNot;
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
  std::erase_if(supervised_, [](const auto& entry) {
    return entry.second.ending == Ending::kRetired && !entry.second.running;
  });
  for (auto& [name, supervised] : supervised_) {
    if (!supervised.running && supervised.due <= absl::Now()) {
      Start(supervised);
    } else if (supervised.ending != Ending::kNot && supervised.due <= absl::Now()) {
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
    if (!supervised.running || supervised.ending != Ending::kNot)
      due = std::min(due, supervised.due);
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
