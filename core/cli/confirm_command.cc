#include <memory>

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/cli/applications.h"
#include "core/cli/client.h"
#include "core/cli/commands.h"

namespace weft::cli {
namespace {

struct Options {
  std::string application;
  bool yes = false;
};

absl::Status Confirm(const Context& context, const Options& options) {
  const Terminal& terminal = context.terminal;
  core::v1::GetApplicationRequest get;
  get.set_namespace_(context.name_space);
  get.set_name(options.application);
  core::v1::Application application;
  const std::string action = absl::StrCat("confirm ", options.application);
  WEFT_RETURN_IF_ERROR(
      CallCore(context, action, [&](core::v1::Applications::Stub& core, grpc::ClientContext& call) {
        return core.Get(&call, get, &application);
      }));
  if (application.held_digest().empty()) {
    terminal.out << "nothing is held back of application/" << options.application << std::endl;
    return absl::OkStatus();
  }
  terminal.out << "rendered for what a provider reported, application/" << options.application
               << " would lose:\n";
  for (const common::v1::ObjectRef& ref : application.held_deletions())
    terminal.out << "- " << ref.kind() << "/" << ref.name() << "\n";
  if (!options.yes && !Agrees(terminal, "Delete them?"))
    return absl::CancelledError("not confirmed: all stays as it is");
  core::v1::ConfirmRequest request;
  request.set_namespace_(context.name_space);
  request.set_name(options.application);
  request.set_held_digest(application.held_digest());
  core::v1::ConfirmResponse response;
  WEFT_RETURN_IF_ERROR(
      CallCore(context, action, [&](core::v1::Applications::Stub& core, grpc::ClientContext& call) {
        return core.Confirm(&call, request, &response);
      }));
  terminal.out << "application/" << options.application << " confirmed" << std::endl;
  return absl::OkStatus();
}

}  // namespace

void AddConfirmCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* confirm = app.add_subcommand(
      "confirm", "Agree to deletions that nobody asked for and that are held back");
  confirm->add_option("application", options->application, "The application's name")->required();
  confirm->add_flag("-y,--yes", options->yes, "Without a question");
  confirm->callback([&context, options] {
    context.run = [&context, options] {
      const absl::Status status = Confirm(context, *options);
      return status.ok() ? 0 : Fail(context.terminal, status);
    };
  });
}

}  // namespace weft::cli
