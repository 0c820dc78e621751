#include "core/base/cron_schedule.h"

#include <algorithm>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

absl::TimeZone Zone(const std::string& name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

CronSchedule Parse(const std::string& text) {
  const auto schedule = CronSchedule::Parse(text);
  EXPECT_TRUE(schedule.ok()) << text << ": " << schedule.status();
  return schedule.value_or(CronSchedule());
}

std::string Error(const std::string& text) {
  const auto schedule = CronSchedule::Parse(text);
  return schedule.ok() ? "none" : std::string(schedule.status().message());
}

// The first `count` fires after a local time, as local times with their offset.
std::vector<std::string> NextOf(const std::string& text, absl::CivilSecond after, size_t count,
                                const std::string& zone_name = "UTC",
                                const std::vector<std::string>& excluded = {}) {
  const absl::TimeZone zone = Zone(zone_name);
  std::vector<CronSchedule> days;
  days.reserve(excluded.size());
  for (const std::string& pattern : excluded) days.push_back(Parse(pattern));
  std::vector<std::string> fires;
  absl::Time time = absl::FromCivil(after, zone);
  while (fires.size() < count) {
    const auto next = Parse(text).Next(time, zone, days);
    if (!next.has_value()) break;
    fires.push_back(absl::FormatTime("%Y-%m-%d %H:%M:%S %Ez", *next, zone));
    time = *next;
  }
  return fires;
}

TEST(CronSchedule, FiresAtEveryTimeThatItsFieldsMatch) {
  const absl::CivilSecond begin(2026, 1, 1);
  EXPECT_THAT(NextOf("*/20 * * * * *", begin, 3),
              ElementsAre("2026-01-01 00:00:20 +00:00", "2026-01-01 00:00:40 +00:00",
                          "2026-01-01 00:01:00 +00:00"));
  EXPECT_THAT(NextOf("30 5,10-11 8-18/5 * * *", begin, 4),
              ElementsAre("2026-01-01 08:05:30 +00:00", "2026-01-01 08:10:30 +00:00",
                          "2026-01-01 08:11:30 +00:00", "2026-01-01 13:05:30 +00:00"));
  EXPECT_THAT(NextOf("0 0 20/2 * * *", begin, 3),
              ElementsAre("2026-01-01 20:00:00 +00:00", "2026-01-01 22:00:00 +00:00",
                          "2026-01-02 20:00:00 +00:00"));
  EXPECT_THAT(NextOf("0 0 0 31 * *", begin, 3),
              ElementsAre("2026-01-31 00:00:00 +00:00", "2026-03-31 00:00:00 +00:00",
                          "2026-05-31 00:00:00 +00:00"));
}

TEST(CronSchedule, TakesNamesOfMonthsAndDaysInAnyCase) {
  EXPECT_THAT(NextOf("0 0 9 ? Feb-MAR Mon", absl::CivilSecond(2026, 2, 20), 3),
              ElementsAre("2026-02-23 09:00:00 +00:00", "2026-03-02 09:00:00 +00:00",
                          "2026-03-09 09:00:00 +00:00"));
}

TEST(CronSchedule, SundayIsNoughtAndSeven) {
  const absl::CivilSecond begin(2026, 11, 24);  // A Tuesday.
  for (const char* sunday : {"0 0 0 * * 0", "0 0 0 * * 7", "0 0 0 * * sun", "0 0 0 ? * 7"})
    EXPECT_THAT(NextOf(sunday, begin, 1), ElementsAre("2026-11-29 00:00:00 +00:00")) << sunday;
  EXPECT_THAT(NextOf("0 0 0 * * 5-7", begin, 4),
              ElementsAre("2026-11-27 00:00:00 +00:00", "2026-11-28 00:00:00 +00:00",
                          "2026-11-29 00:00:00 +00:00", "2026-12-04 00:00:00 +00:00"));
}

TEST(CronSchedule, OfTwoRestrictedDayFieldsEitherIsEnough) {
  // The 13th, and every Friday.
  EXPECT_THAT(NextOf("0 0 0 13 * fri", absl::CivilSecond(2026, 10, 8), 4),
              ElementsAre("2026-10-09 00:00:00 +00:00", "2026-10-13 00:00:00 +00:00",
                          "2026-10-16 00:00:00 +00:00", "2026-10-23 00:00:00 +00:00"));
  EXPECT_THAT(NextOf("0 0 0 13 * ?", absl::CivilSecond(2026, 10, 8), 2),
              ElementsAre("2026-10-13 00:00:00 +00:00", "2026-11-13 00:00:00 +00:00"));
  EXPECT_THAT(NextOf("0 0 0 */1 * fri", absl::CivilSecond(2026, 10, 8), 2),
              ElementsAre("2026-10-09 00:00:00 +00:00", "2026-10-16 00:00:00 +00:00"));
}

TEST(CronSchedule, FiresOnLeapDaysInLeapYearsOnly) {
  EXPECT_THAT(NextOf("0 0 12 29 2 *", absl::CivilSecond(2023, 1, 1), 2),
              ElementsAre("2024-02-29 12:00:00 +00:00", "2028-02-29 12:00:00 +00:00"));
  // 2100 is no leap year: the next is 8 years later.
  EXPECT_THAT(NextOf("0 0 12 29 2 *", absl::CivilSecond(2096, 3, 1), 1),
              ElementsAre("2104-02-29 12:00:00 +00:00"));
}

TEST(CronSchedule, NeverFiresOnDaysThatDoNotExist) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const absl::Time now = absl::FromCivil(absl::CivilSecond(2026, 1, 1), utc);
  EXPECT_FALSE(Parse("0 0 0 30 2 *").Next(now, utc).has_value());
  EXPECT_FALSE(Parse("0 0 0 30 2 *").Previous(now, utc).has_value());
}

