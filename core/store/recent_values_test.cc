#include "core/store/recent_values.h"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

namespace weft::store {
namespace {

constexpr int64_t kThree = 3 * (RecentValues::kEntryBytes + 3);  // Room for so many of 3 bytes.

TEST(RecentValues, OfTheLastUsedAsManyAsHaveRoom) {
  RecentValues recent(kThree);
  for (const char* key : {"a", "b", "c"}) recent.Put(key, "12");
  EXPECT_EQ(recent.Find("a"), "12");
  recent.Put("d", "34");
  EXPECT_EQ(recent.Find("b"), std::nullopt);
  for (const char* key : {"a", "c", "d"}) EXPECT_TRUE(recent.Find(key).has_value()) << key;
  recent.Put("a", "1234");
  EXPECT_EQ(recent.Find("a"), "1234");
  EXPECT_EQ(recent.Find("c"), std::nullopt);
  recent.Put("d", std::string(kThree, 'x'));
  EXPECT_EQ(recent.Find("d"), std::nullopt) << "there is no room for it alone";
  EXPECT_EQ(recent.Find("a"), "1234");
}

TEST(RecentValues, WhatWasReadIsKeptIfNothingWasWrittenMeanwhile) {
  RecentValues recent(kThree);
  uint64_t moment = recent.Moment();
  recent.Read("a", "1", moment);
  EXPECT_EQ(recent.Find("a"), "1");
  moment = recent.Moment();
  recent.Put("a", "2");
  recent.Read("a", "1", moment);
  EXPECT_EQ(recent.Find("a"), "2");
  moment = recent.Moment();
  recent.BeginWrite({{"a", nullptr}});
  recent.EndWrite({{"a", nullptr}});
  recent.Read("a", "2", moment);
  EXPECT_EQ(recent.Find("a"), std::nullopt);
}

TEST(RecentValues, AllOfAWriteIsSeenAtOnce) {
  RecentValues recent(kThree);
  const std::string one = "1", two = "2";
  const RecentValues::Written written = {{"a", &one}, {"b", &two}};
  recent.Put("a", "0");
  recent.Put("b", "0");
  recent.BeginWrite(written);
  for (const char* key : {"a", "b"}) EXPECT_EQ(recent.Find(key), std::nullopt) << key;
  recent.Read("a", "0", recent.Moment());
  EXPECT_EQ(recent.Find("a"), std::nullopt) << "it may have been read before the write";
  recent.Put("b", "newer");
  recent.EndWrite(written);
  EXPECT_EQ(recent.Find("a"), "1");
  EXPECT_EQ(recent.Find("b"), "newer");
}

// One writes, others read: what is found is never older than what was written before.
TEST(RecentValues, IsNeverBehind) {
  RecentValues recent(10 * kThree);
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
    const std::string value = absl::StrCat(i);
    const RecentValues::Written write = {{"k", i % 3 == 0 ? nullptr : &value}};
    recent.BeginWrite(write);
    store = i;
    recent.EndWrite(write);
    written = i;
  }
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace weft::store
