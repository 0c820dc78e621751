#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/local/autoscaling.h"
#include "runtime/local/controller.h"

namespace weft::local {

// Scales what HorizontalPodAutoscalers name by what its pods use. Thread-safe, for different
// autoscalers at once.
class AutoscalerController {
 public:
  explicit AutoscalerController(Parts parts) : parts_(std::move(parts)) {}

  absl::StatusOr<absl::Duration> Reconcile(const std::string& key);

 private:
  // What a run of a container had used at a time.
  struct Sample {
    absl::Time at;
    absl::Duration cpu;
  };
  // Of one autoscaler; only its Reconcile touches it.
  struct State {
    std::map<std::string, Sample> samples;  // By RunKey.
    ScalingHistory history;
    absl::Time looked = absl::InfinitePast();
    std::string status;       // As it was said last.
    std::string last_scaled;  // RFC 3339; empty: not by this process.
  };
  // What was found out, for people.
  struct Finding {
    int current = 0, desired = 0;
    std::vector<std::pair<MetricTarget, MetricVerdict>> metrics;
    absl::Status active;  // Why there is no number.
    std::string limited;
  };

  State& StateOf(const std::string& key);
  std::vector<Pod> PodsOf(const ObjectRef& target) const;
  absl::StatusOr<std::map<std::string, std::vector<PodMetric>>> Measure(
      const std::vector<Pod>& pods, const PodTemplate& pod_template, State& state, bool& fresh);
  int Desire(const AutoscalerSpec& spec,
             const std::map<std::string, std::vector<PodMetric>>& metrics, State& state,
             Finding& finding) const;
  static std::optional<int> Decide(const AutoscalerSpec& spec,
                                   const std::map<std::string, std::vector<PodMetric>>& metrics,
                                   Finding& finding);
  std::string StatusJson(const State& state, const Finding& finding) const;

  const Parts parts_;
  std::mutex mutex_;
  std::map<std::string, State> states_;  // By key; the map is guarded by mutex_.
};

}  // namespace weft::local
