#include "core/cli/health.h"

#include <future>
#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include "absl/time/clock.h"
#include "core/base/service.h"

namespace weft::cli {
namespace {

// HealthCheckRequest is one string and HealthCheckResponse one enum, both field 1: on the wire they
// are protobuf's own wrappers. gRPC's C++ packages bring no generated code of health.proto.
using Request = google::protobuf::StringValue;
using Response = google::protobuf::Int32Value;
constexpr int kServing = 1;

}  // namespace

bool IsServing(const std::shared_ptr<grpc::Channel>& channel, absl::Duration limit) {
  return CheckHealth(channel, limit).ok();
}

absl::Status CheckHealth(const std::shared_ptr<grpc::Channel>& channel, absl::Duration limit) {
  // Whoever asks again and again wants the answer of now, not the channel's back-off.
  grpc::experimental::ChannelResetConnectionBackoff(channel.get());
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + limit));
  const Request request;
  Response response;
  std::promise<grpc::Status> answered;
  grpc::TemplatedGenericStub<Request, Response>(channel).UnaryCall(
      &context, "/grpc.health.v1.Health/Check", {}, &request, &response,
      [&answered](const grpc::Status& status) { answered.set_value(status); });
  const grpc::Status status = answered.get_future().get();
  if (status.ok() && response.value() != kServing)
    return absl::FailedPreconditionError("it does not serve at the moment");
  return FromGrpc(status);
}

}  // namespace weft::cli
