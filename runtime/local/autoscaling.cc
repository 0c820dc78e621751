#include "runtime/local/autoscaling.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace weft::local {
namespace {

constexpr double kTolerance = 0.1;  // So far from the target nothing is done.
constexpr absl::Duration kLongestWindow = absl::Hours(1);

bool Tolerable(double ratio) { return std::abs(ratio - 1) <= kTolerance + 1e-9; }

int Ceil(double replicas) { return static_cast<int>(std::ceil(replicas - 1e-9)); }

// How the usage of some pods compares with the target; of a utilization, as all their requests
// together. Nothing is known of an empty list: 0.
double RatioOf(const MetricTarget& target, int64_t usage, int64_t requests, size_t pods) {
  const double wanted = target.utilization.has_value()
                            ? static_cast<double>(requests) * *target.utilization / 100
                            : static_cast<double>(target.average_milli) * static_cast<double>(pods);
  return wanted <= 0 ? 0 : static_cast<double>(usage) / wanted;
}

// What a pod that nothing is known of counts as: at its target when there may be too many pods, as
// idle when there may be too few.
int64_t Assumed(const MetricTarget& target, const PodMetric& pod, bool up) {
  if (up) return 0;
  return target.utilization.has_value() ? pod.request * *target.utilization / 100
                                        : target.average_milli;
}

}  // namespace

absl::StatusOr<MetricVerdict> ReplicasFor(const MetricTarget& target,
                                          const std::vector<PodMetric>& pods, int current) {
  int64_t usage = 0, requests = 0;
  size_t known = 0, ready = 0;
  for (const PodMetric& pod : pods) {
    if (target.utilization.has_value() && pod.request == 0)
      return absl::FailedPreconditionError(absl::StrCat("missing request for ", target.resource,
                                                        ": a utilization is a share of it"));
    if (!pod.ready) continue;
    ++ready;
    if (!pod.usage.has_value()) continue;
    ++known;
    usage += *pod.usage;
    requests += pod.request;
  }
  if (known == 0)
    return absl::FailedPreconditionError(
        absl::StrCat("no metrics of ", target.resource, " of a ready pod yet"));
  const double ratio = RatioOf(target, usage, requests, known);
  MetricVerdict verdict{current, usage / static_cast<int64_t>(known), std::nullopt};
  if (target.utilization.has_value())
    verdict.utilization = static_cast<int>(usage * 100 / std::max(requests, int64_t{1}));
  if (known == pods.size()) {
    if (!Tolerable(ratio)) verdict.replicas = Ceil(ratio * static_cast<double>(ready));
    return verdict;
  }
  // With what is assumed of the others; they can take the change back, not turn it round.
  const bool up = ratio > 1;
  for (const PodMetric& pod : pods) {
    if (pod.ready && pod.usage.has_value()) continue;
    if (!pod.ready && !up) continue;  // They are only of no help yet.
    usage += Assumed(target, pod, up);
    requests += pod.request;
    ++known;
  }
  const double all = RatioOf(target, usage, requests, known);
  const int replicas = Ceil(all * static_cast<double>(known));
  const bool turned = up ? all < 1 || replicas < current : all > 1 || replicas > current;
  if (!Tolerable(all) && !turned) verdict.replicas = replicas;
  return verdict;
}

int ScalingHistory::Limit(const AutoscalerSpec& spec, int current, int wanted, absl::Time now,
                          std::string& limited) {
  limited.clear();
  int replicas = Stabilize(spec, current, wanted, now);
  if (replicas != wanted) limited = "a recommendation of a while ago still counts";
  const auto bound = [&](int to, const char* why) {
    replicas = to;
    limited = why;
  };
  if (replicas > current) {
    const int most = Bound(spec.up, current, /*up=*/true, now);
    if (replicas > most) bound(most, "it grows as fast as it may");
  } else if (replicas < current) {
    const int least = Bound(spec.down, current, /*up=*/false, now);
    if (replicas < least) bound(least, "it shrinks as fast as it may");
  }
  if (replicas > spec.most) bound(spec.most, "it is as large as it may be");
  if (replicas < spec.least) bound(spec.least, "it is as small as it may be");
  return replicas;
}

// The smallest that was asked for in the window of growing, then the largest in that of shrinking.
int ScalingHistory::Stabilize(const AutoscalerSpec& spec, int current, int wanted, absl::Time now) {
  if (recommendations_.empty()) recommendations_.push_back({now, current});
  recommendations_.push_back({now, wanted});
  while (recommendations_.front().at < now - kLongestWindow) recommendations_.pop_front();
  int least = wanted, most = wanted;
  for (const Recommendation& before : recommendations_) {
    if (before.at > now - spec.up.window) least = std::min(least, before.replicas);
    if (before.at > now - spec.down.window) most = std::max(most, before.replicas);
  }
  return std::min(std::max(current, least), std::max(most, least));
}

// The most or the fewest that the policies allow now.
int ScalingHistory::Bound(const ScalingRules& rules, int current, bool up, absl::Time now) const {
  if (rules.select == ScalingRules::Select::kDisabled) return current;
  std::optional<int> bound;
  for (const ScalingPolicy& policy : rules.policies) {
    int changed = 0;  // In the policy's period, in this direction.
    for (const Change& change : changes_)
      if (change.at > now - policy.period && (change.by > 0) == up) changed += change.by;
    const int start = current - changed;
    const double by = policy.percent ? start * policy.value / 100.0 : policy.value;
    const int to = up ? Ceil(start + by) : static_cast<int>(start - by);
    const bool farther = !bound.has_value() || (up ? to > *bound : to < *bound);
    if (!bound.has_value() || farther == (rules.select == ScalingRules::Select::kMost)) bound = to;
  }
  return up ? std::max(bound.value_or(current), current) : std::min(bound.value_or(0), current);
}

void ScalingHistory::Changed(int before, int after, absl::Time now) {
  changes_.push_back({now, after - before});
  while (changes_.front().at < now - kLongestWindow) changes_.pop_front();
}

}  // namespace weft::local
