#include <memory>

#include <CLI/CLI.hpp>

#include "core/base/status.h"
#include "core/cli/client.h"
#include "core/cli/commands.h"
#include "core/cli/listing.h"
#include "core/cli/pages.h"
#include "core/cli/watch.h"
#include "core/cli/watched_applications.h"
#include "weft/core/v1/applications.grpc.pb.h"
#include "weft/core/v1/catalog.grpc.pb.h"

namespace weft::cli {
namespace {

struct GetOptions {
  std::string what;
  std::string output;
  bool all_namespaces = false;
  bool watch = false;
};

template <typename Response>
absl::Status Print(const Terminal& terminal, bool json, const absl::StatusOr<Response>& response,
                   const std::function<std::string(const Response&)>& render) {
  if (!response.ok()) return response.status();
  terminal.out << (json ? RenderJson(*response) : render(*response)) << std::flush;
  return absl::OkStatus();
}

absl::Status GetApplications(const Context& context, const GetOptions& options,
                             const std::shared_ptr<grpc::Channel>& channel) {
  const auto stub = core::v1::Applications::NewStub(channel);
  core::v1::ListApplicationsRequest request;
  if (!options.all_namespaces) request.set_namespace_(context.name_space);
  return Print<core::v1::ListApplicationsResponse>(
      context.terminal, options.output == "json",
      AllPages<core::v1::ListApplicationsResponse>(
          request, "get apps",
          [&](auto* call, const auto& page_request, auto* page) {
            return stub->List(call, page_request, page);
          }),
      [&](const auto& list) {
        return RenderApplications(list, options.all_namespaces, absl::Now());
      });
}

absl::Status WatchAll(const Context& context, const GetOptions& options,
                      const DataDirectory& data) {
  WatchedApplications watched(options.all_namespaces);
  std::ostream& out = context.terminal.out;
  return WatchApplications(data, options.all_namespaces ? "" : context.name_space,
                           [&](const core::v1::WatchAllResponse& message) {
                             if (options.output == "json") {
                               out << RenderJsonLine(message);
                             } else {
                               out << watched.Take(message, absl::Now());
                             }
                             out << std::flush;
                             return !out;  // Whoever read it (`| head`) is gone.
                           });
}

absl::Status GetComponents(const Context& context, const GetOptions& options,
                           const std::shared_ptr<grpc::Channel>& channel) {
  const auto stub = core::v1::Catalog::NewStub(channel);
  core::v1::ListComponentsRequest request;
  if (!options.all_namespaces) request.set_namespace_(context.name_space);
  return Print<core::v1::ListComponentsResponse>(
      context.terminal, options.output == "json",
      AllPages<core::v1::ListComponentsResponse>(
          request, "get components",
          [&](auto* call, const auto& page_request, auto* page) {
            return stub->ListComponents(call, page_request, page);
          }),
      [&](const auto& list) {
        return RenderComponents(list, options.all_namespaces, absl::Now());
      });
}

absl::Status GetTypes(const Context& context, const GetOptions& options,
                      const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext call;
  SetDeadline(call, kCallLimit);
  core::v1::ListTypesResponse list;
  const grpc::Status status = core::v1::Catalog::NewStub(channel)->ListTypes(&call, {}, &list);
  if (!status.ok()) return CallError(status, "get types");
  return Print<core::v1::ListTypesResponse>(context.terminal, options.output == "json", list,
                                            RenderTypes);
}

absl::Status GetProviders(const Context& context, const GetOptions& options,
                          const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext call;
  SetDeadline(call, kCallLimit);
  core::v1::ListProvidersResponse list;
  const grpc::Status status = core::v1::Catalog::NewStub(channel)->ListProviders(&call, {}, &list);
  if (!status.ok()) return CallError(status, "get providers");
  return Print<core::v1::ListProvidersResponse>(context.terminal, options.output == "json", list,
                                                RenderProviders);
}

absl::Status GetRuntimes(const Context& context, const GetOptions& options,
                         const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext call;
  SetDeadline(call, kCallLimit);
  core::v1::ListRuntimesResponse list;
  const grpc::Status status = core::v1::Catalog::NewStub(channel)->ListRuntimes(&call, {}, &list);
  if (!status.ok()) return CallError(status, "get runtimes");
  return Print<core::v1::ListRuntimesResponse>(context.terminal, options.output == "json", list,
                                               RenderRuntimes);
}

absl::Status GetOrphans(const Context& context, const GetOptions& options,
                        const std::shared_ptr<grpc::Channel>& channel) {
  const auto stub = core::v1::Catalog::NewStub(channel);
  return Print<core::v1::ListOrphansResponse>(
      context.terminal, options.output == "json",
      AllPages<core::v1::ListOrphansResponse>(
          core::v1::ListOrphansRequest(), "get orphans",
          [&](auto* call, const auto& page_request, auto* page) {
            return stub->ListOrphans(call, page_request, page);
          }),
      RenderOrphans);
}

absl::Status Get(const Context& context, const GetOptions& options) {
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, context.OpenData());
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, ConnectService(data, "core"));
  if (options.watch) {
    if (options.what != "apps")
      return absl::InvalidArgumentError("--watch is for apps only: weft get apps --watch");
    return WatchAll(context, options, data);
  }
  if (options.what == "apps") return GetApplications(context, options, channel);
  if (options.what == "components") return GetComponents(context, options, channel);
  if (options.what == "types") return GetTypes(context, options, channel);
  if (options.what == "orphans") return GetOrphans(context, options, channel);
  if (options.what == "runtimes") return GetRuntimes(context, options, channel);
  return GetProviders(context, options, channel);
}

}  // namespace

void AddGetCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<GetOptions>();
  CLI::App* get = app.add_subcommand(
      "get", "List applications, components, types, providers, runtimes or orphans");
  get->add_option("what", options->what,
                  "apps, components, types, providers, runtimes, or orphans: objects on a platform "
                  "that bear this installation's label and that it does not know")
      ->required()
      ->transform(
          CLI::IsMember({"apps", "components", "types", "providers", "runtimes", "orphans"}));
  get->add_option("-o,--output", options->output, "json")->check(CLI::IsMember({"json"}));
  get->add_flag("-A,--all-namespaces", options->all_namespaces, "Of every namespace");
  get->add_flag("-w,--watch", options->watch,
                "Of apps: go on with what changes, until it is interrupted");
  get->callback([&context, options] {
    context.run = [&context, options] {
      const absl::Status status = Get(context, *options);
      return status.ok() ? 0 : Fail(context.terminal, status);
    };
  });
}

}  // namespace weft::cli
