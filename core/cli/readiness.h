#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/base/data_directory.h"
#include "core/base/process.h"
#include "core/cli/installed_services.h"
#include "core/cli/terminal.h"

namespace weft::cli {

// Waits until every one of `services` runs the program that is installed, calls itself SERVING and
// can do its work: a runtime has its engine or cluster, the core has heard from the providers and
// runtimes among them.
// Shows what it waits for. `supervisor` keeps them running meanwhile.
// UNAVAILABLE, with the last lines of its log: a service ended five times in a row, or the
// supervisor did. DEADLINE_EXCEEDED, likewise: a service does not answer within `timeout`.
absl::Status AwaitServing(const DataDirectory& data, const std::vector<Service>& services,
                          const ProcessHandle& supervisor, const Terminal& terminal,
                          absl::Duration timeout);

// "MESSAGE; the last lines of LOG:", and these lines, of what the service `name` wrote.
std::string WithLog(const DataDirectory& data, const std::string& name, std::string_view message);

}  // namespace weft::cli
