#include "plugins/traits/cron_hpa/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace weft::cron_hpa {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// A time of one day, in UTC.
absl::Time At(int hour, int minute = 0, int second = 0) {
  return absl::FromCivil(absl::CivilSecond(2026, 7, 1, hour, minute, second), absl::UTCTimeZone());
}

Plan Read(const std::string& properties) {
  sdk::Diagnostics diagnostics;
  Plan plan = ReadPlan(json::Parse(properties).value(), diagnostics);
  EXPECT_THAT(diagnostics.all(), IsEmpty());
  return plan;
}

// "error CODE POINTER".
std::vector<std::string> Wrong(const std::string& properties) {
  sdk::Diagnostics diagnostics;
  ReadPlan(json::Parse(properties).value(), diagnostics);
  std::vector<std::string> wrong;
  for (const auto& each : diagnostics.all())
    wrong.push_back(absl::StrCat(each.error ? "error " : "warning ", each.code, " ", each.pointer));
  return wrong;
}

std::string Describe(const std::optional<Fire>& fire) {
  if (!fire.has_value()) return "none";
  return absl::StrCat(fire->job->name, " ", FormatUtc(fire->time));
}

constexpr char kDay[] = R"({"jobs":[
    {"name":"up","schedule":"0 0 8 * * *","targetSize":3},
    {"name":"down","schedule":"0 0 20 * * *","targetSize":1}]})";

TEST(Plan, ReadsJobsWithTheirZonesAndSizes) {
  const Plan plan = Read(R"({"timeZone":"Europe/Berlin","excludeDates":["* * * 25 12 *"],"jobs":[
      {"name":"up","schedule":"0 0 8 * * *","targetSize":3},
      {"name":"over","schedule":"@daily","targetSize":0,"timeZone":"America/New_York",
       "runOnce":true}]})");
  ASSERT_THAT(plan.jobs, SizeIs(2));
  EXPECT_EQ(plan.jobs[0].name, "up");
  EXPECT_EQ(plan.jobs[0].size, 3);
  EXPECT_EQ(plan.jobs[0].zone.name(), "Europe/Berlin");
  EXPECT_FALSE(plan.jobs[0].once);
  EXPECT_EQ(plan.jobs[1].size, 0);
  EXPECT_EQ(plan.jobs[1].zone.name(), "America/New_York");
  EXPECT_TRUE(plan.jobs[1].once);
  EXPECT_THAT(plan.excluded, SizeIs(1));
}

TEST(Plan, WithoutAZoneItIsUtc) { EXPECT_EQ(Read(kDay).jobs[0].zone.name(), "UTC"); }

TEST(Plan, TellsEverythingThatIsWrongAtItsPlace) {
  EXPECT_THAT(
      Wrong(R"({"timeZone":"Europe/Berlni","excludeDates":["* * * 32 * *","0 0 8 1 1 *"],"jobs":[
          {"name":"a","schedule":"0 8 * * *","targetSize":3},
          {"name":"a","schedule":"@daily","targetSize":3,"timeZone":"../../etc/passwd"},
          {"name":"b","schedule":"0 0 0 30 2 *","targetSize":3}]})"),
      ElementsAre("error BAD_SCHEDULE /excludeDates/0", "warning WHOLE_DAY /excludeDates/1",
                  "error UNKNOWN_TIME_ZONE /timeZone", "error BAD_SCHEDULE /jobs/0/schedule",
                  "error DUPLICATE_NAME /jobs/1/name", "error UNKNOWN_TIME_ZONE /jobs/1/timeZone",
                  "error NEVER_FIRES /jobs/2/schedule"));
}

TEST(Plan, TakesZonesOfTheDatabaseOnly) {
  for (const char* zone : {"", "/etc/localtime", "localtime", "../UTC", "Europe", "UTC+1:00"})
    EXPECT_THAT(Wrong(absl::StrCat(R"({"timeZone":")", zone, R"(","jobs":[]})")),
                ElementsAre("error UNKNOWN_TIME_ZONE /timeZone"))
        << zone;
  for (const char* zone : {"UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "EST5EDT"})
    EXPECT_THAT(Wrong(absl::StrCat(R"({"timeZone":")", zone, R"(","jobs":[]})")), IsEmpty())
        << zone;
}

TEST(Plan, AScheduleWithoutADayThatIsLeftNeverFires) {
  EXPECT_THAT(Wrong(R"({"excludeDates":["* * * ? * mon"],"jobs":[
                  {"name":"a","schedule":"0 0 8 ? * mon","targetSize":3}]})"),
              ElementsAre("error NEVER_FIRES /jobs/0/schedule"));
}

TEST(LatestFire, IsTheLastThatCameAfterTheAttachment) {
  const Plan plan = Read(kDay);
  EXPECT_EQ(Describe(LatestFire(plan, At(6), At(7, 59, 59))), "none");
  EXPECT_EQ(Describe(LatestFire(plan, At(6), At(8))), "up 2026-07-01T08:00:00Z");
  EXPECT_EQ(Describe(LatestFire(plan, At(6), At(19))), "up 2026-07-01T08:00:00Z");
  EXPECT_EQ(Describe(LatestFire(plan, At(6), At(23))), "down 2026-07-01T20:00:00Z");
  EXPECT_EQ(Describe(LatestFire(plan, At(6), At(23) + absl::Hours(24 * 400))),
            "down 2027-08-05T20:00:00Z");
}

