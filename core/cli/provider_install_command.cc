#include <memory>

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "core/base/status.h"
#include "core/cli/client.h"
#include "core/cli/commands.h"
#include "core/cli/deletion.h"
#include "core/cli/listing.h"
#include "core/cli/text.h"
#include "weft/core/v1/catalog.grpc.pb.h"

namespace weft::cli {
namespace {

struct InstallOptions {
  core::v1::InstallProviderRequest request;
  std::string name, output;
  bool yes = false;
  absl::Duration timeout = kDefaultTimeout;
};

absl::StatusOr<std::unique_ptr<core::v1::Catalog::Stub>> Connect(const Context& context) {
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, context.OpenData());
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, ConnectService(data, "core"));
  return core::v1::Catalog::NewStub(channel);
}

// "example/greeter:v1" -> "greeter".
std::string NameOfImage(const std::string& image) {
  const size_t slash = image.rfind('/');
  const std::string last = slash == std::string::npos ? image : image.substr(slash + 1);
  return last.substr(0, last.find_first_of(":@"));
}

std::string RenderRequested(const InstallOptions& options,
                            const core::v1::InstallProviderResponse& asked) {
  std::vector<std::vector<std::string>> rows = {
      {"KIND", "TYPE", "MAY WRITE", "FEATURES", "SUMMARY"}};
  for (const core::v1::RequestedType& type : asked.types()) {
    std::string names = type.type();
    if (type.aliases_size() > 0)
      absl::StrAppend(&names, " (", absl::StrJoin(type.aliases(), ", "), ")");
    rows.push_back({type.kind(), names, absl::StrJoin(type.writes(), ", "),
                    absl::StrJoin(type.features(), ", "), type.summary()});
  }
  return absl::StrCat("The provider ", options.request.name(), " ", asked.version(), " (image ",
                      options.request.image(), ", ", asked.artifact().substr(0, 19),
                      ") asks to serve:\n\n", RenderTable(rows), "\n");
}

absl::StatusOr<core::v1::InstallProviderResponse> Call(core::v1::Catalog::Stub& stub,
                                                       const InstallOptions& options) {
  grpc::ClientContext call;
  SetDeadline(call, options.timeout);
  core::v1::InstallProviderResponse response;
  WEFT_RETURN_IF_ERROR(CallError(stub.InstallProvider(&call, options.request, &response),
                                 absl::StrCat("install the provider ", options.request.name())));
  return response;
}

absl::Status Remove(const Context& context, const std::string& name) {
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, context.OpenData());
  return RemoveProvider(data, name, absl::Now() + kDefaultTimeout);
}

absl::Status Install(const Context& context, InstallOptions& options) {
  if (options.request.name().empty())
    options.request.set_name(NameOfImage(options.request.image()));
  WEFT_ASSIGN_OR_RETURN(const auto stub, Connect(context));
  context.terminal.out << "starting " << options.request.image() << std::endl;
  WEFT_ASSIGN_OR_RETURN(const core::v1::InstallProviderResponse asked, Call(*stub, options));
  context.terminal.out << RenderRequested(options, asked) << std::flush;
  if (!options.yes && !Agrees(context.terminal, "Allow it?")) {
    if (asked.installed())
      return absl::CancelledError(
          "not agreed: the image runs, and serves on only if it asks for what was agreed to "
          "before");
    WEFT_RETURN_IF_ERROR(Remove(context, options.request.name()));
    return absl::CancelledError("not installed");
  }
  options.request.set_accept(asked.digest());
  WEFT_RETURN_IF_ERROR(Call(*stub, options).status());
  context.terminal.out << "provider/" << options.request.name() << " installed" << std::endl;
  return absl::OkStatus();
}

absl::Status List(const Context& context, const InstallOptions& options) {
  WEFT_ASSIGN_OR_RETURN(const auto stub, Connect(context));
  grpc::ClientContext call;
  SetDeadline(call, kCallLimit);
  core::v1::ListProvidersResponse list;
  WEFT_RETURN_IF_ERROR(CallError(stub->ListProviders(&call, {}, &list), "list providers"));
  context.terminal.out << (options.output == "json" ? RenderJson(list) : RenderProviders(list))
                       << std::flush;
  return absl::OkStatus();
}

absl::Status Retry(const Context& context, const std::string& name) {
  WEFT_ASSIGN_OR_RETURN(const auto stub, Connect(context));
  grpc::ClientContext call;
  SetDeadline(call, kCallLimit);
  core::v1::RetryProviderRequest request;
  request.set_name(name);
  core::v1::RetryProviderResponse response;
  WEFT_RETURN_IF_ERROR(CallError(stub->RetryProvider(&call, request, &response),
                                 absl::StrCat("retry the provider ", name)));
  context.terminal.out << "provider/" << name << " is asked again" << std::endl;
  return absl::OkStatus();
}

void RunAs(CLI::App& command, Context& context, std::function<absl::Status()> work) {
  command.callback([&context, work = std::move(work)] {
    context.run = [&context, work] {
      const absl::Status status = work();
      return status.ok() ? 0 : Fail(context.terminal, status);
    };
  });
}

}  // namespace

void AddProviderInstallCommands(CLI::App& provider, Context& context) {
  auto options = std::make_shared<InstallOptions>();
  CLI::App* install = provider.add_subcommand(
      "install", "Run a provider's image, and let it serve what it asks for");
  install
      ->add_option_function<std::string>(
          "image", [options](const std::string& image) { options->request.set_image(image); },
          "The image, as the engine knows it")
      ->required();
  install->add_option_function<std::string>(
      "--name", [options](const std::string& name) { options->request.set_name(name); },
      "The provider's name [the image's]");
  install->add_option_function<int>(
      "--port", [options](const int port) { options->request.set_port(port); },
      "Where it serves [50051]");
  install->add_flag("-y,--yes", options->yes, "Allow what it asks for, without a question");
  AddTimeout(*install, options->timeout, "How long it may take to start");
  RunAs(*install, context, [&context, options] { return Install(context, *options); });

  CLI::App* list = provider.add_subcommand("list", "List providers, as `weft get providers`");
  list->add_option("-o,--output", options->output, "json")->check(CLI::IsMember({"json"}));
  RunAs(*list, context, [&context, options] { return List(context, *options); });

  CLI::App* retry = provider.add_subcommand(
      "retry", "Ask a provider again at once that is in quarantine or not asked for a while");
  retry->add_option("name", options->name, "The provider")->required();
  RunAs(*retry, context, [&context, options] { return Retry(context, options->name); });

  CLI::App* remove = provider.add_subcommand("remove", "Remove a provider that was installed");
  remove->add_option("name", options->name, "The provider")->required();
  RunAs(*remove, context, [&context, options]() -> absl::Status {
    WEFT_RETURN_IF_ERROR(Remove(context, options->name));
    context.terminal.out << "provider/" << options->name << " removed" << std::endl;
    return absl::OkStatus();
  });
}

}  // namespace weft::cli
