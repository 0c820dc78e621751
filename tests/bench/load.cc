#include "tests/bench/load.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "tests/bench/allocations.h"

namespace weft::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Window {
  Clock::time_point begin;  // After the warm-up.
  Clock::time_point end;
};

// One call after the other until the window ends. Its calls may end on their own stack (a cache) or
// on a thread of gRPC's; a loop, not recursion, takes the next one in either case.
class Lane {
 public:
  Lane(const Window& window, const StartCall& start, std::latch& ended)
      : window_(window), start_(start), ended_(ended) {
    latencies_ns_.reserve(1 << 16);
  }

  void Run() {
    while (Clock::now() < window_.end && !failed_) {
      handover_.store(kStarted);
      begun_ = Clock::now();
      start_([this](bool ok) {
        Record(ok);
        // The one of the two that comes second goes on.
        if (handover_.exchange(kEnded) == kReturned) Run();
      });
      if (handover_.exchange(kReturned) == kStarted) return;
    }
    ended_.count_down();
  }

  bool failed() const { return failed_; }
  const std::vector<int64_t>& latencies_ns() const { return latencies_ns_; }

 private:
  enum Handover { kStarted, kReturned, kEnded };

  void Record(bool ok) {
    const Clock::time_point now = Clock::now();
    if (!ok) failed_ = true;
    if (now >= window_.begin && now <= window_.end)
      latencies_ns_.push_back(std::chrono::nanoseconds(now - begun_).count());
  }

  const Window& window_;
  const StartCall& start_;
  std::latch& ended_;
  std::atomic<Handover> handover_{kStarted};
  Clock::time_point begun_;
  bool failed_ = false;
  std::vector<int64_t> latencies_ns_;
};

// The value below which `share` of `values` lie.
double PercentileMicroseconds(std::vector<int64_t>& values, double share) {
  const auto nth = values.begin() + static_cast<int64_t>(share * double(values.size() - 1));
  std::nth_element(values.begin(), nth, values.end());
  return double(*nth) / 1000;
}

}  // namespace

absl::StatusOr<Figures> Measure(const Load& load, const StartCall& start) {
  const Clock::time_point now = Clock::now();
  const Window window{now + load.warmup, now + load.warmup + load.duration};
  std::latch ended(load.outstanding);
  std::vector<std::unique_ptr<Lane>> lanes;
  lanes.reserve(static_cast<size_t>(load.outstanding));
  for (int i = 0; i < load.outstanding; ++i)
    lanes.push_back(std::make_unique<Lane>(window, start, ended));
  // A lane whose calls end at once never gives its thread back, so each has one of its own.
  std::vector<std::jthread> threads;
  threads.reserve(lanes.size());
  for (auto& lane : lanes) threads.emplace_back([&lane] { lane->Run(); });
  std::this_thread::sleep_until(window.begin);
  const uint64_t allocations_before = Allocations();
  std::this_thread::sleep_until(window.end);
  const uint64_t allocations = Allocations() - allocations_before;
  ended.wait();

  std::vector<int64_t> latencies;
  for (const auto& lane : lanes) {
    if (lane->failed()) return absl::InternalError("a call failed");
    latencies.insert(latencies.end(), lane->latencies_ns().begin(), lane->latencies_ns().end());
  }
  if (latencies.empty()) return absl::InternalError("no call ended in time");
  const double calls = double(latencies.size());
  return Figures{.p50_us = PercentileMicroseconds(latencies, 0.5),
                 .p99_us = PercentileMicroseconds(latencies, 0.99),
                 .rate_per_s = calls / std::chrono::duration<double>(load.duration).count(),
                 .allocations_per_call = double(allocations) / calls};
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

}  // namespace weft::bench
