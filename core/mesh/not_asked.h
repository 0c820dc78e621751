#pragma once

#include <string>

#include "absl/status/status.h"

namespace weft::mesh {

// The status of a call that the core did not make, and why, as a sentence's end: "not asked at the
// moment: WHY".
absl::Status NotAsked(absl::StatusCode code, const std::string& why);

// What became of a call that failed, after "the provider NAME ": "failed: ..." or, if it was not
// made, "is not asked at the moment: ...".
std::string WhatFailed(const absl::Status& status);

}  // namespace weft::mesh
