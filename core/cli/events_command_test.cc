#include <gmock/gmock.h>
#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "core/cli/command_testing.h"
#include "core/cli/event_text.h"

// `weft events`, and what `weft status` says of events.
namespace weft::cli {
namespace {

using core::v1::Event;
using google::protobuf::util::TimeUtil;
using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1000000);

Event* Add(core::v1::EventsResponse& events, int64_t seconds_ago, const std::string& reason,
           const std::string& message, Event::Type type = Event::TYPE_NORMAL) {
  Event* event = events.add_events();
  *event->mutable_first() = *event->mutable_last() =
      TimeUtil::SecondsToTimestamp(absl::ToUnixSeconds(kNow) - seconds_ago);
  event->set_count(1);
  event->set_type(type);
  event->set_reason(reason);
  event->set_message(message);
  return event;
}

core::v1::EventsResponse Night() {
  core::v1::EventsResponse events;
  Add(events, 90000, "Created", "generation 1")->set_by("user/ann");
  Event* failed = Add(events, 7200, "ApplyFailed", "the runtime: away", Event::TYPE_WARNING);
  failed->set_count(41);
  *failed->mutable_first() = TimeUtil::SecondsToTimestamp(absl::ToUnixSeconds(kNow) - 8100);
  failed->set_by("runtime/local");
  Event* steered = Add(events, 1800, "Steered", "/spec/replicas is 3: fire: 1 -> 3");
  steered->mutable_object()->set_kind("Deployment");
  steered->mutable_object()->set_name("front");
  steered->set_instance("default/shop/front/cron-hpa#0");
  steered->set_by("provider/cron-hpa");
  Event* degraded = Add(events, 60, "Degraded", "PodsNotReady: 2 of 3", Event::TYPE_WARNING);
  degraded->set_instance("default/shop/front");
  Add(events, 5, "Melted", "of a newer core", Event::TYPE_UNSPECIFIED);
  return events;
}

TEST(RenderEvents, TellsTheStoryOfAnApplication) {
  EXPECT_EQ(
      RenderEvents(Night(), "shop", kNow),
      "LAST SEEN  TYPE     REASON       OBJECT            COUNT      MESSAGE\n"
      "25h        Normal   Created      application/shop  1          generation 1, by user/ann\n"
      "2h         Warning  ApplyFailed  application/shop  41 in 15m  the runtime: away\n"
      "30m        Normal   Steered      Deployment/front  1          "
      "/spec/replicas is 3: fire: 1 -> 3 (front/cron-hpa)\n"
      "60s        Warning  Degraded     front             1          PodsNotReady: 2 of 3\n"
      "5s         Warning  Melted       application/shop  1          of a newer core\n");
}

TEST(RenderEvents, SaysWhereThereAreNone) {
  EXPECT_EQ(RenderEvents({}, "shop", kNow), "nothing is known to have happened to shop\n");
}

TEST(RenderWarnings, CountsThoseOfTheLastHour) {
  EXPECT_EQ(RenderWarnings(Night(), "weft events shop", kNow),
            "2 warnings in the last hour: weft events shop\n");
  EXPECT_EQ(RenderWarnings(Night(), "weft events shop", kNow + absl::Hours(2)), "");
}

TEST_F(CommandTest, EventsShowsWhatHappened) {
  mesh_->applications.Add(MakeApplication("default", "shop", common::v1::VERDICT_HEALTHY));
  mesh_->applications.SetEvents(Night());
  EXPECT_EQ(Weft({"events", "shop"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr(" Normal   Created      application/shop  1  "));
  EXPECT_EQ(Weft({"events", "shop", "-o", "json"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("\"reason\": \"ApplyFailed\""));
  EXPECT_EQ(Weft({"events", "none"}), 1);
  EXPECT_EQ(err_, "weft: events none: there is no application none\n");
}

TEST_F(CommandTest, StatusSaysThatThereWereWarnings) {
  mesh_->applications.Add(MakeApplication("night", "shop", common::v1::VERDICT_HEALTHY));
  core::v1::EventsResponse events = Night();
  *events.mutable_events(4)->mutable_last() =
      TimeUtil::SecondsToTimestamp(absl::ToUnixSeconds(absl::Now()));
  mesh_->applications.SetEvents(events);
  EXPECT_EQ(Weft({"-n", "night", "status", "shop"}), 0) << err_;
  EXPECT_EQ(out_, "shop  HEALTHY  namespace night, generation 1\n");
  EXPECT_EQ(err_, "1 warning in the last hour: weft -n night events shop\n");
  EXPECT_EQ(Weft({"-n", "night", "status", "shop", "-o", "json"}), 0) << err_;
  EXPECT_EQ(err_, "");
}

}  // namespace
}  // namespace weft::cli
