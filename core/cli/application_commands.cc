#include <memory>

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/cli/client.h"
#include "core/cli/commands.h"
#include "core/cli/deletion.h"
#include "core/cli/event_text.h"
#include "core/cli/listing.h"
#include "core/cli/runtimes.h"
#include "core/cli/status_tree.h"
#include "weft/core/v1/applications.grpc.pb.h"

namespace weft::cli {
namespace {

struct Options {
  std::string application, instance, pod, container, output;
  absl::Duration timeout = kDefaultTimeout;
  bool follow = false;
  bool previous = false;
  bool wait = false;
  bool force = false;
  int64_t tail = 0;
};

// What to say of them after the status; nothing, if the core does not tell.
std::string RecentWarnings(const std::shared_ptr<grpc::Channel>& channel, const Context& context,
                           const Options& options) {
  grpc::ClientContext call;
  SetDeadline(call, kCallLimit);
  core::v1::EventsRequest request;
  request.set_namespace_(context.name_space);
  request.set_name(options.application);
  core::v1::EventsResponse events;
  if (!core::v1::Applications::NewStub(channel)->Events(&call, request, &events).ok()) return "";
  std::string command = "weft ";
  if (context.name_space != "default") absl::StrAppend(&command, "-n ", context.name_space, " ");
  absl::StrAppend(&command, "events ", options.application);
  return RenderWarnings(events, command, absl::Now());
}

absl::Status Status(const Context& context, const Options& options) {
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, context.OpenData());
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, ConnectService(data, "core"));
  grpc::ClientContext call;
  SetDeadline(call, kCallLimit);
  core::v1::GetApplicationRequest request;
  request.set_namespace_(context.name_space);
  request.set_name(options.application);
  core::v1::Application application;
  const grpc::Status status =
      core::v1::Applications::NewStub(channel)->Get(&call, request, &application);
  if (!status.ok()) return CallError(status, absl::StrCat("status ", options.application));
  const Terminal& terminal = context.terminal;
  if (options.output == "json") {
    terminal.out << RenderJson(application) << std::flush;
    return absl::OkStatus();
  }
  terminal.out << RenderStatus(application, {terminal.color, terminal.width, absl::Now(),
                                             IsRuntimeNews(channel, application)})
               << std::flush;
  terminal.err << RecentWarnings(channel, context, options) << std::flush;
  return absl::OkStatus();
}

absl::Status Logs(const Context& context, const Options& options) {
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, context.OpenData());
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, ConnectService(data, "core"));
  grpc::ClientContext call;
  if (!options.follow) SetDeadline(call, absl::Seconds(60));
  core::v1::LogsRequest request;
  request.set_namespace_(context.name_space);
  request.set_application(options.application);
  request.set_instance(options.instance);
  request.set_pod(options.pod);
  request.set_follow(options.follow);
  request.set_tail_lines(options.tail);
  request.set_container(options.container);
  request.set_previous(options.previous);
  const auto stub = core::v1::Applications::NewStub(channel);
  const std::unique_ptr<grpc::ClientReader<core::v1::LogsResponse>> stream =
      stub->Logs(&call, request);
  core::v1::LogsResponse response;
  while (stream->Read(&response)) {
    context.terminal.out << response.data() << std::flush;
    // Whoever read the output (`| head`) is gone: so is the reason to go on.
    if (!context.terminal.out) {
      call.TryCancel();
      stream->Finish();
      return absl::OkStatus();
    }
  }
  return CallError(stream->Finish(), absl::StrCat("logs ", options.application));
}

absl::Status Delete(const Context& context, const Options& options) {
  const absl::Time deadline = absl::Now() + options.timeout;
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, context.OpenData());
  WEFT_RETURN_IF_ERROR(
      RequestDeletion(data, context.name_space, options.application, options.force));
  if (options.wait)
    return AwaitDeleted(data, context.terminal, context.name_space, options.application, deadline);
  context.terminal.out << "application/" << options.application << " is being deleted" << std::endl;
  return absl::OkStatus();
}

using Command = absl::Status (*)(const Context&, const Options&);

CLI::App* AddCommand(CLI::App& app, Context& context, const std::shared_ptr<Options>& options,
                     const char* name, const char* summary, Command command) {
  CLI::App* subcommand = app.add_subcommand(name, summary);
  subcommand->add_option("application", options->application, "The application's name")->required();
  subcommand->callback([&context, options, command] {
    context.run = [&context, options, command] {
      const absl::Status status = command(context, *options);
      return status.ok() ? 0 : Fail(context.terminal, status);
    };
  });
  return subcommand;
}

}  // namespace

void AddApplicationCommands(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* status =
      AddCommand(app, context, options, "status", "Show how an application does", Status);
  status->add_option("-o,--output", options->output, "json")->check(CLI::IsMember({"json"}));

  CLI::App* logs = AddCommand(app, context, options, "logs", "Print the output of a pod", Logs);
  logs->add_option("instance", options->instance, "The component's instance name");
  logs->add_option("--pod", options->pod, "The pod's name")->type_name("NAME");
  logs->add_option("-c,--container", options->container, "The container's name, else the first one")
      ->type_name("NAME");
  logs->add_flag("-p,--previous", options->previous, "Of the run before the last one");
  logs->add_flag("-f,--follow", options->follow, "Go on with what comes");
  logs->add_option("--tail", options->tail, "Only so many last lines")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);

  CLI::App* remove = AddCommand(app, context, options, "delete",
                                "Delete an application and what was made for it", Delete);
  remove->add_flag("--wait", options->wait, "Wait until it is gone");
  remove->add_flag("--force", options->force,
                   "Ask no provider whether what it finalizes may go: what stands outside of Weft "
                   "may stay behind");
  AddTimeout(*remove, options->timeout, "How long --wait waits");
}

}  // namespace weft::cli
