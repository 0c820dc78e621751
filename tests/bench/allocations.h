#pragma once

#include <cstdint>

namespace weft::bench {

// How often this process has called operator new so far. Linking it counts all of them, at the
// price of one increment of the thread's own each. Thread-safe; of more than 1,024 threads some may
// be missed.
uint64_t Allocations();

// The most memory this process has held so far, in KiB.
int64_t PeakMemoryKiB();

}  // namespace weft::bench
