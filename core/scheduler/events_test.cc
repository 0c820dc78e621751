#include "core/scheduler/events.h"

#include <atomic>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>

#include "absl/strings/str_cat.h"
#include "core/scheduler/testing.h"
#include "core/store/keys.h"

namespace weft::scheduler {
namespace {

using store::v1::EventRecord;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

EventRecord Refused(const std::string& message = "no") {
  return MakeEvent(events::kRefused, {.message = message});
}

// A store that counts, and that fails when it is told to.
class CountingStore final : public store::Store {
 public:
  absl::StatusOr<std::string> Get(const std::string& key) override { return memory_.Get(key); }
  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> List(const std::string& prefix,
                                                                        const std::string& after,
                                                                        int64_t limit) override {
    return memory_.List(prefix, after, limit);
  }
  absl::Status Commit(store::Transaction transaction) override {
    ++commits;
    if (broken) return absl::UnavailableError("the disk");
    return memory_.Commit(std::move(transaction));
  }
  void CommitLater(store::Transaction transaction, absl::Duration) override {
    Commit(std::move(transaction)).IgnoreError();
  }

  std::atomic<int> commits = 0;
  std::atomic<bool> broken = false;

 private:
  store::MemoryStore memory_;
};

class EventsTest : public testing::Test {
 protected:
  void SetUp() override { Create("shop"); }

  void Put(const std::string& key, const std::string& value) {
    store::Transaction transaction;
    transaction.Put(key, value);
    ASSERT_TRUE(store_.Commit(std::move(transaction)).ok());
    store_.commits = 0;
  }
  void Create(const std::string& name) { Put(store::ApplicationKey("default", name), "here"); }
  // As a pass does, with what it tells.
  void Delete(const std::string& name) {
    store::Transaction transaction;
    transaction.Delete(store::ApplicationKey("default", name));
    transaction.Put(store::DepartureKey("default", name), absl::StrCat(absl::ToUnixMillis(now_)));
    ASSERT_TRUE(store_.Commit(std::move(transaction)).ok());
    events_->Record("default/" + name, MakeEvent(events::kDeleted, {}));
  }
  // "REASON x COUNT"; {"none"}: there is nothing to say.
  std::vector<std::string> Read(const std::string& name = "shop") {
    const auto events = events_->Read("default", name);
    if (absl::IsNotFound(events.status())) return {"none"};
    EXPECT_TRUE(events.ok()) << events.status();
    std::vector<std::string> lines;
    for (const EventRecord& event : *events)
      lines.push_back(absl::StrCat(event.reason(), " x", event.count()));
    return lines;
  }

