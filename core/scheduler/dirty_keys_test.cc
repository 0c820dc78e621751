#include "core/scheduler/dirty_keys.h"

#include <atomic>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

namespace weft::scheduler {
namespace {

TEST(DirtyKeys, GivesKeysInTheOrderInWhichTheyChangedFirst) {
  DirtyKeys keys;
  for (const char* key : {"b", "a", "b"}) keys.Add(key);
  EXPECT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys.Take(), "b");
  EXPECT_EQ(keys.Take(), "a");
  EXPECT_EQ(keys.Take(), std::nullopt);
}

TEST(DirtyKeys, LetsAKeyWaitAgainOnceItWasTaken) {
  DirtyKeys keys;
  keys.Add("a");
  EXPECT_EQ(keys.Take(), "a");
  keys.Add("a");
  EXPECT_EQ(keys.Take(), "a");
}

TEST(DirtyKeys, WakesTheReaderWhenTheFirstKeyComes) {
  DirtyKeys keys;
  EXPECT_TRUE(keys.Add("a"));
  EXPECT_FALSE(keys.Add("a"));
  EXPECT_FALSE(keys.Add("b"));
  keys.Take();
  EXPECT_FALSE(keys.Add("c"));  // "b" still waits.
  keys.Take();
  keys.Take();
  EXPECT_TRUE(keys.Add("a"));
}

TEST(DirtyKeys, LosesNothingWhileThreadsAddAndOneTakes) {
  constexpr int kKeys = 200, kWriters = 4;
  DirtyKeys keys;
  std::vector<std::atomic<int>> latest(kKeys);  // What a key stands for, as its writers change it.
  std::vector<int> seen(kKeys, 0);
  std::atomic<int> writing{kWriters};
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&] {
      for (int key = 0; key < kKeys; ++key) {
        ++latest[key];
        keys.Add(std::to_string(key));
      }
      --writing;
    });
  }
  while (writing > 0 || keys.size() > 0) {
    if (const auto key = keys.Take()) seen[std::stoi(*key)] = latest[std::stoi(*key)];
  }
  for (std::thread& writer : writers) writer.join();
  for (int key = 0; key < kKeys; ++key) EXPECT_EQ(seen[key], kWriters) << key;
}

}  // namespace
}  // namespace weft::scheduler
