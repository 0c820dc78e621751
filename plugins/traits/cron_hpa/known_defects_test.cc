// What the widely used CronHPA controller for Kubernetes does wrong, and this one does not: one
// test each. Its schedules have six fields too.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "plugins/traits/cron_hpa/fake_core.h"
#include "plugins/traits/cron_hpa/plan.h"

namespace weft::cron_hpa {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

absl::Time At(int month, int day, int hour) {
  return absl::FromCivil(absl::CivilSecond(2026, month, day, hour), absl::UTCTimeZone());
}

// What is wrong with a job of this schedule.
std::vector<sdk::Diagnostics::Diagnostic> WrongWith(const std::string& schedule) {
  sdk::Diagnostics diagnostics;
  const std::string properties =
      absl::StrCat(R"({"jobs":[{"name":"a","schedule":")", schedule, R"(","targetSize":3}]})");
  ReadPlan(json::Parse(properties).value(), diagnostics);
  return diagnostics.all();
}

class KnownDefects : public testing::Test {
 protected:
  void Attach(const std::string& properties, absl::Time at) {
    core_.now = at;
    core_.Attach("web", properties);
    core_.Grant(&replica_);
  }

  FakeCore core_;
  Replica replica_{core_};
};

// There: month and hour are compared, so that the whole of November at some hours is excluded.
TEST_F(KnownDefects, AnExcludedDateIsADay) {
  Attach(R"({"excludeDates":["* * * 15 11 *"],"jobs":[
             {"name":"up","schedule":"0 0 11 * * *","targetSize":3},
             {"name":"down","schedule":"0 0 15 * * *","targetSize":1}]})",
         At(11, 14, 0));
  core_.RunUntil(At(11, 15, 0));
  EXPECT_THAT(core_.log, ElementsAre("11:00:00 web 3", "15:00:00 web 1"));
  core_.RunUntil(At(11, 16, 0));
  EXPECT_THAT(core_.log, SizeIs(2));
  core_.RunUntil(At(11, 17, 0));
  EXPECT_THAT(core_.log, SizeIs(4));
}

// There: the year is dropped, and the job fires every year.
TEST_F(KnownDefects, ADateWithAYearIsRefusedAndNotTakenForEveryYear) {
  const auto wrong = WrongWith("@date 2020-11-15 00:00:00");
  ASSERT_THAT(wrong, SizeIs(1));
  EXPECT_TRUE(wrong[0].error);
  EXPECT_THAT(wrong[0].hint, HasSubstr("runOnce"));
}

// There: the five fields that everybody writes are taken for seconds, minutes, hours ...
TEST_F(KnownDefects, FiveFieldsAreRefusedWithWhatWasMeant) {
  const auto wrong = WrongWith("30 8 * * 1-5");
  ASSERT_THAT(wrong, SizeIs(1));
  EXPECT_TRUE(wrong[0].error);
  EXPECT_EQ(wrong[0].message, "a schedule has 6 fields, this one has 5");
  EXPECT_EQ(wrong[0].hint, "seconds come first: '0 30 8 * * 1-5'");
}

// There: what was raised for a job stays raised when the job is gone.
TEST_F(KnownDefects, WithoutTheJobTheSizeIsTheDocumentsAgain) {
  Attach(R"({"jobs":[{"name":"up","schedule":"0 0 8 * * *","targetSize":9}]})", At(7, 1, 6));
  core_.RunUntil(At(7, 1, 9));
  EXPECT_EQ(core_.SizeOf("web"), "9");
  core_.Update("web", R"({"jobs":[{"name":"x","schedule":"0 0 8 1 1 *","targetSize":3}]})");
  core_.RunUntil(At(7, 1, 10));
  EXPECT_EQ(core_.SizeOf("web"), "seed");
}

// There: every schedule is in the zone of the controller's process.
TEST_F(KnownDefects, EveryScheduleIsInTheZoneThatItsAuthorNamed) {
  Attach(R"({"timeZone":"Europe/Berlin","jobs":[
             {"name":"up","schedule":"0 0 8 * * *","targetSize":3},
             {"name":"down","schedule":"0 0 18 * * *","targetSize":1,"timeZone":"Asia/Tokyo"}]})",
         At(7, 1, 0));
  core_.RunUntil(At(7, 1, 23));
  EXPECT_THAT(core_.log, ElementsAre("06:00:00 web 3", "09:00:00 web 1"));
}

// There: a fire during which the controller was down never happens.
TEST_F(KnownDefects, AFireThatWasMissedIsCaughtUpWith) {
  Attach(R"({"jobs":[{"name":"up","schedule":"0 0 8 * * *","targetSize":3}]})", At(7, 1, 6));
  core_.Grant(nullptr);
  core_.RunUntil(At(7, 1, 9));
  EXPECT_THAT(core_.log, IsEmpty());
  core_.Grant(&replica_);
  core_.RunFor(absl::ZeroDuration());
  EXPECT_THAT(core_.log, ElementsAre("09:00:00 web 3"));
}

// There: memory grows until the controller dies at a hundred targets.
TEST_F(KnownDefects, WhatItKeepsDependsOnTheInstancesAndNotOnWhatHappened) {
  const char kBusy[] = R"({"jobs":[{"name":"a","schedule":"0 0 * * * *","targetSize":3},
                                   {"name":"b","schedule":"0 30 * * * *","targetSize":1}]})";
  core_.Grant(&replica_);
  for (int i = 0; i < 100; ++i) core_.Attach(absl::StrCat(i), kBusy);
  for (int day = 0; day < 3; ++day) {
    core_.RunFor(absl::Hours(24));
    for (int i = 0; i < 100; ++i) core_.Update(absl::StrCat(i), kBusy);
    EXPECT_EQ(replica_.life.instances(), 100u);
    EXPECT_EQ(replica_.life.moments(), 100u);
  }
  EXPECT_EQ(core_.log.size(), 100u * 3 * 48);
  for (int i = 0; i < 100; ++i) core_.Detach(absl::StrCat(i));
  EXPECT_EQ(replica_.life.instances(), 0u);
  EXPECT_EQ(replica_.life.moments(), 0u);
}

}  // namespace
}  // namespace weft::cron_hpa
