#pragma once

#include <cstdint>

#include "absl/time/time.h"

namespace weft::faas {

// What there is to know for the size of a function.
struct Demand {
  int64_t minimum = 0;      // Replicas.
  int64_t maximum = 0;      // 0: as many as the minimum, and at least 1.
  int64_t concurrency = 1;  // Requests at a time for one replica.
  int64_t current = 0;      // Replicas that there are, or that were asked for.
  int64_t in_flight = 0;    // Requests that are held or under way.
  absl::Duration unused;    // How long there has been no request.
  absl::Duration idle;      // How long until it goes back to the minimum.
};

// How many replicas there should be: enough for the requests, within the bounds. It grows at once,
// and shrinks only while nothing is under way: the platform chooses which replica goes, and could
// choose one that is at work. A user who lowers the bounds is obeyed at once.
int64_t WantedReplicas(const Demand& demand);

}  // namespace weft::faas
