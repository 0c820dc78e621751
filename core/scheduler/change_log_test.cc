#include "core/scheduler/change_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <thread>

namespace weft::scheduler {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ChangeLog, TellsEachKeyOnceInTheOrderOfItsLastChange) {
  ChangeLog log(10);
  EXPECT_THAT(log.After(0, 10)->keys, IsEmpty());
  for (const char* key : {"a", "b", "c", "a"}) log.Add(key);
  const auto all = log.After(0, 10);
  EXPECT_THAT(all->keys, ElementsAre("b", "c", "a"));
  EXPECT_EQ(all->up_to, 4u);
  EXPECT_THAT(log.After(4, 10)->keys, IsEmpty());
  log.Add("b");
  EXPECT_THAT(log.After(4, 10)->keys, ElementsAre("b"));
}

TEST(ChangeLog, TellsPagesThatFollowEachOther) {
  ChangeLog log(10);
  for (const char* key : {"a", "b", "c"}) log.Add(key);
  const auto first = log.After(0, 2);
  EXPECT_THAT(first->keys, ElementsAre("a", "b"));
  log.Add("a");  // Meanwhile.
  const auto second = log.After(first->up_to, 2);
  EXPECT_THAT(second->keys, ElementsAre("c", "a"));
  EXPECT_THAT(log.After(second->up_to, 2)->keys, IsEmpty());
}

TEST(ChangeLog, WhatIsForgottenIsNotToldAsIfItWereAll) {
  ChangeLog log(2);
  for (const char* key : {"a", "b", "c"}) log.Add(key);
  EXPECT_EQ(log.After(0, 10), std::nullopt);
  EXPECT_THAT(log.After(1, 10)->keys, ElementsAre("b", "c"));
  EXPECT_EQ(log.After(4, 10), std::nullopt) << "of another process";
}

TEST(ChangeLog, AReaderMissesNothingThatManyWrite) {
  constexpr int kWriters = 4, kChanges = 2000;
  ChangeLog log(kWriters);
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&log, w] {
      for (int i = 0; i < kChanges; ++i) log.Add(std::to_string(w));
    });
  }
  std::set<std::string> seen;
  for (uint64_t read = 0; read < kWriters * kChanges;) {
    const auto changes = log.After(read, 1);
    ASSERT_TRUE(changes.has_value());
    seen.insert(changes->keys.begin(), changes->keys.end());
    read = changes->up_to;
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_THAT(seen, ElementsAre("0", "1", "2", "3"));
}

}  // namespace
}  // namespace weft::scheduler
