#include "core/cli/watch.h"

#include <memory>
#include <thread>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/cli/client.h"
#include "weft/core/v1/applications.grpc.pb.h"

namespace weft::cli {

absl::Status WatchApplication(const DataDirectory& data, const std::string& name_space,
                              const std::string& name, absl::Time deadline,
                              const std::function<bool(const core::v1::Application&)>& done) {
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, ConnectService(data, "core"));
  const auto stub = core::v1::Applications::NewStub(channel);
  for (;;) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(deadline));
    context.set_wait_for_ready(true);  // Waits while the core is restarted.
    core::v1::WatchApplicationRequest request;
    request.set_namespace_(name_space);
    request.set_name(name);
    std::unique_ptr<grpc::ClientReader<core::v1::Application>> stream =
        stub->Watch(&context, request);
    core::v1::Application application;
    while (stream->Read(&application)) {
      if (!done(application)) continue;
      context.TryCancel();
      stream->Finish();
      return absl::OkStatus();
    }
    const grpc::Status status = stream->Finish();
    const bool late = absl::Now() >= deadline;
    // The stream of a core that drains or dies ends; anything but an answer about the application
    // is a reason to ask again.
    const bool again = status.ok() || status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                       status.error_code() == grpc::StatusCode::CANCELLED;
    if (late || status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED)
      return absl::DeadlineExceededError(absl::StrCat("application ", name, ": time is up"));
    if (!again) return CallError(status, absl::StrCat("watch application ", name));
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

absl::Status WatchApplications(const DataDirectory& data, const std::string& name_space,
                               const std::function<bool(const core::v1::WatchAllResponse&)>& take) {
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, ConnectService(data, "core"));
  const auto stub = core::v1::Applications::NewStub(channel);
  core::v1::WatchAllRequest request;
  request.set_namespace_(name_space);
  for (;;) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);  // Waits while the core is restarted.
    const auto stream = stub->WatchAll(&context, request);
    core::v1::WatchAllResponse message;
    while (stream->Read(&message)) {
      if (!message.resume_token().empty()) request.set_resume_token(message.resume_token());
      if (!take(message)) continue;
      context.TryCancel();
      stream->Finish();
      return absl::OkStatus();
    }
    const grpc::Status status = stream->Finish();
    if (!status.ok() && status.error_code() != grpc::StatusCode::UNAVAILABLE)
      return CallError(status, "watch applications");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

}  // namespace weft::cli
