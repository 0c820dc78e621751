#include "core/cli/schedule_command.h"

#include <gtest/gtest.h>

namespace weft::cli {
namespace {

absl::TimeZone Berlin() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Berlin", &zone));
  return zone;
}

// 09:30 in Berlin.
const absl::Time kNow = absl::FromCivil(absl::CivilSecond(2026, 7, 1, 7, 30), absl::UTCTimeZone());

std::string Parsed(const std::string& text) {
  const absl::StatusOr<absl::Time> time = ParseMoment(text, kNow, Berlin());
  return time.ok() ? absl::FormatTime("%Y-%m-%d %H:%M:%S", *time, absl::UTCTimeZone())
                   : std::string(absl::StatusCodeToString(time.status().code()));
}

TEST(ParseMoment, TakesWhatIsRelativeToNow) {
  EXPECT_EQ(Parsed("now"), "2026-07-01 07:30:00");
  EXPECT_EQ(Parsed("90m"), "2026-07-01 09:00:00");
  EXPECT_EQ(Parsed("-2h"), "2026-07-01 05:30:00");
  EXPECT_EQ(Parsed("7d"), "2026-07-08 07:30:00");
}

TEST(ParseMoment, TakesTimesOfTheZoneUnlessTheyNameTheirOwn) {
  EXPECT_EQ(Parsed("2026-07-02"), "2026-07-01 22:00:00");
  EXPECT_EQ(Parsed("2026-07-02 07:00"), "2026-07-02 05:00:00");
  EXPECT_EQ(Parsed("2026-07-02 07:00:05"), "2026-07-02 05:00:05");
  EXPECT_EQ(Parsed("2026-01-02T07:00"), "2026-01-02 06:00:00");
  EXPECT_EQ(Parsed("2026-07-02T07:00:00Z"), "2026-07-02 07:00:00");
  EXPECT_EQ(Parsed("2026-07-02T07:00:00-03:00"), "2026-07-02 10:00:00");
}

TEST(ParseMoment, RefusesWhatIsNoTime) {
  for (const char* wrong : {"", "soon", "d", "2026-13-01", "07:00", "5 apples"})
    EXPECT_EQ(Parsed(wrong), "INVALID_ARGUMENT") << wrong;
}

TEST(RenderTimeline, TellsTimesWithTheirZone) {
  core::v1::TimelineResponse timeline;
  for (const int64_t hours : {0, 24 * 180}) {
    core::v1::TimelineResponse::Entry* entry = timeline.add_entries();
    entry->mutable_time()->set_seconds(absl::ToUnixSeconds(kNow + absl::Hours(hours)));
    entry->set_instance_name("front");
    entry->set_type("clock");
    entry->set_effect("3 replicas");
    entry->set_reason("job morning");
  }
  EXPECT_EQ(RenderTimeline(timeline, kNow, Berlin()),
            "TIME                          COMPONENT/TRAIT  EFFECT      REASON\n"
            "Wed 2026-07-01 09:30:00 CEST  front/clock      3 replicas  job morning\n"
            "Mon 2026-12-28 08:30:00 CET   front/clock      3 replicas  job morning\n");
}

TEST(RenderTimeline, SaysUntilWhenNothingIsDue) {
  EXPECT_EQ(RenderTimeline({}, kNow, absl::UTCTimeZone()),
            "nothing is due before Wed 2026-07-01 07:30:00 UTC\n");
}

}  // namespace
}  // namespace weft::cli
