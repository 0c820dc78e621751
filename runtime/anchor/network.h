#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "runtime/engine/engine.h"

namespace weft::anchor {

// The network `name` of a namespace, made with `labels` if it is not there, in a subnet that the
// engine finds free, of which it gives out only the half that is not for Services (addresses.h).
// Idempotent; it may be stopped at any point and called again. One that
// was made otherwise and has containers already is left as it is.
absl::StatusOr<engine::Network> EnsureNetwork(engine::Engine& engine, const std::string& name,
                                              const engine::Labels& labels);

}  // namespace weft::anchor
