#pragma once

#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/base/pod_usage.h"
#include "runtime/engine/engine.h"
#include "runtime/local/pod.h"

namespace weft::local {

// How `now` is told and waited for.
struct UsageClock {
  std::function<absl::Time()> now;
  std::function<void(absl::Duration)> sleep;
};

// What `pods` use, without those of which nothing runs. What they use of the processors is the
// difference of two looks, half a second apart: it blocks for that and for the engine. What they
// hold on disk is left out where counting it takes long. UNAVAILABLE: the engine does not answer.
absl::StatusOr<std::vector<runtime::PodUsage>> MeasurePods(engine::Engine& engine,
                                                           const std::vector<Pod>& pods,
                                                           const UsageClock& clock);

}  // namespace weft::local
