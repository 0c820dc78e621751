#include "core/mesh/answer_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "core/store/keys.h"
#include "core/store/memory_store.h"

namespace weft::mesh {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::Le;

constexpr absl::Duration kDay = absl::Hours(24);

class AnswerCacheTest : public testing::Test {
 protected:
  void Keep(AnswerCache& cache, const std::string& name, absl::Time at) {
    provider::v1::RenderResponse response;
    response.set_reason(std::string(1000, 'x'));
    cache.Keep(store::AnswerKey(name), response, at);
  }
  std::vector<std::pair<std::string, std::string>> All() {
    return *store_.List(store::AnswerKey(""), "", 0);
  }
  // The names of what is there.
  std::string Names() {
    std::string names;
    for (const auto& [key, value] : All())
      absl::StrAppend(&names, key.substr(store::AnswerKey("").size()));
    return names;
  }

  const absl::Time now_ = absl::Now();
  store::MemoryStore store_;
};

TEST_F(AnswerCacheTest, KeepsAnswersForAMonthAfterTheirLastUse) {
  AnswerCache cache(store_);
  for (const char* name : {"a", "b", "c"}) Keep(cache, name, now_);
  EXPECT_TRUE(cache.Find(store::AnswerKey("b"), now_ + 20 * kDay).has_value());
  EXPECT_TRUE(cache.Find(store::AnswerKey("c"), now_ + kDay / 2).has_value());
  ASSERT_TRUE(cache.Trim(now_ + 29 * kDay).ok());
  EXPECT_EQ(Names(), "abc");
  ASSERT_TRUE(cache.Trim(now_ + 31 * kDay).ok());
  EXPECT_EQ(Names(), "b");
  EXPECT_FALSE(cache.Find(store::AnswerKey("a"), now_).has_value());
  ASSERT_TRUE(cache.Trim(now_ + 51 * kDay).ok());
  EXPECT_EQ(Names(), "");
}

TEST_F(AnswerCacheTest, OfTheLastUsedAsManyAsHaveRoom) {
  AnswerCache cache(store_, 4500);
  for (int i = 0; i < 4; ++i) Keep(cache, absl::StrCat(i), now_ + absl::Seconds((i + 2) % 4));
  ASSERT_TRUE(cache.Trim(now_).ok());
  EXPECT_EQ(Names(), "0123");  // They have.
  Keep(cache, "4", now_ + absl::Seconds(1.5));
  ASSERT_TRUE(cache.Trim(now_).ok());
  EXPECT_EQ(Names(), "014");  // Room is made for more than one: of the last used three are kept.
}

TEST_F(AnswerCacheTest, DropsWhatCannotBeRead) {
  store::Transaction transaction;
  transaction.Put(store::AnswerKey("a"), "\x80");
  ASSERT_TRUE(store_.Commit(std::move(transaction)).ok());
  AnswerCache cache(store_);
  EXPECT_FALSE(cache.Find(store::AnswerKey("a")).has_value());
  ASSERT_TRUE(cache.Trim(now_).ok());
  EXPECT_EQ(Names(), "");
}

// More than one transaction's worth goes, and the thread is woken by what is kept.
TEST_F(AnswerCacheTest, MakesRoomByItself) {
  constexpr int64_t kLimit = 500'000;
  AnswerCache cache(store_, kLimit);
  cache.Start();
  for (int i = 0; i < 1200; ++i) Keep(cache, absl::StrCat("x", i), now_ + absl::Milliseconds(i));
  const absl::Time give_up = absl::Now() + absl::Seconds(30);
  const auto bytes = [this] {
    int64_t sum = 0;
    for (const auto& [key, value] : All()) sum += static_cast<int64_t>(key.size() + value.size());
    return sum;
  };
  while (bytes() > kLimit && absl::Now() < give_up) absl::SleepFor(absl::Milliseconds(5));
  EXPECT_THAT(bytes(), AllOf(Ge(kLimit / 2), Le(kLimit)));
  EXPECT_TRUE(cache.Find(store::AnswerKey("x1199")).has_value());
  EXPECT_FALSE(cache.Find(store::AnswerKey("x0")).has_value());
}

// Counts what it is asked for.
class AskedStore final : public store::Store {
 public:
  explicit AskedStore(store::Store& inner) : inner_(inner) {}
  absl::StatusOr<std::string> Get(const std::string& key) override {
    ++asked;
    return inner_.Get(key);
  }
  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> List(const std::string& prefix,
                                                                        const std::string& after,
                                                                        int64_t limit) override {
    return inner_.List(prefix, after, limit);
  }
  absl::Status Commit(store::Transaction transaction) override {
    return inner_.Commit(std::move(transaction));
  }
  void CommitLater(store::Transaction transaction, absl::Duration within) override {
    inner_.CommitLater(std::move(transaction), within);
  }

  int asked = 0;

 private:
  store::Store& inner_;
};

TEST_F(AnswerCacheTest, AsksTheStoreOnlyForWhatItMayHave) {
  AskedStore store(store_);
  const auto finds = [](AnswerCache& cache, const char* name) {
    return cache.Find(store::AnswerKey(name)).has_value();
  };
  {
    AnswerCache cache(store);
    EXPECT_FALSE(finds(cache, "a"));
    Keep(cache, "a", now_);
    EXPECT_TRUE(finds(cache, "a"));
    EXPECT_EQ(store.asked, 0) << "there was nothing, and what came is in memory";
  }
  AnswerCache cache(store);  // What there is is not known yet.
  EXPECT_FALSE(finds(cache, "b"));
  EXPECT_EQ(store.asked, 1);
  ASSERT_TRUE(cache.Trim(now_).ok());
  EXPECT_FALSE(finds(cache, "b"));
  EXPECT_EQ(store.asked, 1);
  EXPECT_TRUE(finds(cache, "a"));
  EXPECT_EQ(store.asked, 2);
  Keep(cache, "b", now_ - 40 * kDay);
  ASSERT_TRUE(cache.Trim(now_).ok());
  store.asked = 0;
  EXPECT_FALSE(finds(cache, "b"));
  EXPECT_EQ(store.asked, 0);
}

}  // namespace
}  // namespace weft::mesh
