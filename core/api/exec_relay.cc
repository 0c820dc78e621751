#include "core/api/exec_relay.h"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/api/pod_choice.h"
#include "core/base/command_call.h"
#include "core/base/status.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/event_log.h"

namespace weft::api {
namespace {

using runtime::v1::ExecRequest;
using runtime::v1::ExecResponse;

// A command that a runtime runs.
class RemoteCommand final : public Command {
 public:
  RemoteCommand(std::shared_ptr<scheduler::RuntimeConnection> runtime, const ExecRequest& start)
      : runtime_(std::move(runtime)), stream_(runtime_->stub->Exec(&context_)) {
    stream_->Write(start);  // Why not, if not, the first Read says.
  }

  absl::StatusOr<std::optional<Output>> Read() override {
    for (ExecResponse response; stream_->Read(&response);) {
      auto& output = *response.mutable_output();
      if (output.has_exit_code()) exit_code_ = output.exit_code();
      if (output.has_stderr()) return Output{true, std::move(*output.mutable_stderr())};
      if (output.has_stdout()) return Output{false, std::move(*output.mutable_stdout())};
    }
    std::lock_guard lock(write_mutex_);
    ended_ = true;
    const absl::Status status = FromGrpc(stream_->Finish());
    if (absl::IsUnimplemented(status) && status.message().empty())
      return absl::UnimplementedError(
          absl::StrCat("the runtime ", runtime_->config.name, " runs no commands"));
    WEFT_RETURN_IF_ERROR(status);
    return std::nullopt;
  }

  absl::StatusOr<int64_t> ExitCode() override {
    if (exit_code_.has_value()) return *exit_code_;
    return absl::UnavailableError("the runtime does not say how it ended");
  }

  absl::Status Write(std::string_view input) override {
    ExecRequest request;
    request.mutable_input()->set_stdin(std::string(input));
    return Send(request);
  }
  void CloseInput() override {
    ExecRequest request;
    request.mutable_input()->set_stdin_closed(true);
    Send(request).IgnoreError();
  }
  absl::Status Resize(uint32_t columns, uint32_t rows) override {
    ExecRequest request;
    request.mutable_input()->mutable_size()->set_columns(columns);
    request.mutable_input()->mutable_size()->set_rows(rows);
    return Send(request);
  }

  void Cancel() override { context_.TryCancel(); }

 private:
  absl::Status Send(const ExecRequest& request) {
    std::lock_guard lock(write_mutex_);
    if (ended_ || !stream_->Write(request)) return absl::UnavailableError("it has ended");
    return absl::OkStatus();
  }

  const std::shared_ptr<scheduler::RuntimeConnection> runtime_;
  grpc::ClientContext context_;
  const std::unique_ptr<grpc::ClientReaderWriterInterface<ExecRequest, ExecResponse>> stream_;
  std::optional<int64_t> exit_code_;
  std::mutex write_mutex_;  // Nothing is written after Finish.
  bool ended_ = false;
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
        common::v1::ObjectRef pod;
        pod.set_api_version("v1");
        pod.set_kind("Pod");
        pod.set_namespace_(asked.namespace_());
        pod.set_name(place.pod);
        events.Record(scheduler::ApplicationKeyOf(asked.namespace_(), asked.application()),
                      scheduler::MakeEvent(
                          scheduler::events::kCommandRun,
                          {.object = std::move(pod),
                           .by = by,
                           .message = absl::StrCat(by.empty() ? "somebody" : by, " asked to run ",
                                                   asked.command().words(0))}));
        return std::make_unique<RemoteCommand>(std::move(place.runtime), request);
      });
}

}  // namespace weft::api
