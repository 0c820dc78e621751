#include "runtime/local/job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/json.h"
#include "runtime/local/local_test_support.h"

namespace weft::local {
namespace {

using testing::HasSubstr;

const ObjectRef kJob = {"batch/v1", "Job", "d", "pi"};
const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

JobSpec Spec(int completions = 1, int parallelism = 1) {
  JobSpec spec;
  spec.completions = completions;
  spec.parallelism = parallelism;
  spec.pod.hash = "t";
  spec.pod.restart = RestartPolicy::kNever;
  spec.pod.containers = {{.name = "main"}};
  return spec;
}

Pod Running(const JobSpec& spec, int index) {
  Pod pod = PlannedPod(kJob, spec.pod, index);
  pod.sandbox.created = kStart + absl::Seconds(index);
  pod.members[0].run.container.state = "running";
  pod.members[0].run.container.started_at = "2027-01-15T08:00:00Z";
  return pod;
}

Pod Ended(const JobSpec& spec, int index, int exit_code, absl::Time at = kStart) {
  Pod pod = Running(spec, index);
  engine::Container& container = pod.members[0].run.container;
  container.state = "exited";
  container.exit_code = exit_code;
  container.finished_at = absl::FormatTime(absl::RFC3339_full, at, absl::UTCTimeZone());
  return pod;
}

using List = std::vector<std::string>;

// The record of a Job that began at kStart.
JobRecord Begun(const JobSpec& spec) { return PlanJob(kJob, spec, {}, {}, kStart).record; }

TEST(Job, RunsUntilSoManyHaveSucceededAndNoMoreAtOnceThanItMay) {
  const JobSpec spec = Spec(3, 2);
  JobPlan plan = PlanJob(kJob, spec, {}, {}, kStart);
  EXPECT_EQ(Names(plan.pods.create), (List{"pi-t-0", "pi-t-1"}));
  plan = PlanJob(kJob, spec, plan.record, {Ended(spec, 0, 0), Running(spec, 1)}, kStart);
  EXPECT_EQ(Names(plan.pods.create), (List{"pi-t-2"}));
  EXPECT_EQ(plan.record.Succeeded(), 1);
  EXPECT_FALSE(plan.record.end.has_value());
  plan = PlanJob(kJob, spec, plan.record, {Ended(spec, 0, 0), Ended(spec, 1, 0), Running(spec, 2)},
                 kStart);
  EXPECT_TRUE(plan.pods.create.empty()) << "one is missing, and runs";
  plan = PlanJob(kJob, spec, plan.record, {Ended(spec, 2, 0)}, kStart);
  ASSERT_TRUE(plan.record.end.has_value());
  EXPECT_TRUE(plan.record.end->complete);
  EXPECT_TRUE(plan.pods.create.empty());
  EXPECT_EQ(Names(plan.pods.keep), (List{"pi-t-2"})) << "for those who want to see it";
}

TEST(Job, WithoutANumberItsPodsComeToTheirEndTogether) {
  JobSpec spec = Spec(1, 3);
  spec.completions.reset();
  JobPlan plan = PlanJob(kJob, spec, {}, {}, kStart);
  EXPECT_EQ(plan.pods.create.size(), 3u);
  plan = PlanJob(kJob, spec, plan.record, {Ended(spec, 0, 0), Running(spec, 1), Running(spec, 2)},
                 kStart);
  EXPECT_TRUE(plan.pods.create.empty()) << "none begins when one has succeeded";
  EXPECT_TRUE(plan.pods.remove.empty());
  EXPECT_FALSE(plan.record.end.has_value());
  plan = PlanJob(kJob, spec, plan.record, {Ended(spec, 1, 1), Ended(spec, 2, 0)}, kStart);
  EXPECT_TRUE(plan.record.end.has_value() && plan.record.end->complete);
}

TEST(Job, ThatHasEndedDoesNotRunAgainThoughNothingIsLeftOfIt) {
  const JobSpec spec = Spec();
  const JobPlan plan = PlanJob(kJob, spec, Begun(spec), {Ended(spec, 0, 0)}, kStart);
  const JobPlan later = PlanJob(kJob, spec, plan.record, {}, kStart + absl::Hours(1));
  EXPECT_TRUE(later.pods.create.empty());
  EXPECT_EQ(later.record, plan.record);
}

TEST(Job, WhatFailedIsTriedAgainAfterAWhileAndAtLastItGivesUp) {
  JobSpec spec = Spec();
  spec.backoff_limit = 1;
  JobPlan plan = PlanJob(kJob, spec, Begun(spec), {Ended(spec, 0, 1)}, kStart);
  EXPECT_TRUE(plan.pods.create.empty());
  EXPECT_EQ(plan.again, absl::Seconds(10));
  plan = PlanJob(kJob, spec, plan.record, {Ended(spec, 0, 1)}, kStart + absl::Seconds(10));
  EXPECT_EQ(Names(plan.pods.create), (List{"pi-t-1"}));
  plan = PlanJob(kJob, spec, plan.record, {Ended(spec, 0, 1), Ended(spec, 1, 1)},
                 kStart + absl::Seconds(11));
  ASSERT_TRUE(plan.record.end.has_value());
  EXPECT_FALSE(plan.record.end->complete);
  EXPECT_EQ(plan.record.end->reason, "BackoffLimitExceeded");
}

TEST(Job, RestartsWithinAPodCountAsFailures) {
  JobSpec spec = Spec();
  spec.pod.restart = RestartPolicy::kOnFailure;
  spec.backoff_limit = 2;
  Pod pod = Running(spec, 0);
  pod.members[0].run.number = 1;
  EXPECT_FALSE(PlanJob(kJob, spec, Begun(spec), {pod}, kStart).record.end.has_value());
  Pod done = Ended(spec, 1, 0);
  done.members[0].run.number = 5;
  EXPECT_FALSE(PlanJob(kJob, Spec(3), Begun(Spec(3)), {pod, done}, kStart).record.end.has_value())
      << "what has come through counts no more";
  pod.members[0].run.number = 2;
  const JobPlan plan = PlanJob(kJob, spec, Begun(spec), {pod}, kStart);
  EXPECT_EQ(plan.record.end->reason, "BackoffLimitExceeded");
  EXPECT_EQ(Names(plan.pods.remove), (List{"pi-t-0"}));
}

TEST(Job, HasADeadline) {
  JobSpec spec = Spec();
  spec.active_deadline = absl::Minutes(1);
  JobPlan plan = PlanJob(kJob, spec, Begun(spec), {Running(spec, 0)}, kStart + absl::Seconds(59));
  EXPECT_EQ(plan.again, absl::Seconds(1));
  EXPECT_EQ(Names(plan.pods.keep), (List{"pi-t-0"}));
  plan = PlanJob(kJob, spec, plan.record, {Running(spec, 0)}, kStart + absl::Minutes(1));
  EXPECT_EQ(plan.record.end->reason, "DeadlineExceeded");
  EXPECT_EQ(Names(plan.pods.remove), (List{"pi-t-0"}));
}

TEST(Job, ItsPodsGoWhenItsTimeIsOver) {
  JobSpec spec = Spec();
  spec.ttl = absl::Minutes(1);
  const JobPlan plan = PlanJob(kJob, spec, Begun(spec), {Ended(spec, 0, 0)}, kStart);
  EXPECT_EQ(plan.again, absl::Minutes(1));
  const JobPlan later =
      PlanJob(kJob, spec, plan.record, {Ended(spec, 0, 0)}, kStart + absl::Minutes(1));
  EXPECT_EQ(Names(later.pods.remove), (List{"pi-t-0"}));
}

TEST(Job, SuspendedOrNarrowedItsPodsGoAndComeAgain) {
  JobSpec spec = Spec(5, 2);
  JobPlan plan =
      PlanJob(kJob, Spec(5, 1), Begun(spec), {Running(spec, 0), Running(spec, 1)}, kStart);
  EXPECT_EQ(Names(plan.pods.remove), (List{"pi-t-1"})) << "the younger one";
  spec.suspend = true;
  plan = PlanJob(kJob, spec, Begun(spec), {Running(spec, 0), Running(spec, 1)}, kStart);
  EXPECT_EQ(plan.pods.remove.size(), 2u);
  EXPECT_THAT(JobStatusJson(spec, plan.record, {}), HasSubstr("Suspended"));
  // The runtime dies between their end and their removal: what it ended has no end of its own.
  plan = PlanJob(kJob, spec, plan.record, {Ended(spec, 0, 0), Ended(spec, 1, 143)}, kStart);
  EXPECT_EQ(plan.record.Succeeded() + plan.record.Failed(), 0);
  EXPECT_EQ(plan.pods.remove.size(), 2u);
  spec.suspend = false;
  EXPECT_EQ(Names(PlanJob(kJob, spec, plan.record, {}, kStart).pods.create),
            (List{"pi-t-2", "pi-t-3"}));
}

TEST(Job, ItsDeadlineDoesNotRunWhileItIsSuspended) {
  JobSpec spec = Spec();
  spec.active_deadline = absl::Minutes(1);
  spec.suspend = true;
  JobPlan plan = PlanJob(kJob, spec, {}, {}, kStart);
  plan = PlanJob(kJob, spec, plan.record, {}, kStart + absl::Hours(1));
  EXPECT_FALSE(plan.record.end.has_value());
  spec.suspend = false;
  plan = PlanJob(kJob, spec, plan.record, {}, kStart + absl::Hours(1));
  EXPECT_EQ(plan.record.started, kStart + absl::Hours(1));
  EXPECT_EQ(plan.again, absl::Minutes(1));
}

TEST(Job, NeverMoreRunThanMayWhileSomeStillEnd) {
  const JobSpec spec = Spec();
  Pod ending = Ended(spec, 0, 0);
  ending.terminating = true;
  const JobPlan plan = PlanJob(kJob, spec, Begun(spec), {ending}, kStart);
  EXPECT_TRUE(plan.pods.create.empty());
  EXPECT_EQ(plan.record.Succeeded(), 0) << "it was ended";
}

TEST(Job, AnotherTemplateIsAnotherRun) {
  const JobSpec spec = Spec();
  const JobPlan done = PlanJob(kJob, spec, Begun(spec), {Ended(spec, 0, 0)}, kStart);
  JobSpec changed = spec;
  changed.pod.hash = "u";
  const JobPlan plan = PlanJob(kJob, changed, done.record, {Ended(spec, 0, 0)}, kStart);
  EXPECT_EQ(Names(plan.pods.remove), (List{"pi-t-0"}));
  EXPECT_TRUE(plan.pods.create.empty()) << "one after the other";
  EXPECT_FALSE(plan.pods.up_to_date);
  EXPECT_EQ(Names(PlanJob(kJob, changed, plan.record, {}, kStart).pods.create), (List{"pi-u-0"}));
  EXPECT_FALSE(plan.record.end.has_value());
}

TEST(Job, ItsRecordIsReadAsItIsWritten) {
  JobRecord record{.template_hash = "t",
                   .started = kStart,
                   .ended = {{0, true}, {3, false}},
                   .dropped = {1, 2},
                   .last_failure = kStart + absl::Seconds(5),
                   .end = JobRecord::End{false, "r", "m", kStart + absl::Seconds(9)}};
  EXPECT_EQ(JobRecordFromJson(JobRecordToJson(record)), record);
  record.end.reset();
  record.last_failure = absl::InfinitePast();
  EXPECT_EQ(JobRecordFromJson(JobRecordToJson(record)), record);
  EXPECT_EQ(JobRecordFromJson(""), JobRecord());
}

TEST(Job, ItsStatusIsThatOfKubernetes) {
  const JobSpec spec = Spec();
  const JobPlan plan = PlanJob(kJob, spec, Begun(spec), {Ended(spec, 0, 0)}, kStart);
  EXPECT_EQ(JobStatusJson(spec, plan.record, {Ended(spec, 0, 0)}),
            R"({"active":0,"completionTime":"2027-01-15T08:00:00+00:00",)"
            R"("conditions":[{"message":"Reached expected number of succeeded pods",)"
            R"("reason":"CompletionsReached","status":"True","type":"Complete"}],"failed":0,)"
            R"("ready":0,"startTime":"2027-01-15T08:00:00+00:00","succeeded":1})");
  EXPECT_THAT(JobStatusJson(spec, Begun(spec), {Running(spec, 0)}), HasSubstr(R"("active":1)"));
}

}  // namespace
}  // namespace weft::local
