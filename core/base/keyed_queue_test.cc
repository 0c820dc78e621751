#include "core/base/keyed_queue.h"

#include <atomic>
#include <future>
#include <gtest/gtest.h>
#include <map>

namespace weft {
namespace {

using namespace std::chrono_literals;

TEST(KeyedQueue, WorksOnAKeyInOneThreadAtATime) {
  std::map<std::string, std::atomic<int>> inside;
  inside["a"] = inside["b"] = 0;
  std::atomic<int> overlaps{0}, runs{0};
  KeyedQueue queue(4, [&](const std::string& key) {
    if (inside.at(key)++ != 0) ++overlaps;
    ++runs;
    std::this_thread::yield();
    --inside.at(key);
    return KeyedQueue::kDone;
  });
  for (int i = 0; i < 2000; ++i) queue.Add(i % 2 == 0 ? "a" : "b");
  while (runs == 0) std::this_thread::yield();
  queue.Stop();
  EXPECT_EQ(overlaps, 0);
  EXPECT_GE(runs, 1);
}

TEST(KeyedQueue, MakesManyAdditionsOnePieceOfWork) {
  std::promise<void> started, release, second;
  std::atomic<int> runs{0};
  KeyedQueue queue(2, [&](const std::string&) {
    const int run = ++runs;
    if (run == 1) {
      started.set_value();
      release.get_future().wait();
    } else if (run == 2) {
      second.set_value();
    }
    return KeyedQueue::kDone;
  });
  queue.Add("k");
  started.get_future().wait();
  for (int i = 0; i < 100; ++i) queue.Add("k");  // While it is worked on.
  release.set_value();
  second.get_future().wait();
  queue.Stop();
  EXPECT_EQ(runs, 2);
}

TEST(KeyedQueue, RepeatsAfterTheDelayThatTheWorkAsksFor) {
  std::promise<void> third;
  std::atomic<int> runs{0};
  KeyedQueue queue(1, [&](const std::string&) -> KeyedQueue::Clock::duration {
    if (++runs == 3) {
      third.set_value();
      return KeyedQueue::kDone;
    }
    return 1ms;
  });
  queue.Add("k");
  EXPECT_EQ(third.get_future().wait_for(10s), std::future_status::ready);
}

TEST(KeyedQueue, TakesTheSoonerOfTwoTimes) {
  std::promise<void> done;
  KeyedQueue queue(1, [&](const std::string&) {
    done.set_value();
    return KeyedQueue::kDone;
  });
  queue.Add("k", 1h);
  queue.Add("k", 0s);
  EXPECT_EQ(done.get_future().wait_for(10s), std::future_status::ready);
}

TEST(KeyedQueue, AKeyIsWorkedOnInTimeWhileAnotherTakesLong) {
  std::promise<void> timed;
  std::future<void> in_time = timed.get_future();
  std::promise<bool> seen;
  KeyedQueue queue(2, [&](const std::string& key) {
    if (key == "timed") {
      timed.set_value();
    } else {
      seen.set_value(in_time.wait_for(10s) == std::future_status::ready);
    }
    return KeyedQueue::kDone;
  });
  queue.Add("timed", 1ms);
  queue.Add("long");
  EXPECT_TRUE(seen.get_future().get());
}

}  // namespace
}  // namespace weft
