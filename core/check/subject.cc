#include "core/check/subject.h"

#include "absl/time/clock.h"
#include "core/base/service.h"

namespace weft::check {
namespace {

namespace pb = ::weft::provider::v1;

constexpr absl::Duration kShort = absl::Seconds(1), kFinalize = absl::Seconds(5);
// The same time for every run: what is asked is the same, too.
constexpr int64_t kNow = 1'700'000'000;  // Seconds since 1970.
constexpr int64_t kDay = 86'400;

// One call to one method of a stub.
template <typename Stub, typename In, typename Out>
absl::StatusOr<Out> Call(Stub& stub,
                         grpc::Status (Stub::*method)(grpc::ClientContext*, const In&, Out*),
                         const In& request, absl::Duration deadline) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + deadline));
  Out response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return FromGrpc(status);
  return response;
}

bool IsWorkload(const Request& request) {
  return std::holds_alternative<pb::RenderWorkloadRequest>(request);
}

}  // namespace

const pb::Instance& InstanceOf(const Request& request) {
  return std::visit([](const auto& r) -> const pb::Instance& { return r.instance(); }, request);
}

Subject::Subject(const std::shared_ptr<grpc::Channel>& channel)
    : identity_(pb::Identity::NewStub(channel)),
      workload_(pb::WorkloadProvider::NewStub(channel)),
      trait_(pb::TraitProvider::NewStub(channel)) {}

absl::StatusOr<pb::DescribeResponse> Subject::Describe() {
  pb::DescribeRequest request;
  request.add_protocol_versions("v1");
  return Call(*identity_, &pb::Identity::Stub::Describe, request, kShort);
}

absl::StatusOr<pb::RenderResponse> Subject::Render(const Request& request,
                                                   absl::Duration deadline) {
  if (const auto* workload = std::get_if<pb::RenderWorkloadRequest>(&request))
    return Call(*workload_, &pb::WorkloadProvider::Stub::Render, *workload, deadline);
  return Call(*trait_, &pb::TraitProvider::Stub::Render, std::get<pb::RenderTraitRequest>(request),
              deadline);
}

absl::StatusOr<pb::AssessResponse> Subject::Assess(const Request& request) {
  pb::AssessRequest assess;
  *assess.mutable_instance() = InstanceOf(request);
  *assess.mutable_shape() = ExampleShape();
  assess.mutable_now()->set_seconds(kNow);
  if (IsWorkload(request))
    return Call(*workload_, &pb::WorkloadProvider::Stub::Assess, assess, kShort);
  return Call(*trait_, &pb::TraitProvider::Stub::Assess, assess, kShort);
}

absl::StatusOr<pb::TimelineResponse> Subject::Timeline(const Request& request) {
  pb::TimelineRequest timeline;
  *timeline.mutable_instance() = InstanceOf(request);
  timeline.mutable_from()->set_seconds(kNow);
  timeline.mutable_to()->set_seconds(kNow + kDay);
  if (IsWorkload(request))
    return Call(*workload_, &pb::WorkloadProvider::Stub::Timeline, timeline, kShort);
  return Call(*trait_, &pb::TraitProvider::Stub::Timeline, timeline, kShort);
}

absl::StatusOr<pb::FinalizeResponse> Subject::Finalize(const Request& request) {
  pb::FinalizeRequest finalize;
  *finalize.mutable_instance() = InstanceOf(request);
  *finalize.mutable_shape() = ExampleShape();
  finalize.mutable_now()->set_seconds(kNow);
  finalize.mutable_since()->set_seconds(kNow);
  if (IsWorkload(request))
    return Call(*workload_, &pb::WorkloadProvider::Stub::Finalize, finalize, kFinalize);
  return Call(*trait_, &pb::TraitProvider::Stub::Finalize, finalize, kFinalize);
}

}  // namespace weft::check
