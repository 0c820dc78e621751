#include <memory>

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/cli/client.h"
#include "core/cli/commands.h"
#include "core/cli/documents.h"
#include "core/cli/listing.h"
#include "core/cli/progress.h"
#include "core/cli/runtimes.h"
#include "core/cli/status_tree.h"
#include "core/cli/watch.h"
#include "weft/core/v1/applications.grpc.pb.h"

namespace weft::cli {
namespace {

struct ApplyOptions {
  std::vector<std::string> files;
  bool wait = false;
  bool dry_run = false;
  absl::Duration timeout = kDefaultTimeout;
};

absl::StatusOr<core::v1::ApplyResponse> CallApply(const Context& context,
                                                  const ApplyOptions& options,
                                                  const DataDirectory& data) {
  WEFT_ASSIGN_OR_RETURN(const std::vector<SourceFile> sources,
                        ReadSources(options.files, context.terminal.in));
  core::v1::ApplyRequest request;
  for (const SourceFile& source : sources) {
    core::v1::Document* document = request.add_documents();
    document->set_name(source.name);
    document->set_content(source.text);
  }
  request.set_default_namespace(context.name_space);
  request.set_dry_run(options.dry_run);
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, ConnectService(data, "core"));
  grpc::ClientContext call;
  SetDeadline(call, kCallLimit);
  core::v1::ApplyResponse response;
  const grpc::Status status =
      core::v1::Applications::NewStub(channel)->Apply(&call, request, &response);
  if (!status.ok()) return CallError(status, "apply");
  return response;
}

// Waits until the application of `change` is carried out and healthy; shows progress.
absl::Status AwaitHealthy(const Terminal& terminal, const DataDirectory& data,
                          const core::v1::ApplyResponse::Change& change, absl::Time deadline) {
  core::v1::Application last;
  Progress progress(terminal);
  absl::Status status = WatchApplication(
      data, change.namespace_(), change.name(), deadline,
      [&](const core::v1::Application& application) {
        last = application;
        progress.Show(SummarizeStatus(application));
        return application.settled() && application.generation() >= change.revision() &&
               application.health().verdict() == common::v1::VERDICT_HEALTHY;
      });
  progress.Finish();
  if (!absl::IsDeadlineExceeded(status)) return status;
  if (!last.name().empty())
    terminal.out << RenderStatus(last, {terminal.color, terminal.width, absl::Now(),
                                        IsRuntimeNews(Dial(data.SocketAddress("core")), last)});
  return absl::DeadlineExceededError(absl::StrCat(
      "application ", change.name(), " is not healthy in time; it goes on. Look again with: weft ",
      change.namespace_() == "default" ? "" : "-n " + change.namespace_() + " ", "status ",
      change.name()));
}

int Apply(const Context& context, const ApplyOptions& options) {
  const Terminal& terminal = context.terminal;
  const absl::StatusOr<DataDirectory> data = context.OpenData();
  if (!data.ok()) return Fail(terminal, data.status());
  const absl::StatusOr<core::v1::ApplyResponse> response = CallApply(context, options, *data);
  if (!response.ok()) return Fail(terminal, response.status());
  bool refused = false;
  for (const common::v1::Diagnostic& diagnostic : response->diagnostics()) {
    terminal.err << RenderDiagnostic(diagnostic) << std::flush;
    refused = refused || IsError(diagnostic);
  }
  if (refused) return 1;
  for (const core::v1::ApplyResponse::Change& change : response->changes())
    terminal.out << RenderChange(change, options.dry_run) << std::flush;
  if (!options.wait || options.dry_run) return 0;
  const absl::Time deadline = absl::Now() + options.timeout;
  int exit_status = 0;
  for (const core::v1::ApplyResponse::Change& change : response->changes()) {
    if (change.kind() != "ApplicationConfiguration") continue;
    const absl::Status healthy = AwaitHealthy(terminal, *data, change, deadline);
    if (!healthy.ok()) exit_status = Fail(terminal, healthy);
  }
  return exit_status;
}

}  // namespace

void AddApplyCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<ApplyOptions>();
  CLI::App* apply = app.add_subcommand("apply", "Apply components and applications");
  apply
      ->add_option("-f,--file", options->files,
                   "A file, a folder of *.yaml, *.yml and *.json, or -")
      ->required()
      ->allow_extra_args(false)
      ->type_name("PATH");
  apply->add_flag("--wait", options->wait, "Wait until the applications are healthy");
  apply->add_flag("--dry-run", options->dry_run, "Check everything, change nothing");
  AddTimeout(*apply, options->timeout, "How long --wait waits");
  apply->callback([&context, options] {
    context.run = [&context, options] { return Apply(context, *options); };
  });
}

}  // namespace weft::cli
