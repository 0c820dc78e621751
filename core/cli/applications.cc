#include "core/cli/applications.h"

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/cli/client.h"
#include "core/cli/listing.h"
#include "core/cli/progress.h"
#include "core/cli/runtimes.h"
#include "core/cli/status_tree.h"
#include "core/cli/watch.h"

namespace weft::cli {

absl::Status CallCore(
    const Context& context, const std::string& action,
    const std::function<grpc::Status(core::v1::Applications::Stub&, grpc::ClientContext&)>& call) {
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, context.OpenData());
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, ConnectService(data, "core"));
  grpc::ClientContext client;
  SetDeadline(client, kCallLimit);
  const grpc::Status status = call(*core::v1::Applications::NewStub(channel), client);
  return status.ok() ? absl::OkStatus() : CallError(status, action);
}

bool PrintDiagnostics(
    const Terminal& terminal,
    const google::protobuf::RepeatedPtrField<common::v1::Diagnostic>& diagnostics) {
  bool error = false;
  for (const common::v1::Diagnostic& diagnostic : diagnostics) {
    terminal.err << RenderDiagnostic(diagnostic) << std::flush;
    error = error || IsError(diagnostic);
  }
  return error;
}

absl::Status AwaitHealthy(const Context& context, const core::v1::ApplyResponse::Change& change,
                          absl::Time deadline) {
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, context.OpenData());
  const Terminal& terminal = context.terminal;
  core::v1::Application last;
  Progress progress(terminal);
  const absl::Status status = WatchApplication(
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

}  // namespace weft::cli
