#pragma once

#include <grpcpp/grpcpp.h>
#include <memory>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "weft/provider/v1/identity.grpc.pb.h"
#include "weft/provider/v1/trait.grpc.pb.h"
#include "weft/provider/v1/workload.grpc.pb.h"

namespace weft::check {

using Request = std::variant<provider::v1::RenderWorkloadRequest, provider::v1::RenderTraitRequest>;

// The instance that is asked for; lives as long as `request`.
const provider::v1::Instance& InstanceOf(const Request& request);

// The shape of the workload that traits are attached to in examples.
provider::v1::Shape ExampleShape();

// The provider that is checked. Calls block, with the deadlines that the core has for them
// (docs/protocol.md, "The call") unless told otherwise. Thread-safe.
class Subject {
 public:
  explicit Subject(const std::shared_ptr<grpc::Channel>& channel);

  absl::StatusOr<provider::v1::DescribeResponse> Describe();
  absl::StatusOr<provider::v1::RenderResponse> Render(const Request& request,
                                                      absl::Duration deadline = absl::Seconds(2));
  // Of what `request` renders, before the platform knows anything of it.
  absl::StatusOr<provider::v1::AssessResponse> Assess(const Request& request);
  absl::StatusOr<provider::v1::TimelineResponse> Timeline(const Request& request);
  // As of an instance that leaves, of which the platform knows nothing any more.
  absl::StatusOr<provider::v1::FinalizeResponse> Finalize(const Request& request);

 private:
  std::unique_ptr<provider::v1::Identity::Stub> identity_;
  std::unique_ptr<provider::v1::WorkloadProvider::Stub> workload_;
  std::unique_ptr<provider::v1::TraitProvider::Stub> trait_;
};

}  // namespace weft::check
