#include "core/mesh/recent_answers.h"

#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

namespace weft::mesh {
namespace {

constexpr int64_t kThree = 3 * (RecentAnswers::kEntryBytes + 3);  // Room for so many of 3 bytes.

TEST(RecentAnswers, OfTheLastUsedAsManyAsHaveRoom) {
  RecentAnswers recent(kThree);
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

TEST(RecentAnswers, WhatIsForgottenIsNotThere) {
  RecentAnswers recent(kThree);
  recent.Put("a", "1");
  recent.Forget("a");
  recent.Forget("nobody");
  EXPECT_EQ(recent.Find("a"), std::nullopt);
}

TEST(RecentAnswers, AreUsedBySeveralAtOnce) {
  RecentAnswers recent(10 * kThree);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&recent] {
      for (int i = 0; i < 1000; ++i) {
        const std::string key = absl::StrCat(i % 40);
        recent.Put(key, absl::StrCat("answer ", key));
        const auto found = recent.Find(key);
        EXPECT_TRUE(!found.has_value() || *found == absl::StrCat("answer ", key));
        if (i % 7 == 0) recent.Forget(key);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace weft::mesh