TEST(CronSchedule, MacrosStandForWhatCrontabSays) {
  const absl::CivilSecond begin(2026, 11, 24, 10, 30);
  EXPECT_THAT(NextOf("@hourly", begin, 1), ElementsAre("2026-11-24 11:00:00 +00:00"));
  EXPECT_THAT(NextOf("@daily", begin, 1), ElementsAre("2026-11-25 00:00:00 +00:00"));
  EXPECT_THAT(NextOf("@midnight", begin, 1), ElementsAre("2026-11-25 00:00:00 +00:00"));
  EXPECT_THAT(NextOf("@weekly", begin, 1), ElementsAre("2026-11-29 00:00:00 +00:00"));
  EXPECT_THAT(NextOf(" @Monthly ", begin, 1), ElementsAre("2026-12-01 00:00:00 +00:00"));
  EXPECT_THAT(NextOf("@yearly", begin, 1), ElementsAre("2027-01-01 00:00:00 +00:00"));
  EXPECT_THAT(NextOf("@annually", begin, 1), ElementsAre("2027-01-01 00:00:00 +00:00"));
}

TEST(CronSchedule, ATimeThatIsSkippedFiresOnceWhenTheGapEnds) {
  EXPECT_THAT(NextOf("0 30 2 * * *", absl::CivilSecond(2026, 3, 28, 3), 2, "Europe/Berlin"),
              ElementsAre("2026-03-29 03:00:00 +02:00", "2026-03-30 02:30:00 +02:00"));
  EXPECT_THAT(NextOf("0 */20 * * * *", absl::CivilSecond(2026, 3, 29, 1, 30), 3, "Europe/Berlin"),
              ElementsAre("2026-03-29 01:40:00 +01:00", "2026-03-29 03:00:00 +02:00",
                          "2026-03-29 03:20:00 +02:00"));
}

TEST(CronSchedule, ATimeThatComesTwiceFiresTheFirstTimeOnly) {
  EXPECT_THAT(NextOf("0 30 2 * * *", absl::CivilSecond(2026, 10, 24, 3), 2, "Europe/Berlin"),
              ElementsAre("2026-10-25 02:30:00 +02:00", "2026-10-26 02:30:00 +01:00"));
}

TEST(CronSchedule, ADayThatAZoneSkipsFiresAtTheBeginningOfTheNext) {
  // Samoa had no 30th December 2011.
  EXPECT_THAT(NextOf("0 0 12 * * *", absl::CivilSecond(2011, 12, 29, 12), 2, "Pacific/Apia"),
              ElementsAre("2011-12-31 00:00:00 +14:00", "2011-12-31 12:00:00 +14:00"));
}

TEST(CronSchedule, ExcludedDaysAreDaysOfItsZone) {
  // Half past midnight of the 15th in Berlin is still the 14th in UTC.
  EXPECT_THAT(NextOf("0 30 0 * * *", absl::CivilSecond(2026, 11, 13, 12), 2, "Europe/Berlin",
                     {"* * * 15 11 *"}),
              ElementsAre("2026-11-14 00:30:00 +01:00", "2026-11-16 00:30:00 +01:00"));
  EXPECT_THAT(NextOf("0 0 8 * * *", absl::CivilSecond(2026, 11, 26, 12), 2, "UTC",
                     {"* * * ? * sat,sun", "0 0 0 27 * *"}),
              ElementsAre("2026-11-30 08:00:00 +00:00", "2026-12-01 08:00:00 +00:00"));
}

