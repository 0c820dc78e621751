#include <memory>

#include <CLI/CLI.hpp>

#include "core/base/status.h"
#include "core/cli/client.h"
#include "core/cli/commands.h"
#include "core/cli/mesh.h"

namespace weft::cli {
namespace {

struct UpOptions {
  bool detach = false;
  absl::Duration timeout = kDefaultTimeout;
};

absl::Status Up(const Context& context, const UpOptions& options) {
  const Terminal& terminal = context.terminal;
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, context.OpenData());
  if (!options.detach)
    return Supervise(data, [&](const std::string& line) { terminal.out << line << std::endl; });
  WEFT_RETURN_IF_ERROR(BringUp(data, terminal, options.timeout));
  terminal.out << "weft is up in " << data.path() << std::endl;
  return absl::OkStatus();
}

}  // namespace

void AddUpCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<UpOptions>();
  CLI::App* up = app.add_subcommand("up", "Start the mesh's services and keep them running");
  up->add_flag("-d,--detach", options->detach,
               "In the background; return when all services answer");
  AddTimeout(*up, options->timeout, "How long --detach waits");
  up->callback([&context, options] {
    context.run = [&context, options] {
      const absl::Status status = Up(context, *options);
      return status.ok() ? 0 : Fail(context.terminal, status);
    };
  });
}

}  // namespace weft::cli
