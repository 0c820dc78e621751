#pragma once

namespace weft::local {

// Turns the results of probes into ready or not: so many successes in a row make it ready, so many
// failures in a row make it not. Source: Kubernetes API, core/v1 Probe. Not thread-safe.
class ReadinessJudge {
 public:
  ReadinessJudge(int success_threshold, int failure_threshold)
      : success_threshold_(success_threshold), failure_threshold_(failure_threshold) {}

  void Take(bool success) {
    streak_ = success == last_ ? streak_ + 1 : 1;
    last_ = success;
    asked_ = true;
    if (streak_ >= (success ? success_threshold_ : failure_threshold_)) ready_ = success;
  }

  bool asked() const { return asked_; }
  bool ready() const { return ready_; }
  // The last results are failures, enough of them in a row.
  bool failed() const { return asked_ && !last_ && streak_ >= failure_threshold_; }

 private:
  const int success_threshold_;
  const int failure_threshold_;
  int streak_ = 0;
  bool last_ = false;
  bool asked_ = false;
  bool ready_ = false;
};

}  // namespace weft::local
