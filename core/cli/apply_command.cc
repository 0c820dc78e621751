#include <memory>

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/cli/applications.h"
#include "core/cli/client.h"
#include "core/cli/commands.h"
#include "core/cli/documents.h"
#include "core/cli/listing.h"
#include "core/cli/plan_text.h"
#include "weft/core/v1/applications.grpc.pb.h"

namespace weft::cli {
namespace {

struct ApplyOptions {
  std::vector<std::string> files;
  std::string output;
  bool wait = false;
  bool dry_run = false;
  absl::Duration timeout = kDefaultTimeout;
};

// Reads the documents into a request of Apply or Plan.
template <class Request>
absl::Status ReadInto(const Context& context, const std::vector<std::string>& files,
                      Request& request) {
  WEFT_ASSIGN_OR_RETURN(const std::vector<SourceFile> sources,
                        ReadSources(files, context.terminal.in));
  for (const SourceFile& source : sources) {
    core::v1::Document* document = request.add_documents();
    document->set_name(source.name);
    document->set_content(source.text);
  }
  request.set_default_namespace(context.name_space);
  return absl::OkStatus();
}

int Apply(const Context& context, const ApplyOptions& options) {
  const Terminal& terminal = context.terminal;
  core::v1::ApplyRequest request;
  request.set_dry_run(options.dry_run);
  absl::Status status = ReadInto(context, options.files, request);
  core::v1::ApplyResponse response;
  if (status.ok())
    status = CallCore(context, "apply",
                      [&](core::v1::Applications::Stub& core, grpc::ClientContext& call) {
                        return core.Apply(&call, request, &response);
                      });
  if (!status.ok()) return Fail(terminal, status);
  if (PrintDiagnostics(terminal, response.diagnostics())) return 1;
  for (const core::v1::ApplyResponse::Change& change : response.changes())
    terminal.out << RenderChange(change, options.dry_run) << std::flush;
  if (!options.wait || options.dry_run) return 0;
  const absl::Time deadline = absl::Now() + options.timeout;
  int exit_status = 0;
  for (const core::v1::ApplyResponse::Change& change : response.changes()) {
    if (change.kind() != "ApplicationConfiguration") continue;
    const absl::Status healthy = AwaitHealthy(context, change, deadline);
    if (!healthy.ok()) exit_status = Fail(terminal, healthy);
  }
  return exit_status;
}

int Plan(const Context& context, const ApplyOptions& options) {
  const Terminal& terminal = context.terminal;
  core::v1::PlanRequest request;
  absl::Status status = ReadInto(context, options.files, request);
  core::v1::PlanResponse response;
  if (status.ok())
    status = CallCore(context, "plan",
                      [&](core::v1::Applications::Stub& core, grpc::ClientContext& call) {
                        return core.Plan(&call, request, &response);
                      });
  if (!status.ok()) return Fail(terminal, status);
  if (PrintDiagnostics(terminal, response.diagnostics())) return 1;
  if (options.output == "json") {
    terminal.out << RenderJson(response) << std::flush;
    return 0;
  }
  for (const core::v1::ApplyResponse::Change& change : response.changes())
    terminal.out << RenderChange(change, /*dry_run=*/true);
  terminal.out << RenderObjectChanges(response.objects(), terminal.color) << std::flush;
  return 0;
}

void AddFiles(CLI::App& command, std::vector<std::string>& files) {
  command.add_option("-f,--file", files, "A file, a folder of *.yaml, *.yml and *.json, or -")
      ->required()
      ->allow_extra_args(false)
      ->type_name("PATH");
}

}  // namespace

void AddApplyCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<ApplyOptions>();
  CLI::App* apply = app.add_subcommand("apply", "Apply components and applications");
  AddFiles(*apply, options->files);
  apply->add_flag("--wait", options->wait, "Wait until the applications are healthy");
  apply->add_flag("--dry-run", options->dry_run, "Check everything, change nothing");
  AddTimeout(*apply, options->timeout, "How long --wait waits");
  apply->callback([&context, options] {
    context.run = [&context, options] { return Apply(context, *options); };
  });

  CLI::App* plan = app.add_subcommand("plan", "Show what apply would change, leaf by leaf");
  AddFiles(*plan, options->files);
  plan->add_option("-o,--output", options->output, "json")->check(CLI::IsMember({"json"}));
  plan->callback([&context, options] {
    context.run = [&context, options] { return Plan(context, *options); };
  });
}

}  // namespace weft::cli
