#pragma once

#include <string>

#include "absl/time/time.h"

namespace weft::bench {

struct RequestFigures {
  double rate_per_s = 0;
  double p50_us = 0;
  double p99_us = 0;
  int failed = 0;
};

// Sends GET / to `address` (IPv4) and `port` for `duration`, by `outstanding` threads, each of
// which waits for its answer before it asks again: over one connection each, or if `anew` over a
// new one for every request, whose making counts as part of it. Blocks.
RequestFigures MeasureRequests(const std::string& address, int port, int outstanding, bool anew,
                               absl::Duration duration);

}  // namespace weft::bench
