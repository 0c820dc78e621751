#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/auth/caller.h"

namespace weft::auth {

// The one place that decides who may call what of the core; what it does not allow is denied.
// `method` is "/weft.core.v1.Applications/List". PERMISSION_DENIED, saying what it would take.
//
// Users may call everything. Providers may call weft.core.v1.Instances, which judges the types
// itself. Runtimes and other cores may call nothing. Everybody may ask for health.
absl::Status Authorize(const Caller& caller, absl::string_view method);

// "user", "provider", "runtime", "core": as in a SPIFFE id.
std::string_view ToText(Caller::Kind kind);

// "user/ann"; "user", the user of the machine.
std::string ToText(const Caller& caller);

}  // namespace weft::auth
