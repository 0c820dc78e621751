#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>

#include "absl/status/statusor.h"

namespace weft::mesh {

// Decides whether a provider is asked, by how it answered before.
//
// An answer that failed is charged to its request, which is not asked again until a back-off has
// passed (1 s, doubled with every failure up to 60 s, up to a fifth less by chance), or, if the
// answer would always be the same, ever. The latest kCharges charges are remembered. And the
// breaker opens when of the last kWindow answers more than half failed, those of at least
// kApplications applications: nothing is asked until a back-off has passed, then one call tries;
// if its answer is good the breaker closes. If more than half were answers that would always be the
// same, the provider is in quarantine: nothing is asked any more before Release.
//
// Thread-safe.
class Breaker {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr size_t kCharges = 1024;
  static constexpr size_t kWindow = 20;
  static constexpr size_t kApplications = 3;

  enum class Verdict {
    kGood,
    kFailed,   // Late, or wrong in a way that may pass.
    kRefused,  // Wrong, and so it will be whenever the same is asked.
    kAway,     // There was no answer. It counts for nothing.
  };

  struct Options {
    std::function<Clock::time_point()> now;
    std::function<double()> random;  // In [0, 1).
  };

  // One call that may be made.
  struct Pass {
    uint64_t request = 0;
    std::string application;
    Clock::time_point asked;
    uint64_t trial = 0;  // 0: it does not try an open breaker.
  };

  explicit Breaker(Options options) : options_(std::move(options)) {}

  // Whether `request`, by its hash, may be asked for `application`. Then Answered follows, exactly
  // once. UNAVAILABLE: it must not, and why, for people.
  absl::StatusOr<Pass> Admit(uint64_t request, const std::string& application);
  // `why` says what was wrong, for people. Returns whether the breaker opened or closed by it.
  bool Answered(const Pass& pass, Verdict verdict, const std::string& why);

  // Why nothing is asked at the moment; empty: the next call may be made.
  std::string WhyOpen() const;

  // Another process of the same program answers, or over another connection: closes the breaker,
  // and forgets every charge that has a back-off. A quarantine goes on.
  void Reset();

  // Somebody who knows better asks for it: forgets everything.
  void Release();

 private:
  struct Charge {
    Clock::time_point at;
    Clock::time_point until;  // max(): for ever.
    int failures = 0;         // In a row.
    std::string why;
    uint64_t number = 0;  // Its key in order_.
  };
  struct Answer {
    Verdict verdict;
    std::string application;
  };

  void ChargeLocked(const Pass& pass, Verdict verdict, const std::string& why);
  void DropLocked(uint64_t request);
  bool JudgeLocked(const std::string& why);
  void OpenLocked();
  void CloseLocked();
  std::string WhyOpenLocked(Clock::time_point now) const;
  Clock::duration BackOff(int failures) const;

  const Options options_;
  mutable std::mutex mutex_;
  std::unordered_map<uint64_t, Charge> charges_;  // By request.
  std::map<uint64_t, uint64_t> order_;            // Their requests, the oldest first.
  uint64_t charged_ = 0;                          // Charges so far.
  std::deque<Answer> answers_;                    // The last.
  bool open_ = false;
  bool quarantined_ = false;      // Then it is open too.
  int openings_ = 0;              // Without a good answer since.
  Clock::time_point open_until_;  // If it is open: when to try.
  uint64_t trial_ = 0;            // The one under way.
  uint64_t trials_ = 0;           // So far.
  std::string reason_;            // Why it opened.
};

}  // namespace weft::mesh
