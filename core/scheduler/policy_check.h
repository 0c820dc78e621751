#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "core/config/policy.h"
#include "core/model/diagnostic.h"
#include "core/scheduler/desired_application.h"

namespace weft::scheduler {

// By namespace; the others allow nothing.
using Policies = std::map<std::string, config::Policy>;

// What the policy of the application's namespace refuses of its objects, whoever wrote them: errors
// at the place of whoever wrote it, if a document came with the call. DATA_LOSS: an object cannot
// be read. Pure and thread-safe.
absl::StatusOr<model::Diagnostics> CheckPolicy(const DesiredApplication& desired,
                                               const Policies& policies);

}  // namespace weft::scheduler
