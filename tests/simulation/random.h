#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace weft::simulation {

// The one source of chance of a run: the same seed makes the same run.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  // From 0 to `below` - 1. The distributions of the standard library differ between its
  // implementations; this does not.
  uint64_t Below(uint64_t below) { return engine_() % below; }
  bool Percent(uint64_t percent) { return Below(100) < percent; }
  template <typename T>
  const T& Of(const std::vector<T>& choices) {
    return choices[Below(choices.size())];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace weft::simulation
