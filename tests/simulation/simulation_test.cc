#include "tests/simulation/simulation.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <iostream>
#include <random>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"

namespace weft::simulation {
namespace {

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  uint64_t value = 0;
  const char* text = std::getenv(name);
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : otherwise;
}

// The same in every run of the tests, so that what was once found is found again.
TEST(Simulation, FixedSeedsHold) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Simulation run(seed);
    ASSERT_EQ(run.Run(), "") << "seed " << seed << "\n" << absl::StrJoin(run.trace(), "\n");
  }
}

// WEFT_SIMULATION_SEED and WEFT_SIMULATION_RUNS choose other runs (README.md).
TEST(Simulation, WhateverFailsEverythingIsAsUsersWereTold) {
  const uint64_t first = FromEnvironment("WEFT_SIMULATION_SEED", std::random_device()());
  const uint64_t runs = FromEnvironment("WEFT_SIMULATION_RUNS", 1000);
  std::cout << "seeds " << first << " to " << first + runs - 1 << std::endl;
  for (uint64_t seed = first; seed < first + runs; ++seed) {
    Simulation run(seed);
    const std::string violation = run.Run();
    ASSERT_EQ(violation, "") << "run again with WEFT_SIMULATION_SEED=" << seed
                             << " WEFT_SIMULATION_RUNS=1\n"
                             << absl::StrJoin(run.trace(), "\n");
  }
}

TEST(Simulation, ASeedAlwaysMakesTheSameRun) {
  Simulation first(7), second(7), other(8);
  first.Run();
  second.Run();
  other.Run();
  EXPECT_EQ(first.trace(), second.trace());
  EXPECT_NE(first.trace(), other.trace());
}

}  // namespace
}  // namespace weft::simulation
