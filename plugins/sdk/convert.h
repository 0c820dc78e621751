#pragma once

#include <google/protobuf/timestamp.pb.h>
#include <vector>

#include "absl/status/statusor.h"
#include "plugins/sdk/instances.h"
#include "plugins/sdk/provider.h"
#include "weft/core/v1/instances.pb.h"
#include "weft/provider/v1/identity.pb.h"
#include "weft/provider/v1/render.pb.h"

// Between the wire and what an author sees. Pure.
namespace weft::sdk {

struct TimelineRequest {
  Instance instance;
  absl::Time from;
  absl::Time to;
};

// INVALID_ARGUMENT: properties, statuses or values that are not JSON; a span of time out of bounds.
absl::StatusOr<WorkloadRequest> FromProto(const provider::v1::RenderWorkloadRequest& request);
absl::StatusOr<TraitRequest> FromProto(const provider::v1::RenderTraitRequest& request);
absl::StatusOr<AssessRequest> FromProto(const provider::v1::AssessRequest& request);
absl::StatusOr<FinalizeRequest> FromProto(const provider::v1::FinalizeRequest& request);
absl::StatusOr<TimelineRequest> FromProto(const provider::v1::TimelineRequest& request);
absl::StatusOr<Instance> FromProto(const provider::v1::Instance& from);
absl::StatusOr<LiveInstance> FromProto(const core::v1::LiveInstance& from);
ObjectRef FromProto(const common::v1::ObjectRef& from);
Shape FromProto(const provider::v1::Shape& from);
absl::Time FromProto(const google::protobuf::Timestamp& from);
// An unknown outcome reads as kUnknown.
ActOutcome FromProto(core::v1::ActOutcome from);

provider::v1::RenderResponse ToProto(const Parts& parts, const Diagnostics& diagnostics);
weft::common::v1::Health ToProto(const Health& health);
provider::v1::AssessResponse ToAssessResponse(const Health& health);
provider::v1::FinalizeResponse ToProto(const std::variant<Done, Wait>& answer);
// The first 1,000 entries.
provider::v1::TimelineResponse ToProto(const std::vector<TimelineEntry>& entries);
provider::v1::Capability ToProto(const Workload& workload);
provider::v1::Capability ToProto(const Trait& trait);
common::v1::ObjectRef ToProto(const ObjectRef& from);
google::protobuf::Timestamp ToProto(absl::Time from);
// Without `as_of`; the reason is cut at 256 bytes.
core::v1::Action ToProto(const Action& from);
core::v1::ReportRequest ToProto(const InstanceReport& from);

}  // namespace weft::sdk