  CountingStore store_;
  absl::Time now_ = absl::FromUnixSeconds(1000000);
  std::optional<Events> events_{std::in_place, store_, [this] { return now_; }};
};

TEST_F(EventsTest, TellsAtOnceAndWritesLater) {
  EXPECT_THAT(Read(), IsEmpty());
  events_->Record("default/shop", MakeEvent(events::kCreated, {}));
  events_->Record("default/shop", Refused());
  EXPECT_THAT(Read(), ElementsAre("Created x1", "Refused x1"));
  EXPECT_EQ(store_.commits, 0);
  ASSERT_TRUE(events_->Flush().ok());
  EXPECT_THAT(Read(), ElementsAre("Created x1", "Refused x1"));
  events_->Record("default/shop", Refused());
  EXPECT_THAT(Read(), ElementsAre("Created x1", "Refused x2"));
}

TEST_F(EventsTest, WhatHappenedAtOneMomentKeepsItsOrder) {
  for (const EventReason& reason : {events::kUpdated, events::kApplyFailed, events::kCreated})
    events_->Record("default/shop", MakeEvent(reason, {}));
  ASSERT_TRUE(events_->Flush().ok());
  EXPECT_THAT(Read(), ElementsAre("Updated x1", "ApplyFailed x1", "Created x1"));
  now_ -= absl::Hours(1);  // A clock that is put back.
  events_->Record("default/shop", MakeEvent(events::kHealthy, {}));
  EXPECT_EQ(events_->Read("default", "shop")->front().last_unix_us(), absl::ToUnixMicros(now_));
}

TEST_F(EventsTest, SurvivesARestart) {
  events_->Record("default/shop", Refused());
  events_.emplace(store_, [this] { return now_; });
  EXPECT_THAT(Read(), ElementsAre("Refused x1"));
  events_->Record("default/shop", Refused());
  events_.emplace(store_, [this] { return now_; });
  EXPECT_THAT(Read(), ElementsAre("Refused x2"));
}

TEST_F(EventsTest, WritesManyInOneTransactionAndOnlyWhatChanged) {
  Create("blog");
  for (int i = 0; i < 1000; ++i) {
    events_->Record("default/shop", Refused(absl::StrCat(i)));
    events_->Record("default/blog", Refused());
  }
  ASSERT_TRUE(events_->Flush().ok());
  EXPECT_EQ(store_.commits, 1);
  EXPECT_THAT(Keys(store_, "event/default/shop/"), SizeIs(EventLog::kMostOfReason));
  EXPECT_THAT(Read("blog"), ElementsAre("Refused x1000"));
  ASSERT_TRUE(events_->Flush().ok());
  EXPECT_EQ(store_.commits, 1);
  events_->Record("default/shop", Refused("another"));
  ASSERT_TRUE(events_->Flush().ok());
  EXPECT_THAT(Keys(store_, "event/default/shop/"), SizeIs(EventLog::kMostOfReason));
}

TEST_F(EventsTest, AWriteThatFailsIsTriedAgain) {
  store_.broken = true;
  events_->Record("default/shop", Refused());
  EXPECT_FALSE(events_->Flush().ok());
  events_->Record("default/shop", Refused());
  EXPECT_THAT(Read(), ElementsAre("Refused x2"));
  store_.broken = false;
  ASSERT_TRUE(events_->Flush().ok());
  EXPECT_THAT(Read(), ElementsAre("Refused x2"));
}

TEST_F(EventsTest, WritesByItselfAndSeldom) {
  events_->Start();
  const absl::Time begun = absl::Now();
  int recorded = 0;
  ASSERT_TRUE(Await([&] {  // Every millisecond, as nothing in a back-off loop would.
    events_->Record("default/shop", Refused());
    ++recorded;
    return store_.commits >= 2;
  }));
  EXPECT_GE(absl::Now() - begun, Events::kWriteEvery);
  EXPECT_GT(recorded, 100);
}

TEST_F(EventsTest, ReplacesWhatCannotBeRead) {
  Put(store::EventKey("default", "shop", "bad"), "\xff");
  EXPECT_THAT(Read(), IsEmpty());
  events_->Record("default/shop", Refused());
  ASSERT_TRUE(events_->Flush().ok());
  EXPECT_THAT(Keys(store_, "event/"), SizeIs(1));
}

TEST_F(EventsTest, KeepsNothingOfWhatNeverWas) {
  EXPECT_THAT(Read("none"), ElementsAre("none"));
  events_->Record("default/none", Refused());
  ASSERT_TRUE(events_->Flush().ok());
  EXPECT_THAT(Read("none"), ElementsAre("none"));
  EXPECT_THAT(Keys(store_, "event/"), IsEmpty());
}

TEST_F(EventsTest, KeepsWhatHappenedToAnApplicationThatIsGoneForADay) {
  events_->Record("default/shop", Refused());
  Delete("shop");
  ASSERT_TRUE(events_->Flush().ok());
  EXPECT_THAT(Read(), ElementsAre("Refused x1", "Deleted x1"));
  now_ += absl::Hours(23);
  ASSERT_TRUE(events_->Flush().ok());
  EXPECT_THAT(Read(), ElementsAre("Refused x1", "Deleted x1"));
  now_ += absl::Hours(2);
  ASSERT_TRUE(events_->Flush().ok());
  EXPECT_THAT(Read(), ElementsAre("none"));
  events_->Record("default/shop", Refused());  // Late.
  ASSERT_TRUE(events_->Flush().ok());
  EXPECT_THAT(Keys(store_), IsEmpty());
}

TEST_F(EventsTest, KeepsThoseOfTheLastApplicationsThatWent) {
  for (int i = 0; i < 300; ++i) {
    const std::string name = absl::StrCat("app-", i);
    Create(name);
    now_ += absl::Seconds(1);
    Delete(name);
  }
  ASSERT_TRUE(events_->Flush().ok());
  EXPECT_THAT(Keys(store_, store::kDepartures), SizeIs(Events::kDepartedKept));
  EXPECT_THAT(Keys(store_, "event/"), SizeIs(Events::kDepartedKept));
  EXPECT_THAT(Read("app-199"), ElementsAre("none"));
  EXPECT_THAT(Read("app-299"), ElementsAre("Deleted x1"));
}

TEST_F(EventsTest, AnApplicationThatCameBackKeepsWhatHappenedBefore) {
  Delete("shop");
  ASSERT_TRUE(events_->Flush().ok());
  store::Transaction back;
  back.Put(store::ApplicationKey("default", "shop"), "here");
  back.Delete(store::DepartureKey("default", "shop"));
  ASSERT_TRUE(store_.Commit(std::move(back)).ok());
  now_ += absl::Hours(48);
  ASSERT_TRUE(events_->Flush().ok());
  EXPECT_THAT(Read(), ElementsAre("Deleted x1"));
}

}  // namespace
}  // namespace weft::scheduler
