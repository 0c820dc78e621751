#pragma once

#include <string>

#include "absl/status/status.h"
#include "core/catalog/type.h"
#include "weft/provider/v1/render.pb.h"

namespace weft::mesh {

// Whether an answer keeps to the limits: a part of at most 1 MiB, parts of at most 512 objects.
// INVALID_ARGUMENT, saying what it exceeds. Source: docs/protocol.md, "The call". Pure.
absl::Status CheckLimits(const provider::v1::RenderResponse& response);

// Checks an answer of a Render against the rules of docs/protocol.md and makes its JSON canonical
// in place. INVALID_ARGUMENT, saying what: an unknown outcome, part operation or steering, JSON
// that is not, a part that is too large, too many objects. ABORTED: computed by another artifact
// than `expected_artifact` (the provider is being replaced: ask again).
absl::Status CheckAnswer(const std::string& expected_artifact,
                         provider::v1::RenderResponse& response);

// The types that `description` serves, as `provider`; INVALID_ARGUMENT: what is wrong with it.
absl::StatusOr<std::vector<catalog::Type>> ReadDescription(
    const std::string& provider, const provider::v1::DescribeResponse& description);

}  // namespace weft::mesh
