#include "core/base/keyed_queue.h"

#include <atomic>
#include <future>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

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

// A queue of one thread, which stays at the key "hold" until it is let go.
class HeldQueue {
 public:
  explicit HeldQueue(size_t keys) : keys_(keys) {}
  // When the thread is at "hold" for the `n`th time, from 0.
  void AwaitHeld(int n) { held_[n].get_future().wait(); }
  void LetGo(int n) { let_go_[n].set_value(); }
  // The other keys, in the order in which they were worked on, when they are as many as expected.
  std::vector<std::string> Order() {
    done_.get_future().wait();
    queue_.Stop();
    return order_;
  }
  KeyedQueue& queue() { return queue_; }

 private:
  KeyedQueue::Clock::duration Work(const std::string& key) {
    if (key == "hold") {
      const int n = holds_++;
      held_[n].set_value();
      let_go_[n].get_future().wait();
      return KeyedQueue::kDone;
    }
    order_.push_back(key);
    if (order_.size() == keys_) done_.set_value();
    return KeyedQueue::kDone;
  }

  const size_t keys_;
  int holds_ = 0;
  std::promise<void> held_[2], let_go_[2], done_;
  std::vector<std::string> order_;
  KeyedQueue queue_{1, [this](const std::string& key) { return Work(key); },
                    [](const std::string& key) { return key.substr(0, key.find('/')); }};
};

TEST(KeyedQueue, GroupsTakeTurnsAndUrgentKeysComeFirst) {
  HeldQueue held(6);
  held.queue().Add("hold");
  held.AwaitHeld(0);
  for (const char* key : {"a/1", "a/2", "a/3", "b/1"}) held.queue().Add(key);
  held.queue().Add("a/4", 1h);
  held.queue().Add("a/4", 0s, /*urgent=*/true);  // Sooner, and urgent.
  held.queue().Add("a/5");
  held.queue().Add("a/3", 1h, /*urgent=*/true);  // Not later, and urgent.
  held.LetGo(0);
  EXPECT_EQ(held.Order(), (std::vector<std::string>{"a/3", "a/4", "a/1", "b/1", "a/2", "a/5"}));
}

TEST(KeyedQueue, AKeyWhoseTimeHasComeCanBecomeUrgentAndIsOnePieceOfWork) {
  HeldQueue held(3);
  held.queue().Add("hold");
  held.AwaitHeld(0);
  held.queue().Add("hold", 0s, /*urgent=*/true);  // Again: takes a look at what is due.
  for (const char* key : {"a/1", "a/2"}) held.queue().Add(key);
  held.LetGo(0);
  held.AwaitHeld(1);
  held.queue().Add("a/2", 0s, /*urgent=*/true);
  held.queue().Add("a/3");
  held.LetGo(1);
  EXPECT_EQ(held.Order(), (std::vector<std::string>{"a/2", "a/1", "a/3"}));
}

TEST(KeyedQueue, AKeyThatIsUrgentWhileItIsWorkedOnComesNext) {
  std::promise<void> held, go_on, done;
  std::vector<std::string> order;
  KeyedQueue queue(1, [&](const std::string& key) {
    order.push_back(key);
    if (order.size() == 1) {
      held.set_value();
      go_on.get_future().wait();
    }
    if (order.size() == 3) done.set_value();
    return KeyedQueue::kDone;
  });
  queue.Add("a");
  held.get_future().wait();
  queue.Add("b");
  queue.Add("a", 0s, /*urgent=*/true);
  go_on.set_value();
  done.get_future().wait();
  queue.Stop();
  EXPECT_EQ(order, (std::vector<std::string>{"a", "a", "b"}));
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
