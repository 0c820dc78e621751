#include "runtime/local/cron_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/json.h"

namespace weft::local {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Concurrency = CronJobSpec::Concurrency;

const ObjectRef kTick = {"batch/v1", "CronJob", "d", "tick"};
const absl::Time kNoon =
    absl::FromCivil(absl::CivilSecond(2026, 11, 30, 12, 0, 0), absl::UTCTimeZone());

CronJobSpec Spec(const std::string& schedule = "*/10 * * * *") {
  CronJobSpec spec;
  spec.schedule = *CronSchedule::ParseMinutes(schedule);
  spec.zone = absl::UTCTimeZone();
  return spec;
}

CronJobRun Begun(absl::Duration after_noon) {
  const absl::Time due = kNoon + after_noon;
  return {JobDueAt(kTick, due), due};
}

CronJobRun Over(absl::Duration after_noon, bool complete = true) {
  CronJobRun run = Begun(after_noon);
  run.end = JobRecord::End{complete, "", "", run.due + absl::Seconds(5)};
  return run;
}

// Of one that was made a minute past noon.
const CronJobRecord kMade = {.since = kNoon + absl::Minutes(1)};

std::vector<std::string> Removed(const CronJobPlan& plan) {
  std::vector<std::string> names;
  for (const ObjectRef& ref : plan.remove) names.push_back(ref.name);
  return names;
}

std::string NameOf(const CronJobRun& run) { return run.ref.name; }

CronJobPlan Plan(const CronJobSpec& spec, const std::vector<CronJobRun>& runs,
                 absl::Duration after_noon, const CronJobRecord& record = kMade) {
  return PlanCronJob(spec, record, runs, kNoon + after_noon);
}

TEST(CronJob, BeginsWhatIsDueSinceItWasMade) {
  CronJobPlan plan = Plan(Spec(), {}, absl::Minutes(1), {});
  EXPECT_FALSE(plan.begin.has_value()) << "noon was before it was made";
  EXPECT_EQ(plan.again, absl::Minutes(9));
  EXPECT_EQ(plan.record, kMade);
  EXPECT_FALSE(Plan(Spec(), {}, absl::Minutes(10) - absl::Nanoseconds(1)).begin.has_value());
  plan = Plan(Spec(), {}, absl::Minutes(10));
  EXPECT_EQ(plan.begin, kNoon + absl::Minutes(10));
  EXPECT_EQ(plan.record.last_schedule, kNoon + absl::Minutes(10));
  EXPECT_EQ(plan.again, absl::Minutes(10));
  plan = Plan(Spec(), {}, absl::Minutes(10), plan.record);
  EXPECT_FALSE(plan.begin.has_value()) << "once";
}

TEST(CronJob, OfWhatWasMissedOnlyTheLastBeginsAndNotTooLate) {
  CronJobSpec spec = Spec();
  EXPECT_EQ(Plan(spec, {}, absl::Minutes(47)).begin, kNoon + absl::Minutes(40));
  spec.starting_deadline = absl::Minutes(8);
  EXPECT_EQ(Plan(spec, {}, absl::Minutes(47)).begin, kNoon + absl::Minutes(40));
  spec.starting_deadline = absl::Minutes(7);
  EXPECT_FALSE(Plan(spec, {}, absl::Minutes(47)).begin.has_value());
}

TEST(CronJob, WhatBeganBeforeItCouldBeWrittenDoesNotBeginAgain) {
  const CronJobPlan plan = Plan(Spec(), {Begun(absl::Minutes(10))}, absl::Minutes(11));
  EXPECT_FALSE(plan.begin.has_value());
  EXPECT_EQ(plan.record.last_schedule, kNoon + absl::Minutes(10));
}

TEST(CronJob, AClockThatIsSetBackBeginsNothingTwice) {
  const CronJobRecord record = Plan(Spec(), {}, absl::Minutes(30)).record;
  EXPECT_FALSE(Plan(Spec(), {}, absl::Minutes(20), record).begin.has_value());
  EXPECT_FALSE(Plan(Spec(), {}, absl::Minutes(30), record).begin.has_value());
  EXPECT_TRUE(Plan(Spec(), {}, absl::Minutes(40), record).begin.has_value());
}

TEST(CronJob, BesideOneThatRunsItBeginsAsItsPolicySays) {
  CronJobSpec spec = Spec();
  const std::vector<CronJobRun> runs = {Begun(absl::Minutes(10))};
  EXPECT_TRUE(Plan(spec, runs, absl::Minutes(20)).begin.has_value());
  EXPECT_THAT(Plan(spec, runs, absl::Minutes(20)).remove, IsEmpty());
  spec.concurrency = Concurrency::kReplace;
  EXPECT_TRUE(Plan(spec, runs, absl::Minutes(20)).begin.has_value());
  EXPECT_THAT(Removed(Plan(spec, runs, absl::Minutes(20))), ElementsAre(NameOf(runs[0])));
  EXPECT_THAT(Plan(spec, runs, absl::Minutes(19)).remove, IsEmpty());
  spec.concurrency = Concurrency::kForbid;
  EXPECT_FALSE(Plan(spec, runs, absl::Minutes(20)).begin.has_value());
  // As on Kubernetes: it was due, and begins when it may.
  EXPECT_EQ(Plan(spec, {Over(absl::Minutes(10))}, absl::Minutes(21)).begin,
            kNoon + absl::Minutes(20));
}

TEST(CronJob, OneThatIsSuspendedBeginsNothing) {
  CronJobSpec spec = Spec();
  spec.suspend = true;
  const CronJobPlan plan = Plan(spec, {}, absl::Minutes(10));
  EXPECT_FALSE(plan.begin.has_value());
  EXPECT_EQ(plan.again, absl::InfiniteDuration());
}

TEST(CronJob, KeepsTheLastThatAreOver) {
  CronJobSpec spec = Spec();
  spec.successful_history = 1;
  spec.failed_history = 0;
  const std::vector<CronJobRun> runs = {Over(absl::Minutes(30)), Over(absl::Minutes(10)),
                                        Over(absl::Minutes(20), /*complete=*/false),
                                        Begun(absl::Minutes(40))};
  const CronJobPlan plan = Plan(spec, runs, absl::Minutes(41));
  EXPECT_THAT(Removed(plan), ElementsAre(NameOf(runs[1]), NameOf(runs[2])));
  EXPECT_EQ(plan.record.last_success, runs[0].end->time);
  EXPECT_THAT(Plan(Spec(), runs, absl::Minutes(41)).remove, IsEmpty());
}

TEST(CronJob, AJobWhoseTimeIsOverGoes) {
  CronJobRun run = Over(absl::Minutes(10));
  run.ttl = absl::Seconds(30);
  const absl::Duration end = absl::Minutes(10) + absl::Seconds(5);
  EXPECT_THAT(Plan(Spec(), {run}, end).remove, IsEmpty());
  EXPECT_EQ(Plan(Spec(), {run}, end).again, absl::Seconds(30));
  EXPECT_THAT(Removed(Plan(Spec(), {run}, end + absl::Seconds(30))), ElementsAre(NameOf(run)));
  run.deleting = true;
  EXPECT_THAT(Plan(Spec(), {run}, end + absl::Seconds(30)).remove, IsEmpty());
}

TEST(CronJob, TheNameOfAJobSaysWhenItWasDue) {
  const ObjectRef job = JobDueAt(kTick, kNoon);
  EXPECT_EQ(job, (ObjectRef{"batch/v1", "Job", "d", "tick-29934000"}));
  EXPECT_EQ(DueOf(kTick, job), kNoon);
  EXPECT_EQ(DueOf(kTick, {"batch/v1", "Job", "d", "tick-x"}), absl::InfinitePast());
  EXPECT_EQ(DueOf(kTick, {"batch/v1", "Job", "d", "tock-1"}), absl::InfinitePast());
}

TEST(CronJob, ARecordComesBackAsItWas) {
  const CronJobRecord record = {kNoon, kNoon + absl::Minutes(1), kNoon + absl::Milliseconds(2)};
  EXPECT_EQ(CronJobRecordFromJson(CronJobRecordToJson(record)), record);
  EXPECT_EQ(CronJobRecordFromJson(CronJobRecordToJson({})), CronJobRecord{});
  EXPECT_EQ(CronJobRecordFromJson(""), CronJobRecord{});
}

TEST(CronJob, TheStatusIsKubernetes) {
  EXPECT_EQ(CronJobStatusJson({}, {}), "{}");
  const json::value status =
      *json::Parse(CronJobStatusJson({kNoon, kNoon, kNoon}, {Begun({}), Over(absl::Minutes(10))}));
  EXPECT_EQ(json::GetString(status, {"lastScheduleTime"}), "2026-11-30T12:00:00+00:00");
  EXPECT_EQ(json::GetString(status, {"lastSuccessfulTime"}), "2026-11-30T12:00:00+00:00");
  const json::array& active = status.as_object().at("active").as_array();
  ASSERT_EQ(active.size(), 1u);
  EXPECT_EQ(json::GetString(active[0], {"name"}), "tick-29934000");
}

}  // namespace
}  // namespace weft::local
