#include <atomic>
#include <filesystem>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "absl/time/clock.h"
#include "core/base/sqlite.h"
#include "core/store/memory_store.h"
#include "core/store/sqlite_store.h"

namespace weft::store {
namespace {

using testing::ElementsAre;
using testing::Pair;

// One suite for every store.
class StoreTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    std::string pattern = "/tmp/weft_store_XXXXXX";
    directory_ = mkdtemp(pattern.data());
    Open();
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }
  void Open() {
    store_.reset();
    if (GetParam()) {
      absl::StatusOr<std::unique_ptr<Store>> opened = OpenSqliteStore(directory_ + "/core.db");
      ASSERT_TRUE(opened.ok()) << opened.status();
      store_ = *std::move(opened);
    } else {
      store_ = std::make_unique<MemoryStore>();
    }
  }
  absl::Status Put(const std::string& key, const std::string& value) {
    Transaction transaction;
    transaction.Put(key, value);
    return store_->Commit(std::move(transaction));
  }
  std::string directory_;
  std::unique_ptr<Store> store_;
};

TEST_P(StoreTest, GivesBackTheBytesItTook) {
  const std::string bytes("\0\xff/x", 4);
  ASSERT_TRUE(Put("a/" + bytes, bytes).ok());
  EXPECT_EQ(*store_->Get("a/" + bytes), bytes);
  ASSERT_TRUE(Put("empty", "").ok());
  EXPECT_EQ(*store_->Get("empty"), "");
  EXPECT_EQ(store_->Get("none").status().code(), absl::StatusCode::kNotFound);
}

TEST_P(StoreTest, ListsByPrefixInTheOrderOfBytesAndInPages) {
  for (const char* key : {"b/2", "b/1", "a/9", "b/\xff", "c", "b"}) ASSERT_TRUE(Put(key, "v").ok());
  EXPECT_THAT(*store_->List("b/"),
              ElementsAre(Pair("b/1", "v"), Pair("b/2", "v"), Pair("b/\xff", "v")));
  EXPECT_THAT(*store_->List("b/", "b/1", 1), ElementsAre(Pair("b/2", "v")));
  EXPECT_THAT(*store_->List("b/", "b/\xff"), ElementsAre());
  EXPECT_EQ(store_->List("")->size(), 6u);
}

TEST_P(StoreTest, GoesThroughMoreThanAPage) {
  Transaction transaction;
  for (int i = 0; i < 600; ++i) transaction.Put("k/" + std::to_string(1000 + i), std::to_string(i));
  transaction.Put("k/1000" + std::string(1, '\0'), "next");
  transaction.Put("l", "of another prefix");
  ASSERT_TRUE(store_->Commit(std::move(transaction)).ok());
  std::vector<std::string> values;
  ASSERT_TRUE(ForEach(*store_, "k/", [&](const auto&, const std::string& value) {
                values.push_back(value);
                return absl::OkStatus();
              }).ok());
  ASSERT_EQ(values.size(), 601u);
  EXPECT_EQ(values[0], "0");
  EXPECT_EQ(values[1], "next");
  EXPECT_EQ(values[600], "599");
  EXPECT_EQ(store_->List("k/", "k/1000", 1)->at(0).second, "next");
  int calls = 0;
  const auto ends = [&](const auto&, const auto&) {
    return absl::CancelledError(std::to_string(++calls));
  };
  EXPECT_EQ(ForEach(*store_, "k/", ends).message(), "1");
}

TEST_P(StoreTest, ChangesAllOrNothing) {
  ASSERT_TRUE(Put("k", "1").ok());
  Transaction transaction;
  transaction.Put("new", "x");
  transaction.Delete("k");
  transaction.Expect("k", "2");
  EXPECT_EQ(store_->Commit(transaction).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(store_->Get("new").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(*store_->Get("k"), "1");
  transaction.conditions.clear();
  transaction.Expect("k", "1");
  transaction.Expect("other", std::nullopt);
  EXPECT_TRUE(store_->Commit(transaction).ok());
  EXPECT_EQ(*store_->Get("new"), "x");
  EXPECT_EQ(store_->Get("k").status().code(), absl::StatusCode::kNotFound);
}

TEST_P(StoreTest, AppliesLaterChangesInTheirOrder) {
  for (int i = 0; i < 100; ++i) {
    Transaction transaction;
    transaction.Put("k", std::to_string(i));
    store_->CommitLater(std::move(transaction), absl::ZeroDuration());
  }
  ASSERT_TRUE(Put("after", "").ok());
  EXPECT_EQ(*store_->Get("k"), "99");
}

TEST_P(StoreTest, AppliesWhatHasTimeWithTheNextOrWhenItsTimeIsOver) {
  const auto later = [this](const char* key, absl::Duration within) {
    Transaction transaction;
    transaction.Put(key, "1");
    store_->CommitLater(std::move(transaction), within);
  };
  const auto there = [this](const char* key) { return store_->List(key)->size() == 1; };
  later("with the next", absl::Hours(1));
  ASSERT_TRUE(Put("next", "").ok());
  EXPECT_TRUE(there("with the next"));
  later("has more time", absl::Hours(1));
  later("has less", absl::Milliseconds(1));
  const absl::Time give_up = absl::Now() + absl::Seconds(30);
  while (!there("has less") && absl::Now() < give_up) absl::SleepFor(absl::Milliseconds(1));
  EXPECT_TRUE(there("has less"));
  EXPECT_TRUE(there("has more time"));
}

TEST_P(StoreTest, CountsEveryConcurrentConditionalChange) {
  ASSERT_TRUE(Put("n", "0").ok());
  constexpr int kThreads = 4;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this] {
      for (int done = 0; done < 25;) {
        const std::string n = *store_->Get("n");
        Transaction transaction;
        transaction.Expect("n", n);
        transaction.Put("n", std::to_string(std::stoi(n) + 1));
        if (store_->Commit(std::move(transaction)).ok()) ++done;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(*store_->Get("n"), "100");
}

// The store in memory forgets.
class DurableStoreTest : public StoreTest {};

TEST_P(DurableStoreTest, KeepsWhatWasCommittedAcrossReopening) {
  ASSERT_TRUE(Put("k", "v").ok());
  Open();
  EXPECT_EQ(*store_->Get("k"), "v");
}

TEST_P(DurableStoreTest, KeepsWhatStillHadTime) {
  Transaction transaction;
  transaction.Put("k", "v");
  store_->CommitLater(std::move(transaction), absl::Hours(1));
  Open();
  EXPECT_EQ(*store_->Get("k"), "v");
}

TEST_P(DurableStoreTest, TakesOverWhatTheFirstSchemaHeld) {
  store_.reset();
  constexpr std::string_view kFirst[] = {
      "CREATE TABLE entries(key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
      "INSERT INTO entries VALUES(x'6b00ff', x'0001'), (x'61', x'')"};
  ASSERT_TRUE(sqlite::Database::Open(directory_ + "/old.db", kFirst).ok());
  store_ = *OpenSqliteStore(directory_ + "/old.db");
  EXPECT_THAT(*store_->List(""),
              ElementsAre(Pair("a", ""), Pair(std::string("k\0\xff", 3), std::string("\0\1", 2))));
  ASSERT_TRUE(Put("a", "changed").ok());
  EXPECT_EQ(*store_->Get("a"), "changed");
}

INSTANTIATE_TEST_SUITE_P(All, StoreTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "Sqlite" : "Memory"; });
INSTANTIATE_TEST_SUITE_P(Sqlite, DurableStoreTest, testing::Values(true));

}  // namespace
}  // namespace weft::store
