#include <CLI/CLI.hpp>

#include "core/cli/commands.h"

namespace weft::cli {

void AddProviderCommands(CLI::App& app, Context& context) {
  CLI::App* provider = app.add_subcommand("provider", "Providers of workload and trait types");
  provider->require_subcommand(1);
  AddProviderInstallCommands(*provider, context);
  AddProviderCheckCommand(*provider, context);
}

}  // namespace weft::cli
