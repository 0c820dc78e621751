#include "plugins/workloads/faas/scale.h"

#include <algorithm>

namespace weft::faas {

int64_t WantedReplicas(const Demand& demand) {
  const int64_t highest = std::max<int64_t>({1, demand.minimum, demand.maximum});
  const int64_t busy = (demand.in_flight + demand.concurrency - 1) / demand.concurrency;
  const bool idle = demand.in_flight == 0 && demand.unused >= demand.idle;
  return std::clamp(std::max(busy, idle ? 0 : demand.current), demand.minimum, highest);
}

}  // namespace weft::faas
