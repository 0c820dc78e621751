#include "core/base/ready_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

namespace weft {
namespace {

using testing::ElementsAre;

std::vector<std::string> TakeAll(ReadyKeys& ready) {
  std::vector<std::string> keys;
  while (const auto taken = ready.Take()) keys.push_back(taken->key);
  return keys;
}

TEST(ReadyKeys, GroupsTakeTurnsHoweverManyKeysEachHas) {
  ReadyKeys ready;
  for (const char* key : {"big/1", "big/2", "big/3", "big/4"}) ready.Add("big", key, false);
  ready.Add("small", "small/1", false);
  ready.Add("other", "other/1", false);
  ready.Add("other", "other/2", false);
  EXPECT_THAT(TakeAll(ready),
              ElementsAre("big/1", "small/1", "other/1", "big/2", "other/2", "big/3", "big/4"));
  EXPECT_TRUE(ready.empty());
}

TEST(ReadyKeys, AGroupThatComesBackTakesItsTurnBehindThoseThatWait) {
  ReadyKeys ready;
  ready.Add("a", "a/1", false);
  ready.Add("b", "b/1", false);
  EXPECT_EQ(ready.Take()->key, "a/1");
  ready.Add("a", "a/2", false);
  ready.Add("b", "b/2", false);
  EXPECT_THAT(TakeAll(ready), ElementsAre("b/1", "a/2", "b/2"));
}

TEST(ReadyKeys, UrgentOnesComeFirstButStarveNobody) {
  ReadyKeys ready;
  for (const char* key : {"1", "2", "3"}) ready.Add("a", key, false);
  for (const char* key : {"u1", "u2", "u3", "u4", "u5", "u6"}) ready.Add("a", key, true);
  static_assert(ReadyKeys::kUrgentInARow == 4);
  EXPECT_THAT(TakeAll(ready), ElementsAre("u1", "u2", "u3", "u4", "1", "u5", "u6", "2", "3"));
}

TEST(ReadyKeys, SaysWhichLaneAKeyWasIn) {
  ReadyKeys ready;
  ready.Add("a", "1", false);
  ready.Add("a", "2", true);
  EXPECT_TRUE(ready.Take()->urgent);
  EXPECT_FALSE(ready.Take()->urgent);
  EXPECT_FALSE(ready.Take().has_value());
}

}  // namespace
}  // namespace weft
