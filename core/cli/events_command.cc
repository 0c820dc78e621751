#include <memory>

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/cli/applications.h"
#include "core/cli/client.h"
#include "core/cli/commands.h"
#include "core/cli/event_text.h"
#include "core/cli/listing.h"
#include "weft/core/v1/applications.grpc.pb.h"

namespace weft::cli {
namespace {

struct Options {
  std::string application, output;
};

int Events(const Context& context, const Options& options) {
  core::v1::EventsRequest request;
  request.set_namespace_(context.name_space);
  request.set_name(options.application);
  core::v1::EventsResponse events;
  const absl::Status called =
      CallCore(context, absl::StrCat("events ", options.application),
               [&](core::v1::Applications::Stub& core, grpc::ClientContext& call) {
                 return core.Events(&call, request, &events);
               });
  if (!called.ok()) return Fail(context.terminal, called);
  context.terminal.out << (options.output == "json"
                               ? RenderJson(events)
                               : RenderEvents(events, options.application, absl::Now()))
                       << std::flush;
  return 0;
}

}  // namespace

void AddEventsCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* events = app.add_subcommand("events", "Show what happened to an application");
  events->add_option("application", options->application, "The application's name")->required();
  events->add_option("-o,--output", options->output, "json")->check(CLI::IsMember({"json"}));
  events->callback([&context, options] {
    context.run = [&context, options] { return Events(context, *options); };
  });
}

}  // namespace weft::cli
