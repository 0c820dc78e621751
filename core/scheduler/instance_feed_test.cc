#include "core/scheduler/instance_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/scheduler/instances_testing.h"

namespace weft::scheduler {
namespace {

using core::v1::WatchInstancesResponse;
using testing::ElementsAre;
using testing::IsEmpty;

class InstanceFeedTest : public testing::Test {
 protected:
  // The next message: "+KEY" of what changed, "-KEY" of what is gone, "synced".
  std::vector<std::string> Next() {
    page_.Clear();
    const absl::Status status = feed_.Next(page_);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_LE(page_.ByteSizeLong(), InstanceFeed::kPageBytes);
    std::vector<std::string> brief;
    for (const auto& live : page_.changed()) brief.push_back("+" + live.instance().key());
    for (const std::string& key : page_.gone()) brief.push_back("-" + key);
    if (page_.has_synced()) brief.emplace_back("synced");
    return brief;
  }
  void Put(const std::string& name, const std::string& properties = "{}") {
    StoreLiveApplication(store_, MakeLiveApplication(name, properties));
    feed_.Changed("default/" + name);
  }
  void Remove(const std::string& name) {
    store::Transaction transaction;
    transaction.Delete(store::ApplicationKey("default", name));
    ASSERT_TRUE(store_.Commit(std::move(transaction)).ok());
    feed_.Changed("default/" + name);
  }

  HookedStore store_;
  Observed::View observed_;
  WatchInstancesResponse page_;
  InstanceFeed feed_{{.store = &store_,
                      .observed = [this](const auto&) { return observed_; },
                      .platform = [](const std::string& runtime) { return "like " + runtime; }},
                     {"cron"}};
};

TEST_F(InstanceFeedTest, TellsEverythingThenThatThisWasAll) {
  Put("blog");
  Put("shop");
  EXPECT_THAT(Next(),
              ElementsAre("+default/blog/front/cron#0", "+default/shop/front/cron#0", "synced"));
  EXPECT_EQ(page_.changed(0).target().runtime(), "local");
  EXPECT_EQ(page_.changed(0).target().platform(), "like local");
  EXPECT_THAT(Next(), IsEmpty());
}

TEST_F(InstanceFeedTest, SaysThatNothingWasAll) {
  EXPECT_THAT(Next(), ElementsAre("synced"));
  EXPECT_THAT(Next(), IsEmpty());
}

TEST_F(InstanceFeedTest, ListsMoreApplicationsThanItReadsAtOnce) {
  for (int i = 0; i < 600; ++i) StoreLiveApplication(store_, MakeLiveApplication(absl::StrCat(i)));
  EXPECT_EQ(Next().size(), 601U);
}

TEST_F(InstanceFeedTest, CutsWhatIsLargerThanAPageBetweenInstances) {
  const std::string large = "\"" + std::string(400 * 1024, 'x') + "\"";
  for (const char* name : {"a", "b", "c"}) Put(name, large);
  EXPECT_THAT(Next(), ElementsAre("+default/a/front/cron#0", "+default/b/front/cron#0"));
  EXPECT_THAT(Next(), ElementsAre("+default/c/front/cron#0", "synced"));
}

TEST_F(InstanceFeedTest, FillsAPageWithManySmallOnesUpToItsLimit) {
  const std::string properties = "\"" + std::string(999, 'x') + "\"";
  for (int i = 0; i < 1100; ++i) Put(absl::StrCat(i), properties);
  size_t told = 0;
  for (int pages = 1;; ++pages) {
    const std::vector<std::string> page = Next();
    told += page.size();
    if (page.back() != "synced") continue;
    EXPECT_EQ(pages, 2);
    break;
  }
  EXPECT_EQ(told, 1101U);
}

TEST_F(InstanceFeedTest, TellsTheLatestOfWhatChangedManyTimesOnce) {
  Put("shop");
  Next();
  for (int i = 1; i <= 100; ++i) Put("shop", std::to_string(i));
  EXPECT_THAT(Next(), ElementsAre("+default/shop/front/cron#0"));
  EXPECT_EQ(page_.changed(0).instance().properties(), "100");
  EXPECT_THAT(Next(), IsEmpty());
}

TEST_F(InstanceFeedTest, TellsNothingOfAChangeThatDoesNotShow) {
  Put("shop");
  Next();
  EXPECT_TRUE(feed_.Changed("default/shop"));
  EXPECT_FALSE(feed_.Changed("default/shop"));
  EXPECT_THAT(Next(), IsEmpty());
}

TEST_F(InstanceFeedTest, TellsThatAnInstanceIsGoneOnceAndOnlyIfItWasTold) {
  Put("shop");
  Next();
  Remove("shop");
  Remove("never");
  EXPECT_THAT(Next(), ElementsAre(absl::StrCat("-", kCron)));
  Remove("shop");
  EXPECT_THAT(Next(), IsEmpty());
  Put("shop");
  EXPECT_THAT(Next(), ElementsAre(absl::StrCat("+", kCron)));
}

TEST_F(InstanceFeedTest, ATraitThatIsRemovedIsGone) {
  Put("shop");
  Next();
  store::v1::ApplicationRecord record = MakeLiveApplication();
  record.mutable_instances(0)->clear_traits();
  PutRecord(store_, store::ApplicationKey("default", "shop"), record);
  feed_.Changed("default/shop");
  EXPECT_THAT(Next(), ElementsAre(absl::StrCat("-", kCron)));
}

TEST_F(InstanceFeedTest, WhatComesWhileEverythingIsToldIsNotForgotten) {
  const std::string large = "\"" + std::string(700 * 1024, 'x') + "\"";
  Put("a", large);
  Put("b", large);
  EXPECT_THAT(Next(), ElementsAre("+default/a/front/cron#0"));
  Put("a", "1");
  Put("c");
  std::vector<std::string> rest = Next();
  EXPECT_THAT(rest, ElementsAre("+default/b/front/cron#0", "+default/a/front/cron#0",
                                "+default/c/front/cron#0", "synced"));
}

TEST_F(InstanceFeedTest, ReadsLittleOfAnApplicationThatHasNoneOfItsTypes) {
  Put("shop");
  store::v1::ApplicationRecord record = MakeLiveApplication();
  record.mutable_instances(0)->clear_traits();
  PutRecord(store_, store::ApplicationKey("default", "shop"), record);
  std::vector<std::string> lists;
  store_.OnList([&](const std::string& prefix) { lists.push_back(prefix); });
  Next();
  EXPECT_THAT(lists, ElementsAre("application/"));
}

}  // namespace
}  // namespace weft::scheduler
