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

TEST(WorkerPool, WithoutThreadsDoesWhatItIsToldAndDropsTheRest) {
  int done = 0;
  {
    WorkerPool pool(0, 3);
    EXPECT_FALSE(pool.RunOne());
    ASSERT_TRUE(pool.TryRun([&] { done = 1; }));
    ASSERT_TRUE(pool.TryRun([&] { done = 2; }));
    EXPECT_EQ(done, 0);
    EXPECT_TRUE(pool.RunOne());
    EXPECT_EQ(done, 1);
  }
  EXPECT_EQ(done, 1);
}

}  // namespace
}  // namespace weft