// What happens when, by looking at every second: local times that come for the first time, those
// that a gap skips at its end.
using Matches = std::function<bool(absl::CivilSecond)>;

std::vector<absl::Time> FiresByHand(const Matches& matches, absl::Time from, absl::Time to,
                                    const absl::TimeZone& zone) {
  std::vector<absl::Time> fires;
  absl::CivilSecond latest = zone.At(from).cs;
  for (absl::Time time = from + absl::Seconds(1); time <= to; time += absl::Seconds(1)) {
    const absl::CivilSecond local = zone.At(time).cs;
    bool fire = false;
    while (latest < local) fire = matches(++latest) || fire;
    if (fire) fires.push_back(time);
  }
  return fires;
}

struct Case {
  const char* schedule;
  Matches matches;
};

const Case kCases[] = {
    {"0 */20 * * * *", [](auto t) { return t.second() == 0 && t.minute() % 20 == 0; }},
    {"0 30 2 * * *", [](auto t) { return t.hour() == 2 && t.minute() == 30 && t.second() == 0; }},
    {"15,45 59 0-3 * * *",
     [](auto t) { return t.second() % 30 == 15 && t.minute() == 59 && t.hour() <= 3; }},
    {"@daily", [](auto t) { return t.hour() == 0 && t.minute() == 0 && t.second() == 0; }},
    {"7 * 1-2,23 * * *",
     [](auto t) { return t.second() == 7 && (t.hour() == 1 || t.hour() == 2 || t.hour() == 23); }},
};

// Two days from noon on, over a change of clocks.
struct Change {
  const char* zone;
  absl::CivilDay day;
};

class OverAChangeOfClocks : public testing::TestWithParam<Change> {
 protected:
  const absl::TimeZone zone_ = Zone(GetParam().zone);
  const absl::Time from_ =
      absl::FromCivil(absl::CivilSecond(GetParam().day - 1) + 12 * 3600, zone_);
  const absl::Time to_ = from_ + absl::Hours(48);
};

TEST_P(OverAChangeOfClocks, FiresWhenALocalTimeComesForTheFirstTime) {
  for (const Case& each : kCases) {
    const CronSchedule schedule = Parse(each.schedule);
    std::vector<absl::Time> fires;
    for (auto next = schedule.Next(from_, zone_); next.has_value() && *next <= to_;
         next = schedule.Next(*next, zone_))
      fires.push_back(*next);
    EXPECT_EQ(fires, FiresByHand(each.matches, from_, to_, zone_)) << each.schedule;
  }
}

