#include "core/scheduler/event_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "core/scheduler/testing.h"

namespace weft::scheduler {
namespace {

using store::v1::EventRecord;
using testing::EndsWith;
using testing::SizeIs;

EventRecord At(int64_t unix_us, EventRecord event) {
  event.set_first_unix_us(unix_us);
  event.set_last_unix_us(unix_us);
  return event;
}

EventRecord Refused(const std::string& object, const std::string& message = "no") {
  return MakeEvent(events::kRefused, {.object = Ref("Deployment", object), .message = message});
}

TEST(EventLog, WhatHappensAgainIsTheSameEvent) {
  EventLog log;
  log.Add(At(10, Refused("front")));
  EventRecord again = At(30, Refused("front"));
  again.set_by("runtime/other");
  log.Add(again);
  log.Add(At(20, Refused("front")));
  const std::vector<EventRecord> events = log.InOrder();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].count(), 3);
  EXPECT_EQ(events[0].first_unix_us(), 10);
  EXPECT_EQ(events[0].last_unix_us(), 30);
  EXPECT_EQ(events[0].by(), "runtime/other");
}

TEST(EventLog, AnotherReasonObjectInstanceOrMessageIsAnotherEvent) {
  EventLog log;
  log.Add(At(1, Refused("front")));
  log.Add(At(2, Refused("back")));
  log.Add(At(3, Refused("front", "never")));
  log.Add(At(4, MakeEvent(events::kHealthy, {.instance = "default/shop/front"})));
  log.Add(At(5, MakeEvent(events::kHealthy, {.instance = "default/shop/back"})));
  log.Add(At(6, MakeEvent(events::kHealthy, {})));
  EXPECT_THAT(log.InOrder(), SizeIs(6));
}

TEST(EventLog, MergesWhatHappenedSince) {
  EventLog log, since;
  log.Add(At(1, Refused("front")));
  since.Add(At(2, Refused("front")));
  since.Add(At(3, Refused("front")));
  since.Add(At(4, Refused("back")));
  log.Merge(since);
  const std::vector<EventRecord> events = log.InOrder();
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0].count(), 3);
  EXPECT_EQ(events[1].object().name(), "back");
}

TEST(EventLog, KeepsWhatHappenedLastAndSomeOfEveryReason) {
  EventLog log;
  log.Add(At(1, MakeEvent(events::kCreated, {})));
  for (int i = 0; i < 1000; ++i) log.Add(At(10 + i, Refused("front", absl::StrCat(i))));
  const std::vector<EventRecord> events = log.InOrder();
  ASSERT_THAT(events, SizeIs(1 + EventLog::kMostOfReason));
  EXPECT_EQ(events.front().reason(), "Created");
  EXPECT_EQ(events.back().message(), "999");
  for (const EventReason& reason : {events::kUpdated, events::kDegraded, events::kHealthy,
                                    events::kProgressing, events::kSteered})
    for (int i = 0; i < 1000; ++i)
      log.Add(At(2000 + i, MakeEvent(reason, {.message = absl::StrCat(i)})));
  EXPECT_THAT(log.InOrder(), SizeIs(EventLog::kMost));
  EXPECT_NE(log.InOrder().front().reason(), "Created");
}

TEST(MakeEvent, MakesMessagesReadable) {
  EXPECT_EQ(MakeEvent(events::kFailed, {.message = "a\nb\tc"}).message(), "a b c");
  EXPECT_EQ(MakeEvent(events::kFailed, {.message = "no \xff utf-8"}).message(), "no ? utf-8");
  std::string umlauts;
  for (int i = 0; i < 2000; ++i) umlauts += "\u00fc";
  const std::string cut = MakeEvent(events::kFailed, {.message = umlauts}).message();
  EXPECT_LE(cut.size(), 1024u);
  EXPECT_GE(cut.size(), 1020u);
  EXPECT_THAT(cut, EndsWith("\u00fc..."));
}

TEST(MakeEvent, TellsUsersWhatTheStoreKeeps) {
  EventRecord record =
      At(1500000, MakeEvent(events::kSteered, {.object = Ref("Deployment", "front"),
                                               .instance = "default/shop/front/clock#0",
                                               .by = "provider/cron",
                                               .message = "/spec/replicas is 3"}));
  record.set_last_unix_us(2000001);
  const core::v1::Event event = ToProto(record);
  EXPECT_EQ(event.first().seconds(), 1);
  EXPECT_EQ(event.first().nanos(), 500000000);
  EXPECT_EQ(event.last().nanos(), 1000);
  EXPECT_EQ(event.count(), 1);
  EXPECT_EQ(event.type(), core::v1::Event::TYPE_NORMAL);
  EXPECT_EQ(event.reason(), "Steered");
  EXPECT_EQ(event.object().name(), "front");
  EXPECT_EQ(event.instance(), "default/shop/front/clock#0");
  EXPECT_EQ(event.by(), "provider/cron");
  EXPECT_EQ(event.message(), "/spec/replicas is 3");
  EXPECT_EQ(ToProto(Refused("front")).type(), core::v1::Event::TYPE_WARNING);
}

}  // namespace
}  // namespace weft::scheduler
