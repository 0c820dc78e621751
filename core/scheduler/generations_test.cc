#include "core/scheduler/generations.h"

#include <gtest/gtest.h>

#include "core/store/memory_store.h"

namespace weft::scheduler {
namespace {

constexpr char kObject[] = "apps/v1|Deployment|default|front";

class GenerationsTest : public testing::Test {
 protected:
  uint64_t First() {
    store::Transaction transaction;
    const auto first = FirstGeneration(kObject, store_, transaction);
    EXPECT_TRUE(first.ok()) << first.status();
    return first.value_or(0);
  }
  void Forget(uint64_t last) {
    store::Transaction transaction;
    ASSERT_TRUE(RememberGenerations({{kObject, last}}, store_, transaction).ok());
    ASSERT_TRUE(store_.Commit(std::move(transaction)).ok());
  }

  store::MemoryStore store_;
};

TEST_F(GenerationsTest, BeginAtOneAndAboveTheLastOfAnEarlierLife) {
  EXPECT_EQ(First(), 1u);
  Forget(5);
  EXPECT_EQ(First(), 6u);
  Forget(3);
  EXPECT_EQ(First(), 6u);
  Forget(9);
  EXPECT_EQ(First(), 10u);
}

TEST_F(GenerationsTest, WhoBeginsWhileAnEarlierLifeEndsBeginsAgain) {
  store::Transaction begins;
  ASSERT_TRUE(FirstGeneration(kObject, store_, begins).ok());
  begins.Put("made", "");
  Forget(5);
  EXPECT_EQ(store_.Commit(std::move(begins)).code(), absl::StatusCode::kAborted);
}

TEST_F(GenerationsTest, WhoEndsWhileAnotherEndsIsAborted) {
  store::Transaction ends;
  ASSERT_TRUE(RememberGenerations({{kObject, 4}}, store_, ends).ok());
  Forget(5);
  EXPECT_EQ(store_.Commit(std::move(ends)).code(), absl::StatusCode::kAborted);
}

}  // namespace
}  // namespace weft::scheduler
