#include <memory>

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/status.h"
#include "core/cli/applications.h"
#include "core/cli/client.h"
#include "core/cli/commands.h"
#include "core/cli/listing.h"
#include "core/cli/plan_text.h"
#include "weft/core/v1/applications.grpc.pb.h"

namespace weft::cli {
namespace {

struct Options {
  std::string application, output;
  int64_t generation = 0;
  bool dry_run = false;
  bool wait = false;
  absl::Duration timeout = kDefaultTimeout;
};

int History(const Context& context, const Options& options) {
  const Terminal& terminal = context.terminal;
  core::v1::HistoryRequest request;
  request.set_namespace_(context.name_space);
  request.set_name(options.application);
  core::v1::HistoryResponse history;
  const absl::Status called =
      CallCore(context, absl::StrCat("history ", options.application),
               [&](core::v1::Applications::Stub& core, grpc::ClientContext& call) {
                 return core.History(&call, request, &history);
               });
  if (!called.ok()) return Fail(terminal, called);
  terminal.out << (options.output == "json" ? RenderJson(history)
                                            : RenderHistory(history, absl::Now()))
               << std::flush;
  return 0;
}

int Rollback(const Context& context, const Options& options) {
  const Terminal& terminal = context.terminal;
  core::v1::RollbackRequest request;
  request.set_namespace_(context.name_space);
  request.set_name(options.application);
  request.set_generation(options.generation);
  request.set_dry_run(options.dry_run);
  core::v1::RollbackResponse response;
  const absl::Status called =
      CallCore(context, absl::StrCat("rollback ", options.application),
               [&](core::v1::Applications::Stub& core, grpc::ClientContext& call) {
                 return core.Rollback(&call, request, &response);
               });
  if (!called.ok()) return Fail(terminal, called);
  if (PrintDiagnostics(terminal, response.diagnostics())) return 1;
  std::string line = RenderChange(response.change(), options.dry_run);
  if (response.change().action() != core::v1::ApplyResponse::ACTION_UNCHANGED)
    line.insert(line.size() - 1, absl::StrCat(", as it was at generation ", response.restored()));
  terminal.out << line;
  if (options.dry_run) terminal.out << RenderObjectChanges(response.objects(), terminal.color);
  terminal.out << std::flush;
  if (!options.wait || options.dry_run) return 0;
  const absl::Status healthy =
      AwaitHealthy(context, response.change(), absl::Now() + options.timeout);
  return healthy.ok() ? 0 : Fail(terminal, healthy);
}

}  // namespace

void AddRevisionCommands(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* history =
      app.add_subcommand("history", "Show what an application is and what it was before");
  history->add_option("application", options->application, "The application's name")->required();
  history->add_option("-o,--output", options->output, "json")->check(CLI::IsMember({"json"}));
  history->callback([&context, options] {
    context.run = [&context, options] { return History(context, *options); };
  });

  CLI::App* rollback = app.add_subcommand("rollback", "Make an application what it was before");
  rollback->add_option("application", options->application, "The application's name")->required();
  rollback
      ->add_option("--to", options->generation,
                   "The generation, as weft history shows it [default: the one before]")
      ->type_name("GENERATION")
      ->check(CLI::PositiveNumber);
  rollback->add_flag("--dry-run", options->dry_run, "Say what would change, change nothing");
  rollback->add_flag("--wait", options->wait, "Wait until the application is healthy");
  AddTimeout(*rollback, options->timeout, "How long --wait waits");
  rollback->callback([&context, options] {
    context.run = [&context, options] { return Rollback(context, *options); };
  });
}

}  // namespace weft::cli
