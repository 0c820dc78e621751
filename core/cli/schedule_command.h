#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "weft/core/v1/applications.pb.h"

// What `weft schedule` reads and prints: pure functions.
namespace weft::cli {

// A moment as users write it: "now"; "90m", "2h", "7d" or "-2h" from `now`; a time as RFC 3339 has
// it; or one of `zone`: "2026-03-01", "2026-03-01 07:00", "2026-03-01T07:00:30". INVALID_ARGUMENT:
// it is none of them.
absl::StatusOr<absl::Time> ParseMoment(std::string_view text, absl::Time now,
                                       const absl::TimeZone& zone);

// "Tue 2026-11-24 20:15:00 CET"
std::string FormatMoment(absl::Time time, const absl::TimeZone& zone);

// A table with times of `zone`, or that nothing is due before `to`. Without the problems.
std::string RenderTimeline(const core::v1::TimelineResponse& timeline, absl::Time to,
                           const absl::TimeZone& zone);

}  // namespace weft::cli
