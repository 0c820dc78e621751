#pragma once

#include <functional>

#include "absl/status/statusor.h"
#include "core/mesh/providers.h"
#include "core/store/store.h"
#include "weft/core/v1/applications.pb.h"

namespace weft::api {

// What the instances of an application will do, as weft.core.v1.Applications.Timeline says: asks
// the provider of each whose type declares it, all at once. Who cannot be asked, and what is left
// out, is said in `problems`; an application that is being deleted will do nothing.
//
// Blocks for the store only. `done` is called exactly once, from any thread; statuses as the
// call's. `store` and `providers` outlive that.
void Foretell(const core::v1::TimelineRequest& request, store::Store& store,
              const mesh::Providers& providers,
              std::function<void(absl::StatusOr<core::v1::TimelineResponse>)> done);

}  // namespace weft::api
