#pragma once

#include <algorithm>

#include "absl/time/time.h"

namespace weft::cli {

// When a service that ended is started again: at once, then, while it keeps ending within 10 s of
// its start, after 100 ms, 200 ms, ... 10 s.
class RestartPolicy {
 public:
  // The service ended `lived` after its start: how long to wait before the next.
  absl::Duration Ended(absl::Duration lived) {
    if (lived >= kStable) quick_ends_ = 0;
    const absl::Duration delay =
        quick_ends_ == 0
            ? absl::ZeroDuration()
            : std::min(kFirstDelay * (int64_t{1} << std::min(quick_ends_ - 1, 10)), kLongestDelay);
    ++quick_ends_;
    return delay;
  }

  // The number of the next start: 1, and one more for each end since the last stable run.
  int attempt() const { return quick_ends_ + 1; }

  static constexpr absl::Duration kStable = absl::Seconds(10);
  static constexpr absl::Duration kFirstDelay = absl::Milliseconds(100);
  static constexpr absl::Duration kLongestDelay = absl::Seconds(10);

 private:
  int quick_ends_ = 0;
};

}  // namespace weft::cli
