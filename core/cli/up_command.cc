#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "core/base/status.h"
#include "core/cli/client.h"
#include "core/cli/commands.h"
#include "core/cli/mesh.h"
#include "core/cli/service_choice.h"

namespace weft::cli {
namespace {

struct UpOptions {
  std::vector<std::string> runtimes;
  std::string kubeconfig, context;
  bool detach = false;
  absl::Duration timeout = kDefaultTimeout;
};

std::optional<std::string> IfGiven(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

// Remembers what the command line chooses; without a choice nothing changes.
absl::Status TakeChoice(const DataDirectory& data, const UpOptions& options) {
  const ServiceFlags flags = {.runtimes = options.runtimes,
                              .kubeconfig = IfGiven(options.kubeconfig),
                              .context = IfGiven(options.context)};
  if (flags == ServiceFlags()) return absl::OkStatus();
  WEFT_ASSIGN_OR_RETURN(const config::ServicesConfig remembered, ReadChoice(data));
  const char* environment = getenv("KUBECONFIG");
  WEFT_ASSIGN_OR_RETURN(
      const config::ServicesConfig choice,
      ChooseServices(remembered, flags, environment == nullptr ? "" : environment));
  return Choose(data, choice);
}

absl::Status Up(const Context& context, const UpOptions& options) {
  const Terminal& terminal = context.terminal;
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, context.OpenData());
  WEFT_RETURN_IF_ERROR(TakeChoice(data, options));
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
  up->add_option("--runtime", options->runtimes,
                 "What carries applications out: local, kubernetes or both, local,kubernetes "
                 "[as last time, at first local]")
      ->delimiter(',')
      ->type_name("NAMES");
  up->add_option("--kubeconfig", options->kubeconfig,
                 "The cluster [as last time, at first as kubectl finds it]")
      ->type_name("FILE");
  up->add_option("--context", options->context, "Of the kubeconfig [its current one]");
  AddTimeout(*up, options->timeout, "How long --detach waits");
  up->callback([&context, options] {
    context.run = [&context, options] {
      const absl::Status status = Up(context, *options);
      return status.ok() ? 0 : Fail(context.terminal, status);
    };
  });
}

}  // namespace weft::cli
