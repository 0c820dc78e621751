#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/base/data_directory.h"
#include "core/cli/terminal.h"
#include "core/config/services_config.h"

// The embedded mesh: the services of one data directory and their supervisor
// (docs/adr/0005-supervision.md).
namespace weft::cli {

// Makes `choice` what the following calls run, and whoever runs this data directory later. A
// supervisor that runs finds out at BringUp. NOT_FOUND: a runtime of it is not installed.
absl::Status Choose(const DataDirectory& data, const config::ServicesConfig& choice);

// Supervises the services that are installed beside this program in the calling process until
// SIGTERM, SIGINT or SIGHUP, then ends them. `say` gets one line for people about whatever happens.
// Call it before any other thread is made. FAILED_PRECONDITION: a supervisor runs already.
// NOT_FOUND: no services are installed, or not a runtime that was chosen. INVALID_ARGUMENT: what
// was chosen cannot be read.
absl::Status Supervise(const DataDirectory& data,
                       const std::function<void(const std::string&)>& say);

// Makes sure that a supervisor runs, in a process of its own that outlives the caller, and that
// every service answers; shows progress. A supervisor that runs already looks again at what is
// installed. Errors as Supervise, AwaitServing (readiness.h). Call it before any other thread is
// made.
absl::Status BringUp(const DataDirectory& data, const Terminal& terminal, absl::Duration timeout);

// Ends the supervisor and all services, whether a supervisor runs or not, with SIGTERM and 10 s
// later SIGKILL. Afterwards the calling process holds the supervisor's lock, so that nothing starts
// them until it ends. False: nothing ran. FAILED_PRECONDITION: another supervisor came between.
absl::StatusOr<bool> TakeDown(const DataDirectory& data);

}  // namespace weft::cli
