#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace weft::scheduler {

// After how long to try again what failed so many times before: `first`, doubled with every failure
// up to `longest`, up to a fifth less by chance, so that many do not come back at once.
// Thread-safe.
inline std::chrono::milliseconds BackOff(int failures, std::chrono::milliseconds first,
                                         std::chrono::milliseconds longest) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const auto delay = std::min(first * (int64_t{1} << std::min(failures, 7)), longest);
  return delay - std::chrono::milliseconds(
                     std::uniform_int_distribution<int64_t>(0, delay.count() / 5)(random));
}

}  // namespace weft::scheduler