TEST_P(OverAChangeOfClocks, TheSameFiresAreFoundBackwards) {
  for (const Case& each : kCases) {
    const CronSchedule schedule = Parse(each.schedule);
    const std::vector<absl::Time> fires = FiresByHand(each.matches, from_, to_, zone_);
    ASSERT_FALSE(fires.empty());
    for (absl::Time at = fires[0]; at <= to_; at += absl::Seconds(61)) {
      const absl::Time last = *(std::upper_bound(fires.begin(), fires.end(), at) - 1);
      EXPECT_EQ(schedule.Previous(at, zone_), last) << each.schedule << " at " << at;
    }
    for (size_t i = 1; i < fires.size(); ++i) {
      EXPECT_EQ(schedule.Previous(fires[i], zone_), fires[i]);
      EXPECT_EQ(schedule.Previous(fires[i] - absl::Nanoseconds(1), zone_), fires[i - 1]);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, OverAChangeOfClocks,
                         testing::Values(Change{"UTC", absl::CivilDay(2026, 12, 31)},
                                         Change{"Europe/Berlin", absl::CivilDay(2026, 3, 29)},
                                         Change{"Europe/Berlin", absl::CivilDay(2026, 10, 25)},
                                         Change{"America/New_York", absl::CivilDay(2026, 3, 8)},
                                         Change{"America/New_York", absl::CivilDay(2026, 11, 1)},
                                         // By half an hour.
                                         Change{"Australia/Lord_Howe", absl::CivilDay(2026, 10, 4)},
                                         Change{"Australia/Lord_Howe", absl::CivilDay(2026, 4, 5)},
                                         // At midnight.
                                         Change{"America/Sao_Paulo", absl::CivilDay(2018, 11, 4)},
                                         Change{"America/Sao_Paulo", absl::CivilDay(2018, 2, 18)},
                                         // By a day.
                                         Change{"Pacific/Apia", absl::CivilDay(2011, 12, 30)}));

TEST(CronSchedule, SaysWhichFieldIsWrongAndWhy) {
  EXPECT_EQ(Error("60 * * * * *"), "the second '60' is not in 0-59");
  EXPECT_EQ(Error("0 -1 * * * *"), "the minute '' is not in 0-59");
  EXPECT_EQ(Error("0 0 24 * * *"), "the hour '24' is not in 0-23");
  EXPECT_EQ(Error("0 0 0 0 * *"), "the day of month '0' is not in 1-31");
  EXPECT_EQ(Error("0 0 0 * foo *"), "the month 'foo' is not in 1-12 nor a name of three letters");
  EXPECT_EQ(Error("0 0 0 * * 8"), "the day of week '8' is not in 0-7 nor a name of three letters");
  EXPECT_EQ(Error("0 0 18-8 * * *"), "the hour '18-8' ends before it begins");
  EXPECT_EQ(Error("0 */0 * * * *"), "the minute '/0' is not a step of 1 to 59");
  EXPECT_EQ(Error("0 1,,2 * * * *"), "the minute '' is not in 0-59");
  EXPECT_EQ(Error("? * * * * *"), "the second '?' is not in 0-59");
  EXPECT_EQ(Error("0 0 99999999999 * * *"), "the hour '99999999999' is not in 0-23");
  EXPECT_EQ(Error(""), "a schedule has 6 fields, this one has 0");
  EXPECT_EQ(Error("@reboot"), "'@reboot' is not supported");
}

TEST(CronSchedule, WithoutSecondsItFiresAsAMinuteBegins) {
  const auto fires = [](const std::string& text) {
    const auto schedule = CronSchedule::ParseMinutes(text);
    EXPECT_TRUE(schedule.ok()) << text << ": " << schedule.status();
    const auto next = schedule->Next(
        absl::FromCivil(absl::CivilSecond(2026, 1, 1, 8, 29, 59), absl::UTCTimeZone()),
        absl::UTCTimeZone());
    return absl::FormatTime("%F %T", next.value_or(absl::InfinitePast()), absl::UTCTimeZone());
  };
  EXPECT_EQ(fires("30 8 * * *"), "2026-01-01 08:30:00");
  EXPECT_EQ(fires("*/7 * * * *"), "2026-01-01 08:35:00");
  EXPECT_EQ(fires("@daily"), "2026-01-02 00:00:00");
  EXPECT_EQ(CronSchedule::ParseMinutes("0 30 8 * * *").status().message(),
            "a schedule has 5 fields, this one has 6");
}

TEST(CronSchedule, FindsZonesByTheirNamesAlone) {
  EXPECT_TRUE(FindTimeZone("Europe/Berlin").has_value());
  EXPECT_TRUE(FindTimeZone("UTC").has_value());
  for (const char* name : {"", "Nowhere", "localtime", "/etc/localtime", "../localtime"})
    EXPECT_FALSE(FindTimeZone(name).has_value()) << name;
}

TEST(CronSchedule, KnowsWhatMayHaveBeenMeant) {
  EXPECT_EQ(CronHintFor("30 8 * * 1"), "seconds come first: '0 30 8 * * 1'");
  EXPECT_THAT(CronHintFor("0 30 8 * * 1 2026"), HasSubstr("no field for the year"));
  EXPECT_THAT(CronHintFor("@every 20s"), HasSubstr("'*/20 * * * * *'"));
  EXPECT_THAT(CronHintFor("@reboot"), HasSubstr("@daily"));
  EXPECT_EQ(CronHintFor("0 0 24 * * *"), "");
}

TEST(CronSchedule, KnowsWhetherItIsAWholeDay) {
  EXPECT_TRUE(Parse("* * * 15 11 *").IsWholeDay());
  EXPECT_TRUE(Parse("0-59 */1 0-23 ? * sat").IsWholeDay());
  EXPECT_FALSE(Parse("0 * * 15 11 *").IsWholeDay());
  EXPECT_FALSE(Parse("* * 8 15 11 *").IsWholeDay());
}

}  // namespace
}  // namespace weft
