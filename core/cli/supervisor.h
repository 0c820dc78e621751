#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/data_directory.h"
#include "core/base/process.h"
#include "core/cli/installed_services.h"
#include "core/cli/restart_policy.h"

namespace weft::cli {

// Blocks the signals that Supervisor::Run takes, for the calling thread and those that it makes
// later. Call it before any other thread is made.
void BlockSupervisorSignals();

// Keeps the services of one data directory running (docs/adr/0005-supervision.md): starts what is
// missing, adopts what runs already, whoever started it, restarts what ends, replaces what runs
// another program than is installed or was told something else, ends runtimes that are not chosen
// any more. Its own end ends nothing.
//
// One thread calls Run. Only one supervisor may run for a data directory: the caller holds its lock
// "supervisor".
class Supervisor {
 public:
  // `find` tells which services there should be; it is asked at the start and at every reload.
  // `say` gets one line for people about whatever happens.
  Supervisor(const DataDirectory& data, std::function<absl::StatusOr<std::vector<Service>>()> find,
             std::function<void(const std::string&)> say);

  // Runs until SIGTERM, SIGINT or SIGHUP. SIGUSR1: looks again at what is installed. Then ends all
  // services, SIGTERM first, SIGKILL after 10 s or at a second signal. What cannot be started is
  // tried again; only the first `find` and the kernel's refusal to make descriptors are errors.
  absl::Status Run();

 private:
  // Why we end a process.
  enum class Ending {
    kNot,
    kReplaced,  // To start another program, or the same with other arguments, at once.
    kRetired,   // It is not wanted any more.
  };
  struct Supervised {
    Service service;
    ProcessHandle process;
    bool running = false;
    Ending ending = Ending::kNot;
    absl::Time since;  // Of the start or adoption.
    absl::Time due;    // Not running: when to start it. Being ended: when to kill it.
    RestartPolicy policy;
  };

  absl::Status Reconcile();
  void RetireAllBut(const std::vector<Service>& services);
  bool Find(Supervised& supervised);
  void Adopt(Supervised& supervised);
  void End(Supervised& supervised, Ending why);
  void Start(Supervised& supervised);
  void Ended(Supervised& supervised);
  void StartDue();
  // Waits for signals, ends of processes and the next due time. The signal, or 0.
  int Await();
  void StopAll();

  const DataDirectory data_;
  const std::function<absl::StatusOr<std::vector<Service>>()> find_;
  const std::function<void(const std::string&)> say_;
  int signals_ = -1;
  std::map<std::string, Supervised> supervised_;  // By name.
};

}  // namespace weft::cli
