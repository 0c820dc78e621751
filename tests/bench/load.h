#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"

// The load loop that all benchmarks share.
namespace weft::bench {

// Starts one call and returns; `done(ok)` is called exactly once, from any thread, also before this
// returns. Called from several threads at once.
using Done = std::function<void(bool ok)>;
using StartCall = std::function<void(Done done)>;

struct Load {
  int outstanding = 1;  // Calls under way at any time: the next starts as one ends.
  std::chrono::milliseconds warmup{500};
  std::chrono::milliseconds duration{2000};
};

struct Figures {
  double p50_us = 0;
  double p99_us = 0;
  double rate_per_s = 0;
  double allocations_per_call = 0;  // In this process, by all its threads.
};

// Keeps `load.outstanding` calls under way for the warm-up and the duration. Calls that end within
// the duration are counted. Blocks until the last one has ended.
// INTERNAL: a call failed, or none ended in time.
absl::StatusOr<Figures> Measure(const Load& load, const StartCall& start);

// Of at least one; of an even number the mean of the two in the middle.
double Median(std::vector<double> values);

}  // namespace weft::bench
