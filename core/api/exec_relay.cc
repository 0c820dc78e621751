#include "core/api/exec_relay.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/api/access_event.h"
#include "core/api/pod_choice.h"
#include "core/api/remote_stream.h"
#include "core/base/command_call.h"
#include "core/base/status.h"

namespace weft::api {
namespace {

using runtime::v1::ExecRequest;
using runtime::v1::ExecResponse;

// A command that a runtime runs.
class RemoteCommand final : public Command {
 public:
  RemoteCommand(std::shared_ptr<scheduler::RuntimeConnection> runtime, const ExecRequest& start)
      : stream_(std::move(runtime), &runtime::v1::Runtime::StubInterface::Exec, start) {}

  absl::StatusOr<std::optional<Output>> Read() override {
    for (ExecResponse response; stream_.Read(response);) {
      auto& output = *response.mutable_output();
      if (output.has_exit_code()) exit_code_ = output.exit_code();
      if (output.has_stderr()) return Output{true, std::move(*output.mutable_stderr())};
      if (output.has_stdout()) return Output{false, std::move(*output.mutable_stdout())};
    }
    WEFT_RETURN_IF_ERROR(stream_.End("runs no commands"));
    return std::nullopt;
  }

  absl::StatusOr<int64_t> ExitCode() override {
    if (exit_code_.has_value()) return *exit_code_;
    return absl::UnavailableError("the runtime does not say how it ended");
  }

  absl::Status Write(std::string_view input) override {
    ExecRequest request;
    request.mutable_input()->set_stdin(std::string(input));
    return stream_.Send(request);
  }
  void CloseInput() override {
    ExecRequest request;
    request.mutable_input()->set_stdin_closed(true);
    stream_.Send(request).IgnoreError();
  }
  absl::Status Resize(uint32_t columns, uint32_t rows) override {
    ExecRequest request;
    request.mutable_input()->mutable_size()->set_columns(columns);
    request.mutable_input()->mutable_size()->set_rows(rows);
    return stream_.Send(request);
  }

  void Cancel() override { stream_.Cancel(); }

 private:
  RemoteStream<ExecRequest, ExecResponse> stream_;
  std::optional<int64_t> exit_code_;
};

}  // namespace

grpc::ServerBidiReactor<core::v1::ExecRequest, core::v1::ExecResponse>* RelayExec(
    StreamLimit& limit, scheduler::Scheduler& scheduler, const scheduler::Runtimes& runtimes,
    scheduler::Events& events, std::string by) {
  return new CommandCall<core::v1::ExecRequest, core::v1::ExecResponse>(
      limit,
      [&, by = std::move(by)](const core::v1::ExecRequest::Start& asked,
                              const CommandSpec&) -> absl::StatusOr<std::unique_ptr<Command>> {
        WEFT_ASSIGN_OR_RETURN(PodPlace place,
                              FindPod(scheduler, runtimes, asked.namespace_(), asked.application(),
                                      {asked.instance(), asked.pod()}));
        ExecRequest request;
        ExecRequest::Start& start = *request.mutable_start();
        start.set_namespace_(asked.namespace_());
        start.set_pod(place.pod);
        start.set_container(asked.container());
        *start.mutable_command() = asked.command();
        RecordAccess(events, scheduler::events::kCommandRun,
                     {asked.namespace_(), asked.application(), place.pod, by},
                     absl::StrCat("run ", asked.command().words(0)));
        return std::make_unique<RemoteCommand>(std::move(place.runtime), request);
      });
}

}  // namespace weft::api
