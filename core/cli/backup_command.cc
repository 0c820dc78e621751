#include <memory>

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "core/base/environment.h"
#include "core/base/status.h"
#include "core/cli/backup.h"
#include "core/cli/client.h"
#include "core/cli/commands.h"
#include "core/cli/restore.h"

namespace weft::cli {
namespace {

struct BackupOptions {
  std::string file;
  bool force = false;
};

// Both are about the files of this machine.
absl::StatusOr<DataDirectory> OpenLocal(const Context& context) {
  if (const std::string address = Environment(kCoreAddress); !address.empty())
    return absl::FailedPreconditionError(
        absl::StrCat("this is about the data directory of this machine, while ", kCoreAddress,
                     " names the core at ", address, ": unset it"));
  return context.OpenData();
}

std::string Describe(const BackupManifest& manifest) {
  return absl::StrCat(
      "installation ", manifest.installation, " as it was at ",
      absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", manifest.made, absl::UTCTimeZone()));
}

absl::Status Backup(const Context& context, const BackupOptions& options) {
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, OpenLocal(context));
  WEFT_ASSIGN_OR_RETURN(const BackupManifest manifest,
                        WriteBackup(data, WEFT_VERSION, options.file));
  context.terminal.out << options.file << " holds the " << Describe(manifest)
                       << ", with its private keys: keep it as safe as " << data.path()
                       << std::endl;
  return absl::OkStatus();
}

absl::Status Restore(const Context& context, const BackupOptions& options) {
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, OpenLocal(context));
  return RestoreBackup(data, options.file, options.force, [&](const RestoreResult& result) {
    context.terminal.out << data.path() << " holds the " << Describe(result.manifest) << "\n";
    if (!result.replaced.empty())
      context.terminal.out << "what was there before is in " << result.replaced << "\n";
    context.terminal.out << std::flush;
  });
}

void RunWith(CLI::App* command, Context& context, const std::shared_ptr<BackupOptions>& options,
             absl::Status (*body)(const Context&, const BackupOptions&)) {
  command->callback([&context, options, body] {
    context.run = [&context, options, body] {
      const absl::Status status = body(context, *options);
      return status.ok() ? 0 : Fail(context.terminal, status);
    };
  });
}

}  // namespace

void AddBackupCommands(CLI::App& app, Context& context) {
  auto options = std::make_shared<BackupOptions>();
  CLI::App* backup =
      app.add_subcommand("backup", "Write the installation to an archive, also while it runs");
  backup->add_option("FILE", options->file, "The archive, of mode 0600; it holds private keys")
      ->required();
  RunWith(backup, context, options, Backup);
  CLI::App* restore =
      app.add_subcommand("restore", "Make the data directory what an archive holds");
  restore->add_option(
      "FILE", options->file,
      "What weft backup wrote; without it, a restore that was cut short is finished");
  restore->add_flag("--force", options->force, "Move an installation that is there aside");
  RunWith(restore, context, options, Restore);
}

}  // namespace weft::cli
