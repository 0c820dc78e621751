#include "core/api/forward_relay.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/api/access_event.h"
#include "core/api/pod_choice.h"
#include "core/api/remote_stream.h"
#include "core/base/connection_call.h"
#include "core/base/status.h"

namespace weft::api {
namespace {

using runtime::v1::ForwardRequest;
using runtime::v1::ForwardResponse;

// A connection that a runtime makes.
class RemoteConnection final : public Connection {
 public:
  RemoteConnection(std::shared_ptr<scheduler::RuntimeConnection> runtime,
                   const ForwardRequest& start)
      : stream_(std::move(runtime), &runtime::v1::Runtime::StubInterface::Forward, start) {}

  absl::StatusOr<std::string> Read() override {
    for (ForwardResponse response; stream_.Read(response);)
      if (!response.data().empty()) return std::move(*response.mutable_data());
    WEFT_RETURN_IF_ERROR(stream_.End("forwards no ports"));
    return "";
  }
  absl::Status Write(std::string_view bytes) override {
    ForwardRequest request;
    request.set_data(std::string(bytes));
    return stream_.Send(request);
  }
  void CloseWrite() override { stream_.CloseSending(); }
  void Cancel() override { stream_.Cancel(); }

 private:
  RemoteStream<ForwardRequest, ForwardResponse> stream_;
};

}  // namespace

grpc::ServerBidiReactor<core::v1::ForwardRequest, core::v1::ForwardResponse>* RelayForward(
    StreamLimit& limit, scheduler::Scheduler& scheduler, const scheduler::Runtimes& runtimes,
    scheduler::Events& events, std::string by) {
  return new ConnectionCall<core::v1::ForwardRequest, core::v1::ForwardResponse>(
      limit,
      [&, by = std::move(by)](const core::v1::ForwardRequest::Start& asked)
          -> absl::StatusOr<std::unique_ptr<Connection>> {
        WEFT_ASSIGN_OR_RETURN(
            PodPlace place,
            FindPod(scheduler, runtimes, asked.namespace_(), asked.application(),
                    {.instance = asked.instance(), .pod = asked.pod(), .any = true}));
        RecordAccess(events, scheduler::events::kPortForwarded,
                     {asked.namespace_(), asked.application(), place.pod, by},
                     absl::StrCat("connect to the port ", asked.port()));
        ForwardRequest request;
        ForwardRequest::Start& start = *request.mutable_start();
        start.set_namespace_(asked.namespace_());
        start.set_pod(place.pod);
        start.set_port(asked.port());
        return std::make_unique<RemoteConnection>(std::move(place.runtime), request);
      });
}

}  // namespace weft::api
