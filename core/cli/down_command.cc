#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/environment.h"
#include "core/base/status.h"
#include "core/cli/client.h"
#include "core/cli/commands.h"
#include "core/cli/deletion.h"
#include "core/cli/mesh.h"
#include "core/cli/process_record.h"
#include "core/cli/purge.h"

namespace weft::cli {
namespace {

struct DownOptions {
  bool purge = false;
  bool force = false;
  absl::Duration timeout = kDefaultTimeout;
};

// Only a core that runs can delete what it made: one that does not is started for it.
absl::Status DeleteApplications(const DataDirectory& data, const DownOptions& options,
                                const Terminal& terminal) {
  absl::Status status;
  if (!FindRunning(data, "weft-core").has_value()) {
    std::error_code ec;
    // A core that never had a store has no applications.
    if (!std::filesystem::exists(data.Below("core.db"), ec)) return absl::OkStatus();
    terminal.out << "weft-core does not run: starting it to delete its applications" << std::endl;
    status = BringUp(data, terminal, options.timeout);
  }
  if (status.ok()) status = DeleteAllApplications(data, terminal, options.timeout);
  if (status.ok()) return status;
  return absl::Status(
      status.code(),
      absl::StrCat("nothing was removed, because an application may be left: ", status.message(),
                   "\nTo remove the data directory nevertheless, add --force; "
                   "containers on an engine that is not Weft's own then stay"));
}

absl::Status Down(const Context& context, const DownOptions& options) {
  const Terminal& terminal = context.terminal;
  // It would delete the applications there, and the data here.
  if (const std::string address = Environment(kCoreAddress); !address.empty())
    return absl::FailedPreconditionError(
        absl::StrCat("weft down ends what runs on this machine, while ", kCoreAddress,
                     " names the core at ", address, ": unset it"));
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, context.OpenData());
  if (options.purge && !options.force)
    WEFT_RETURN_IF_ERROR(DeleteApplications(data, options, terminal));
  WEFT_ASSIGN_OR_RETURN(const bool ended, TakeDown(data));
  if (!options.purge) {
    terminal.out << (ended ? "weft is down; containers go on, and weft up takes them over\n"
                           : absl::StrCat("nothing runs in ", data.path(), "\n"))
                 << std::flush;
    return absl::OkStatus();
  }
  WEFT_RETURN_IF_ERROR(EndWhatOutlives(data));
  WEFT_ASSIGN_OR_RETURN(const std::vector<std::string> left, RemoveData(data));
  if (left.empty()) {
    terminal.out << "weft is down, " << data.path() << " is removed" << std::endl;
  } else {
    terminal.out << "weft is down; what is not Weft's own stays in " << data.path() << ": "
                 << absl::StrJoin(left, ", ") << std::endl;
  }
  return absl::OkStatus();
}

}  // namespace

void AddDownCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<DownOptions>();
  CLI::App* down = app.add_subcommand("down", "End the mesh's services; containers go on");
  CLI::Option* purge = down->add_flag(
      "--purge", options->purge, "Delete all applications first; remove engine, images and data");
  down->add_flag("--force", options->force, "Purge without deleting applications first")
      ->needs(purge);
  AddTimeout(*down, options->timeout, "How long --purge waits for applications to be gone");
  down->callback([&context, options] {
    context.run = [&context, options] {
      const absl::Status status = Down(context, *options);
      return status.ok() ? 0 : Fail(context.terminal, status);
    };
  });
}

}  // namespace weft::cli
