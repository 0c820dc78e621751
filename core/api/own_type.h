#pragma once

#include <string>

#include "absl/status/status.h"
#include "core/auth/caller.h"
#include "core/mesh/providers.h"

namespace weft::api {

// Whether `caller` may use weft.core.v1.Instances for the type: it is the provider that serves it,
// with FEATURE_INSTANCES. PERMISSION_DENIED; UNAVAILABLE: it may yet, as soon as it has described
// itself. Does not block.
absl::Status CheckOwnType(const auth::Caller& caller, const std::string& type,
                          const mesh::Providers& providers);

}  // namespace weft::api
