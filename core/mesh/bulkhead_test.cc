#include "core/mesh/bulkhead.h"

#include <atomic>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

namespace weft::mesh {
namespace {

using testing::ElementsAre;
using Kind = Bulkhead::Kind;

class BulkheadTest : public testing::Test {
 protected:
  bool Enter(Kind kind, const std::string& name, const std::string& application = "shop") {
    return bulkhead_.Enter(kind, application, [this, name] { started_.push_back(name); });
  }
  void Leave(int calls) {
    for (int i = 0; i < calls; ++i) bulkhead_.Leave();
  }

  Bulkhead bulkhead_{2};
  std::vector<std::string> started_;
};

TEST_F(BulkheadTest, SoManyCallsRunAtOnceAndUsersGoFirst) {
  for (const char* name : {"a", "b"}) EXPECT_TRUE(Enter(Kind::kBackground, name));
  EXPECT_TRUE(Enter(Kind::kBackground, "c"));
  for (const char* name : {"d", "e"}) EXPECT_TRUE(Enter(Kind::kUser, name));
  EXPECT_THAT(started_, ElementsAre("a", "b"));
  Leave(1);
  EXPECT_THAT(started_, ElementsAre("a", "b", "d"));
  Leave(2);
  EXPECT_THAT(started_, ElementsAre("a", "b", "d", "e", "c"));
  Leave(2);
  EXPECT_TRUE(Enter(Kind::kUser, "f"));
  EXPECT_EQ(started_.back(), "f");
}

TEST_F(BulkheadTest, RefusesWhoComesBehindTooManyOtherApplications) {
  for (const char* name : {"a", "b"}) ASSERT_TRUE(Enter(Kind::kUser, name));
  for (size_t i = 0; i < Bulkhead::kWaitingApplications; ++i) {
    ASSERT_TRUE(Enter(Kind::kUser, "first", absl::StrCat("app", i)));
    ASSERT_TRUE(Enter(Kind::kUser, "second", absl::StrCat("app", i)));
  }
  EXPECT_FALSE(Enter(Kind::kUser, "refused", "late"));
  EXPECT_TRUE(Enter(Kind::kUser, "third", "app0")) << "it waits already";
  EXPECT_TRUE(Enter(Kind::kBackground, "background", "late")) << "it waits in the core";
  Leave(2);  // Both of app0.
  EXPECT_FALSE(Enter(Kind::kUser, "refused", "late")) << "its third waits still";
  Leave(2);  // Both of app1.
  EXPECT_TRUE(Enter(Kind::kUser, "admitted", "late"));
}

TEST_F(BulkheadTest, BackgroundWorkGoesOnUnderAnyLoadOfUsers) {
  for (const char* name : {"user", "user"}) ASSERT_TRUE(Enter(Kind::kUser, name));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Enter(Kind::kBackground, "background"));
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Enter(Kind::kUser, "user"));
  const int turns = 3 * (Bulkhead::kUsersInARow + 1);
  Leave(turns);
  EXPECT_EQ(std::count(started_.begin(), started_.end(), "background"), 3);
  EXPECT_EQ(started_.size(), 2U + turns);
}

TEST_F(BulkheadTest, AnyNumberOfCallsThatEndAtOnceNeedsNoStack) {
  constexpr int kCalls = 200000;
  for (const char* name : {"a", "b"}) ASSERT_TRUE(Enter(Kind::kUser, name));
  int ended = 0;
  for (int i = 0; i < kCalls; ++i) {
    bulkhead_.Enter(Kind::kBackground, "shop", [&] {
      ++ended;
      bulkhead_.Leave();
    });
  }
  Leave(1);
  EXPECT_EQ(ended, kCalls);
}

TEST_F(BulkheadTest, ACallMayMakeAnother) {
  std::vector<std::string> order;
  Bulkhead one(1);
  one.Enter(Kind::kUser, "shop", [&] {
    order.emplace_back("workload");
    one.Enter(Kind::kUser, "shop", [&] {
      order.emplace_back("trait");
      one.Leave();
    });
    order.emplace_back("workload ends");
    one.Leave();
  });
  EXPECT_THAT(order, ElementsAre("workload", "workload ends", "trait"));
}

TEST(Bulkhead, FromManyThreadsNoCallIsLostAndNeverTooManyRun) {
  constexpr int kThreads = 8, kCalls = 2000, kInFlight = 3;
  Bulkhead bulkhead(kInFlight);
  std::atomic<int> running = 0, most = 0, ended = 0, refused = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kCalls; ++i) {
        const Kind kind = i % 3 == 0 ? Kind::kBackground : Kind::kUser;
        const bool entered = bulkhead.Enter(kind, absl::StrCat("app", t), [&] {
          const int now = ++running;
          for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
          }
          --running;
          ++ended;
          bulkhead.Leave();
        });
        if (!entered) ++refused;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ended, kThreads * kCalls);
  EXPECT_EQ(refused, 0);
  EXPECT_LE(most, kInFlight);
}

}  // namespace
}  // namespace weft::mesh
