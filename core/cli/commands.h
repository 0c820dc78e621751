#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/App.hpp>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/data_directory.h"
#include "core/cli/terminal.h"

namespace weft::cli {

// What every command knows. Outlives the parse and the command.
struct Context {
  Terminal terminal;
  std::string data;                    // --data; empty: WEFT_DATA, or ~/.weft.
  std::string name_space = "default";  // --namespace
  std::function<int()> run = {};       // What the command line asks for; its exit status.

  absl::StatusOr<DataDirectory> OpenData() const { return DataDirectory::Open(data); }
};

// Each adds its commands to `app`; when one is chosen it sets context.run.
void AddUpCommand(CLI::App& app, Context& context);            // up
void AddDownCommand(CLI::App& app, Context& context);          // down
void AddApplyCommand(CLI::App& app, Context& context);         // apply, plan
void AddGetCommand(CLI::App& app, Context& context);           // get
void AddApplicationCommands(CLI::App& app, Context& context);  // status, logs, delete
void AddConfirmCommand(CLI::App& app, Context& context);       // confirm
void AddExecCommand(CLI::App& app, Context& context);          // exec
void AddPortForwardCommand(CLI::App& app, Context& context);   // port-forward
void AddTopCommand(CLI::App& app, Context& context);           // top
void AddEventsCommand(CLI::App& app, Context& context);        // events
void AddRevisionCommands(CLI::App& app, Context& context);     // history, rollback
void AddScheduleCommand(CLI::App& app, Context& context);      // schedule
void AddImageCommands(CLI::App& app, Context& context);        // image
void AddProviderCommands(CLI::App& app, Context& context);     // provider
void AddPkiCommands(CLI::App& app, Context& context);          // pki
void AddBackupCommands(CLI::App& app, Context& context);       // backup, restore
void AddVersionCommand(CLI::App& app, Context& context);       // version

// Those of `provider`, which is given as `provider`.
void AddProviderInstallCommands(CLI::App& provider,
                                Context& context);                   // install, list, retry, remove
void AddProviderCheckCommand(CLI::App& provider, Context& context);  // check

// A command line without the program's name, run on `terminal`. Returns the exit status: 0 done, 1
// failed, 2 wrong use. Calls happen on the caller's thread; `up` must be called before other
// threads are made.
int Run(const std::vector<std::string>& arguments, const Terminal& terminal);

// Run on the process's arguments and terminal.
int Main(int argc, char** argv);

// A duration as users write it: "90s", "2m", or seconds without a unit; above zero.
// INVALID_ARGUMENT: it is not.
absl::StatusOr<absl::Duration> ParseTimeout(std::string_view text);

// How long commands wait unless told.
inline constexpr absl::Duration kDefaultTimeout = absl::Seconds(120);

// Gives `command` the option --timeout TIME, which sets `timeout`; that outlives the parse.
void AddTimeout(CLI::App& command, absl::Duration& timeout, const std::string& summary);

}  // namespace weft::cli
