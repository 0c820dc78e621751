#include "core/scheduler/epochs.h"

#include <atomic>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <thread>

namespace weft::scheduler {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

// Epochs over a store that is a map, and a clock that tests move.
class EpochsTest : public testing::Test {
 protected:
  absl::StatusOr<uint64_t> Advance(const std::string& type) {
    if (on_advance_) on_advance_();
    if (broken_) return absl::UnavailableError("the disk is full");
    return ++stored_[type];
  }

  Epochs::Clock::time_point now_{};
  std::map<std::string, uint64_t> stored_;
  bool broken_ = false;
  std::function<void()> on_advance_;
  std::vector<Epochs::Watcher> overdue_;
  int due_ = 0;
  Epochs epochs_{{.now = [this] { return now_; },
                  .advance = [this](const std::string& type) { return Advance(type); },
                  .on_news = [](Epochs::Watcher) {},
                  .on_overdue = [this](Epochs::Watcher watcher) { overdue_.push_back(watcher); },
                  .on_due = [this] { ++due_; }}};
};

TEST_F(EpochsTest, TheFirstHoldsAndTheOthersStandBy) {
  for (const Epochs::Watcher watcher : {1, 2}) {
    epochs_.Join(watcher);
    epochs_.Contend(watcher, {"cron"});
  }
  EXPECT_THAT(epochs_.TakeNews(2), ElementsAre(Pair("cron", 0)));
  EXPECT_EQ(epochs_.Held("cron"), 0U);
  epochs_.Tick();
  EXPECT_THAT(epochs_.TakeNews(1), ElementsAre(Pair("cron", 1)));  // The latest only.
  EXPECT_THAT(epochs_.TakeNews(1), IsEmpty());
  EXPECT_THAT(epochs_.TakeNews(2), IsEmpty());
  EXPECT_EQ(epochs_.Held("cron"), 1U);
  epochs_.Tick();
  EXPECT_EQ(epochs_.Held("cron"), 1U);
}

TEST_F(EpochsTest, EveryTypeHasItsOwn) {
  epochs_.Join(1);
  epochs_.Contend(1, {"a"});
  epochs_.Join(2);
  epochs_.Contend(2, {"a", "b", "b"});
  epochs_.Tick();
  EXPECT_THAT(epochs_.TakeNews(2), ElementsAre(Pair("a", 0), Pair("b", 1)));
  EXPECT_EQ(epochs_.Held("c"), 0U);
}

TEST_F(EpochsTest, WhenTheHolderLeavesTheNextGetsAHigherEpoch) {
  for (const Epochs::Watcher watcher : {1, 2, 3}) {
    epochs_.Join(watcher);
    epochs_.Contend(watcher, {"cron"});
  }
  epochs_.Tick();
  const int due = due_;
  epochs_.Leave(3);  // Nobody waits for what it held.
  EXPECT_EQ(due_, due);
  epochs_.Leave(1);
  EXPECT_EQ(due_, due + 1);
  EXPECT_EQ(epochs_.Held("cron"), 0U);
  epochs_.Tick();
  EXPECT_EQ(epochs_.Held("cron"), 2U);
  EXPECT_THAT(epochs_.TakeNews(2), ElementsAre(Pair("cron", 2)));
  epochs_.Leave(1);
  EXPECT_EQ(epochs_.Held("cron"), 2U);
}

TEST_F(EpochsTest, AWatcherThatIsSilentForTenSecondsIsOut) {
  for (const Epochs::Watcher watcher : {1, 2}) {
    epochs_.Join(watcher);
    epochs_.Contend(watcher, {"cron"});
  }
  epochs_.Tick();
  now_ += 9999ms;
  epochs_.Beat(2);
  epochs_.Tick();
  EXPECT_EQ(epochs_.Held("cron"), 1U);
  now_ += 1ms;
  epochs_.Tick();
  EXPECT_THAT(overdue_, ElementsAre(1));
  EXPECT_EQ(epochs_.Held("cron"), 2U);
  EXPECT_THAT(epochs_.TakeNews(1), IsEmpty());
  EXPECT_THAT(epochs_.TakeNews(2), ElementsAre(Pair("cron", 2)));
}

TEST_F(EpochsTest, OneThatNeverSaysWhatItWantsIsOutToo) {
  epochs_.Join(1);
  now_ += 10s;
  epochs_.Tick();
  EXPECT_THAT(overdue_, ElementsAre(1));
  epochs_.Contend(1, {"cron"});
  epochs_.Tick();
  EXPECT_EQ(epochs_.Held("cron"), 0U);
}

TEST_F(EpochsTest, NothingIsHeldUntilItIsStored) {
  epochs_.Join(1);
  epochs_.Contend(1, {"cron"});
  broken_ = true;
  epochs_.Tick();
  EXPECT_EQ(epochs_.Held("cron"), 0U);
  EXPECT_THAT(epochs_.TakeNews(1), ElementsAre(Pair("cron", 0)));
  broken_ = false;
  epochs_.Tick();
  EXPECT_THAT(epochs_.TakeNews(1), ElementsAre(Pair("cron", 1)));
}

TEST_F(EpochsTest, AnEpochIsForWhoIsFirstWhenItIsStored) {
  for (const Epochs::Watcher watcher : {1, 2}) {
    epochs_.Join(watcher);
    epochs_.Contend(watcher, {"cron"});
  }
  on_advance_ = [&] { epochs_.Leave(1); };
  epochs_.Tick();
  EXPECT_THAT(epochs_.TakeNews(2), ElementsAre(Pair("cron", 1)));
  on_advance_ = [&] { epochs_.Leave(3); };
  epochs_.Leave(2);
  epochs_.Join(3);
  epochs_.Contend(3, {"cron"});
  epochs_.Tick();  // All have left: the number is lost.
  EXPECT_EQ(epochs_.Held("cron"), 0U);
  epochs_.Join(4);
  epochs_.Contend(4, {"cron"});
  epochs_.Tick();
  EXPECT_EQ(epochs_.Held("cron"), 3U);
}

TEST(EpochsConcurrency, NoTwoWatchersEverGetOneEpoch) {
  constexpr int kThreads = 4, kRounds = 200;
  std::atomic<uint64_t> stored{0};
  std::mutex mutex;
  std::multiset<uint64_t> granted;
  Epochs epochs({.now = [] { return Epochs::Clock::time_point(); },
                 .advance = [&](const std::string&) { return ++stored; },
                 .on_news = [](Epochs::Watcher) {},
                 .on_overdue = [](Epochs::Watcher) {},
                 .on_due = [] {}});
  std::atomic<int> running{kThreads};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < kRounds; ++round) {
        const auto watcher = static_cast<Epochs::Watcher>(t * kRounds + round);
        epochs.Join(watcher);
        epochs.Contend(watcher, {"cron"});
        epochs.Beat(watcher);
        for (uint64_t epoch = 0; epoch == 0; std::this_thread::yield()) {
          for (const auto& [type, news] : epochs.TakeNews(watcher)) epoch = news;
          std::lock_guard lock(mutex);
          if (epoch != 0) granted.insert(epoch);
        }
        epochs.Leave(watcher);
      }
      --running;
    });
  }
  while (running > 0) epochs.Tick();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(granted.size(), size_t{kThreads * kRounds});
  EXPECT_EQ(std::set<uint64_t>(granted.begin(), granted.end()).size(), granted.size());
}

}  // namespace
}  // namespace weft::scheduler
