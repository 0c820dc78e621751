// weft top: what the pods of applications use.
#include <memory>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/cli/applications.h"
#include "core/cli/client.h"
#include "core/cli/commands.h"
#include "core/cli/listing.h"
#include "core/cli/usage_table.h"
#include "weft/core/v1/applications.grpc.pb.h"

namespace weft::cli {
namespace {

struct Options {
  std::string application, output;
  bool containers = false;
};

constexpr absl::Duration kUsageLimit = absl::Seconds(15);  // Source: weft.core.v1.

absl::StatusOr<core::v1::UsageResponse> UsageOf(const Context& context,
                                                const std::string& application) {
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, context.OpenData());
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, ConnectService(data, "core"));
  core::v1::UsageRequest request;
  request.set_namespace_(context.name_space);
  request.set_application(application);
  core::v1::UsageResponse usage;
  grpc::ClientContext call;
  SetDeadline(call, kUsageLimit);
  const grpc::Status status =
      core::v1::Applications::NewStub(channel)->Usage(&call, request, &usage);
  // A platform that does not measure says so with UNIMPLEMENTED.
  if (!status.ok()) return StreamError(status, absl::StrCat("top ", application));
  return usage;
}

absl::StatusOr<std::vector<std::string>> ApplicationsOf(const Context& context) {
  std::vector<std::string> names;
  core::v1::ListApplicationsRequest request;
  request.set_namespace_(context.name_space);
  do {
    core::v1::ListApplicationsResponse page;
    WEFT_RETURN_IF_ERROR(CallCore(
        context, "top", [&](core::v1::Applications::Stub& core, grpc::ClientContext& call) {
          return core.List(&call, request, &page);
        }));
    for (const core::v1::Application& application : page.applications())
      names.push_back(application.name());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return names;
}

int TopOfOne(const Context& context, const Options& options) {
  const auto usage = UsageOf(context, options.application);
  if (!usage.ok()) return Fail(context.terminal, usage.status());
  UsageTable table(options.containers, /*applications=*/false);
  table.Add(options.application, *usage);
  context.terminal.out << (options.output == "json" ? RenderJson(*usage) : table.Render())
                       << std::flush;
  return 0;
}

// What one of them cannot tell does not keep the others from it.
int TopOfAll(const Context& context, const Options& options) {
  const auto names = ApplicationsOf(context);
  if (!names.ok()) return Fail(context.terminal, names.status());
  UsageTable table(options.containers, /*applications=*/true);
  int result = 0;
  for (const std::string& name : *names) {
    const auto usage = UsageOf(context, name);
    if (absl::IsNotFound(usage.status())) continue;  // Gone since.
    if (usage.ok()) {
      table.Add(name, *usage);
    } else {
      result = Fail(context.terminal, usage.status());
    }
  }
  context.terminal.out << table.Render() << std::flush;
  return result;
}

}  // namespace

void AddTopCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* top = app.add_subcommand("top", "Show what the pods of applications use");
  CLI::Option* application = top->add_option("application", options->application,
                                             "The application's name [all of the namespace]");
  top->add_flag("--containers", options->containers, "A line for each container");
  top->add_option("-o,--output", options->output, "json, of one application")
      ->check(CLI::IsMember({"json"}))
      ->needs(application);
  top->callback([&context, options] {
    context.run = [&context, options] {
      return options->application.empty() ? TopOfAll(context, *options)
                                          : TopOfOne(context, *options);
    };
  });
}

}  // namespace weft::cli
