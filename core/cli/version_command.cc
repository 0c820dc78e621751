#include <optional>

#include <CLI/CLI.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/cli/client.h"
#include "core/cli/commands.h"
#include "core/cli/health.h"
#include "core/cli/installed_services.h"
#include "core/cli/process_record.h"
#include "core/cli/service_choice.h"
#include "weft/runtime/v1/runtime.grpc.pb.h"

namespace weft::cli {
namespace {

constexpr absl::Duration kLimit = absl::Seconds(1);
constexpr char kUnreachable[] = "not reachable";

// The protocol does not tell the core's version: the process and its program do.
std::string CoreVersion(const DataDirectory& data) {
  const std::optional<ProcessRecord> record = FindRunning(data, "weft-core");
  if (!IsServing(Dial(data.SocketAddress("core")), kLimit)) return kUnreachable;
  if (!record.has_value()) return "serving";
  return absl::StrCat("serving as process ", record->process.pid, ", program ",
                      record->artifact.substr(0, sizeof("sha256:") - 1 + 12));
}

std::string RuntimeVersion(const DataDirectory& data, const std::string& runtime) {
  grpc::ClientContext call;
  SetDeadline(call, kLimit);
  runtime::v1::DescribeRequest request;
  request.add_protocol_versions("v1");
  runtime::v1::DescribeResponse response;
  const auto stub = runtime::v1::Runtime::NewStub(Dial(data.SocketAddress("runtime-" + runtime)));
  if (!stub->Describe(&call, request, &response).ok()) return kUnreachable;
  // It does not know its platform before it has found an engine.
  return std::string(absl::StripTrailingAsciiWhitespace(absl::StrCat(
      response.version(), " on ", response.platform(), " ", response.platform_version())));
}

absl::Status Version(const Context& context) {
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, context.OpenData());
  WEFT_ASSIGN_OR_RETURN(const config::ServicesConfig choice, ReadChoice(data));
  context.terminal.out << "weft " << WEFT_VERSION << "\nweft-core: " << CoreVersion(data);
  for (const std::string& runtime : choice.runtimes) {
    context.terminal.out << "\n"
                         << kRuntimePrefix << runtime << ": " << RuntimeVersion(data, runtime);
  }
  context.terminal.out << std::endl;
  return absl::OkStatus();
}

}  // namespace

void AddVersionCommand(CLI::App& app, Context& context) {
  app.add_subcommand("version", "Print the versions of the client and of what runs")
      ->callback([&context] {
        context.run = [&context] {
          const absl::Status status = Version(context);
          return status.ok() ? 0 : Fail(context.terminal, status);
        };
      });
}

}  // namespace weft::cli
