#pragma once

#include "absl/status/statusor.h"
#include "plugins/sdk/provider.h"
#include "weft/provider/v1/identity.pb.h"
#include "weft/provider/v1/render.pb.h"

// Between the wire and what an author sees. Pure.
namespace weft::sdk {

// INVALID_ARGUMENT: properties or statuses that are not JSON.
absl::StatusOr<WorkloadRequest> FromProto(const provider::v1::RenderWorkloadRequest& request);
absl::StatusOr<TraitRequest> FromProto(const provider::v1::RenderTraitRequest& request);
absl::StatusOr<AssessRequest> FromProto(const provider::v1::AssessRequest& request);

provider::v1::RenderResponse ToProto(const Parts& parts, const Diagnostics& diagnostics);
weft::common::v1::Health ToProto(const Health& health);
provider::v1::Capability ToProto(const Workload& workload);
provider::v1::Capability ToProto(const Trait& trait);

}  // namespace weft::sdk
