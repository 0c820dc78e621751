#include "core/store/recent_values.h"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

namespace weft::store {
namespace {

TEST(RecentValues, OfTheLastUsedAsManyAsHaveRoom) {
  RecentValues recent(9);
  for (const char* key : {"a", "b", "c"}) recent.Wrote(key, "12");
  EXPECT_EQ(recent.Find("a"), "12");
  recent.Wrote("d", "34");
  EXPECT_EQ(recent.Find("b"), std::nullopt);
  for (const char* key : {"a", "c", "d"}) EXPECT_TRUE(recent.Find(key).has_value()) << key;
  recent.Wrote("a", "12345678");
  EXPECT_EQ(recent.Find("a"), "12345678");
  EXPECT_EQ(recent.Find("c"), std::nullopt);
  recent.Wrote("e", "123456789");
  EXPECT_EQ(recent.Find("e"), std::nullopt) << "there is no room for it alone";
}

TEST(RecentValues, WhatWasReadIsKeptIfNothingWasWrittenMeanwhile) {
  RecentValues recent(9);
  uint64_t moment = recent.Moment();
  recent.Read("a", "1", moment);
  EXPECT_EQ(recent.Find("a"), "1");
  moment = recent.Moment();
  recent.Wrote("a", "2");
  recent.Read("a", "1", moment);
  EXPECT_EQ(recent.Find("a"), "2");
  moment = recent.Moment();
  recent.Forget("a");
  recent.Read("a", "2", moment);
  EXPECT_EQ(recent.Find("a"), std::nullopt);
  recent.Forget("nobody");
}

// One writes, others read: what is found is never older than what was written before.
TEST(RecentValues, IsNeverBehind) {
  RecentValues recent(1000);
  std::atomic<int> store = 0, written = 0;
  std::vector<std::thread> readers;
  readers.reserve(3);
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&] {
      while (written < 2000) {
        const int before = written;
        const uint64_t moment = recent.Moment();
        const auto found = recent.Find("k");
        if (found.has_value()) {
          EXPECT_GE(std::stoi(*found), before);
        } else {
          recent.Read("k", absl::StrCat(store.load()), moment);
        }
      }
    });
  }
  for (int i = 1; i <= 2000; ++i) {
    store = i;
    if (i % 3 == 0) {
      recent.Forget("k");
    } else {
      recent.Wrote("k", absl::StrCat(i));
    }
    written = i;
  }
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace weft::store
