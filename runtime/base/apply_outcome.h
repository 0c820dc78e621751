#pragma once

namespace weft::runtime {

// What came of applying one object: weft.runtime.v1.ApplyOutcome as a plain value.
enum class ApplyOutcome { kAccepted, kRefused, kOutdated, kFailed };

}  // namespace weft::runtime