TEST(LatestFire, WhatFiredBeforeOrAtTheAttachmentDoesNotCount) {
  const Plan plan = Read(kDay);
  EXPECT_EQ(Describe(LatestFire(plan, At(8), At(9))), "none");
  EXPECT_EQ(Describe(LatestFire(plan, At(8), At(21))), "down 2026-07-01T20:00:00Z");
}

TEST(LatestFire, OfSeveralAtOnceTheLaterInTheListSaysTheSize) {
  const Plan plan = Read(R"({"jobs":[{"name":"a","schedule":"0 0 * * * *","targetSize":1},
                                     {"name":"b","schedule":"0 0 8 * * *","targetSize":2}]})");
  EXPECT_EQ(Describe(LatestFire(plan, At(6), At(8, 30))), "b 2026-07-01T08:00:00Z");
  EXPECT_EQ(Describe(LatestFire(plan, At(6), At(9, 30))), "a 2026-07-01T09:00:00Z");
}

TEST(LatestFire, OfAJobThatRunsOnceOnlyTheFirstCounts) {
  const Plan plan = Read(R"({"jobs":[
      {"name":"once","schedule":"0 0 * * * *","targetSize":5,"runOnce":true},
      {"name":"down","schedule":"0 30 9 * * *","targetSize":1}]})");
  EXPECT_EQ(Describe(LatestFire(plan, At(6, 30), At(6, 59))), "none");
  EXPECT_EQ(Describe(LatestFire(plan, At(6, 30), At(9))), "once 2026-07-01T07:00:00Z");
  EXPECT_EQ(Describe(LatestFire(plan, At(6, 30), At(23))), "down 2026-07-01T09:30:00Z");
}

TEST(LatestFire, JobsOfSeveralZonesAreComparedAsInstants) {
  const Plan plan = Read(R"({"jobs":[
      {"name":"berlin","schedule":"0 0 9 * * *","targetSize":1,"timeZone":"Europe/Berlin"},
      {"name":"tokyo","schedule":"0 0 15 * * *","targetSize":2,"timeZone":"Asia/Tokyo"}]})");
  EXPECT_EQ(Describe(LatestFire(plan, At(0), At(6, 30))), "tokyo 2026-07-01T06:00:00Z");
  EXPECT_EQ(Describe(LatestFire(plan, At(0), At(7, 30))), "berlin 2026-07-01T07:00:00Z");
}

TEST(NextFire, IsTheFirstAfterAMoment) {
  const Plan plan = Read(kDay);
  EXPECT_EQ(Describe(NextFire(plan, At(7))), "up 2026-07-01T08:00:00Z");
  EXPECT_EQ(Describe(NextFire(plan, At(8))), "down 2026-07-01T20:00:00Z");
  EXPECT_EQ(Describe(NextFire(Plan(), At(8))), "none");
}

std::vector<std::string> FiresOf(const Plan& plan, absl::Time from, absl::Time to) {
  std::vector<std::string> fires;
  for (const Fire& fire : Fires(plan, from, to)) fires.push_back(Describe(fire));
  return fires;
}

TEST(Fires, AreThoseOfASpanWithItsBeginningAndWithoutItsEnd) {
  EXPECT_THAT(FiresOf(Read(kDay), At(8), At(20)), ElementsAre("up 2026-07-01T08:00:00Z"));
  EXPECT_THAT(FiresOf(Read(kDay), At(8), At(20, 0, 1)),
              ElementsAre("up 2026-07-01T08:00:00Z", "down 2026-07-01T20:00:00Z"));
}

TEST(Fires, AreInTheOrderOfTheListWhereTheyComeTogether) {
  const Plan plan = Read(R"({"jobs":[{"name":"b","schedule":"0 0 */2 * * *","targetSize":1},
                                     {"name":"a","schedule":"0 0 * * * *","targetSize":2}]})");
  EXPECT_THAT(
      FiresOf(plan, At(0), At(2)),
      ElementsAre("b 2026-07-01T00:00:00Z", "a 2026-07-01T00:00:00Z", "a 2026-07-01T01:00:00Z"));
}

TEST(Fires, OfAJobThatRunsOnceAreOne) {
  const Plan plan =
      Read(R"({"jobs":[{"name":"a","schedule":"0 0 * * * *","targetSize":2,"runOnce":true}]})");
  EXPECT_THAT(FiresOf(plan, At(0, 30), At(12)), ElementsAre("a 2026-07-01T01:00:00Z"));
}

TEST(Fires, AreAtMostTheFirstThousand) {
  const Plan plan = Read(R"({"jobs":[{"name":"a","schedule":"* * * * * *","targetSize":2},
                                     {"name":"b","schedule":"*/2 * * * * *","targetSize":3}]})");
  const std::vector<Fire> fires = Fires(plan, At(0), At(12));
  ASSERT_THAT(fires, SizeIs(1000));
  EXPECT_EQ(fires.back().time, At(0, 11, 6));  // 3 fires in 2 seconds.
}

TEST(Replicas, AreCounted) {
  EXPECT_EQ(Replicas(0), "0 replicas");
  EXPECT_EQ(Replicas(1), "1 replica");
  EXPECT_EQ(Replicas(3), "3 replicas");
}

}  // namespace
}  // namespace weft::cron_hpa
