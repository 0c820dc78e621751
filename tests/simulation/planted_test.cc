#include <gtest/gtest.h>

#include "tests/simulation/simulation.h"

namespace weft::simulation {
namespace {

// This program has a core that never makes again what somebody removed.
TEST(Simulation, FindsADefectThatIsPlanted) {
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    if (!Simulation(seed).Run().empty()) return;
  }
  FAIL() << "1,000 runs found nothing";
}

}  // namespace
}  // namespace weft::simulation
