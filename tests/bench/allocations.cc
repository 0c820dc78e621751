#include "tests/bench/allocations.h"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <sys/resource.h>

namespace {

// A counter on its own cache line for each of the threads of a small program, which is written by
// that thread alone: without a locked instruction, so that counting does not weigh on what
// allocates.
struct alignas(64) Counter {
  std::atomic<uint64_t> value{0};
};
constexpr unsigned kCounters = 1024;
Counter counters[kCounters];
std::atomic<unsigned> threads{0};

void* Allocate(size_t size, size_t alignment) {
  thread_local std::atomic<uint64_t>* mine = nullptr;
  if (mine == nullptr)
    mine = &counters[threads.fetch_add(1, std::memory_order_relaxed) % kCounters].value;
  mine->store(mine->load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  if (size == 0) size = 1;
  void* memory = alignment <= alignof(std::max_align_t)
                     ? std::malloc(size)
                     : std::aligned_alloc(alignment, (size + alignment - 1) & ~(alignment - 1));
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

// The other forms of operator new and delete call these.
void* operator new(size_t size) { return Allocate(size, 1); }
void* operator new(size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }

namespace weft::bench {

uint64_t Allocations() {
  uint64_t sum = 0;
  for (const Counter& counter : counters) sum += counter.value.load(std::memory_order_relaxed);
  return sum;
}

int64_t PeakMemoryKiB() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

}  // namespace weft::bench
