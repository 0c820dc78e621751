#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/local/object.h"

// How many replicas a HorizontalPodAutoscaler asks for. Pure. Source: Kubernetes documentation,
// "Horizontal Pod Autoscaling", Algorithm details and Configurable scaling behavior.
namespace weft::local {

// One pod of what is scaled, for one resource. Milli-units: thousandths of a processor or of a
// byte.
struct PodMetric {
  bool ready = false;
  std::optional<int64_t> usage;  // Nothing: not known.
  int64_t request = 0;           // 0: none.
};

// What one metric comes to.
struct MetricVerdict {
  int replicas = 0;
  int64_t average = 0;             // Milli-units, over the pods that are known.
  std::optional<int> utilization;  // Percent of what is requested, if that is the target.
};

// FAILED_PRECONDITION: it cannot be said, and why, as Kubernetes says it.
absl::StatusOr<MetricVerdict> ReplicasFor(const MetricTarget& target,
                                          const std::vector<PodMetric>& pods, int current);

// What was asked for before: how fast it may go now depends on it.
class ScalingHistory {
 public:
  // What becomes of `wanted` within the bounds of `spec`, its windows and its policies. `limited`:
  // why it is another number; empty: it is not.
  int Limit(const AutoscalerSpec& spec, int current, int wanted, absl::Time now,
            std::string& limited);
  // The scale was changed.
  void Changed(int before, int after, absl::Time now);

 private:
  struct Recommendation {
    absl::Time at;
    int replicas;
  };
  struct Change {
    absl::Time at;
    int by;  // More (> 0) or fewer.
  };
  int Stabilize(const AutoscalerSpec& spec, int current, int wanted, absl::Time now);
  int Bound(const ScalingRules& rules, int current, bool up, absl::Time now) const;

  std::deque<Recommendation> recommendations_;
  std::deque<Change> changes_;
};

}  // namespace weft::local
