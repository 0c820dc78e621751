#include "core/base/worker_pool.h"

#include <atomic>
#include <future>
#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(WorkerPool, RefusesWorkBeyondItsLimit) {
  std::promise<void> release, started;
  std::atomic<int> done{0};
  {
    WorkerPool pool(1, 2);
    ASSERT_TRUE(pool.TryRun([&] {
      started.set_value();
      release.get_future().wait();
      ++done;
    }));
    started.get_future().wait();
    EXPECT_TRUE(pool.TryRun([&] { ++done; }));
    EXPECT_TRUE(pool.TryRun([&] { ++done; }));
    EXPECT_FALSE(pool.TryRun([&] { ++done; }));
    release.set_value();
  }
  EXPECT_EQ(done, 3);
}

}  // namespace
}  // namespace weft
