#include "absl/strings/substitute.h"
#include "runtime/local/cron_job.h"
#include "runtime/local/local_runtime_fixture.h"

namespace weft::local {
namespace {

const ObjectRef kTick = {"batch/v1", "CronJob", "default", "tick"};
constexpr char kKey[] = "CronJob/default/tick";

std::string CronJobText(const std::string& more = "", const std::string& image = "web:1") {
  return absl::Substitute(
      R"({"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"tick","namespace":"default"},
      "spec":{"schedule":"* * * * *",$0"jobTemplate":{"metadata":{"labels":{"of":"tick"}},
      "spec":{"template":{"spec":{"restartPolicy":"Never",
      "containers":[{"name":"main","image":"$1"}]}}}}}})",
      more, image);
}

// Its clock begins a second after a full minute, and goes on by one with each Tick.
class CronJobsOfTheRuntime : public LocalRuntimeTest {
 protected:
  void Accept(const std::string& more = "") {
    SetAhead(ahead_of_clock_);
    Start();
    EXPECT_EQ(Apply(kTick, CronJobText(more), 1).outcome, ApplyResult::Outcome::kAccepted);
    ASSERT_TRUE(Soon([&] { return Says("{}"); }));
  }
  // The runtime is started anew then: nothing tells of a clock.
  void Tick() {
    ahead_of_clock_ += absl::Minutes(1);
    SetAhead(ahead_of_clock_);
    Start();
  }
  bool Says(const std::string& text) {
    return follower_->Until([&](const Seen& seen) {
      const auto found = seen.find(kKey);
      return found != seen.end() && found->second.up_to_date &&
             absl::StrContains(found->second.status, text);
    });
  }
  // How many Jobs are there, and of them.
  size_t Jobs() { return runtime_->objects().ChildrenOf(kTick).size(); }
  bool Runs(size_t count) {
    return Soon([&] { return Running("main").size() == count; });
  }

 private:
  absl::Duration ahead_of_clock_ =
      absl::Seconds(61) - absl::Seconds(absl::ToUnixSeconds(absl::Now()) % 60);
};

TEST_F(CronJobsOfTheRuntime, RunsAJobWhenItIsDue) {
  Accept();
  EXPECT_TRUE(Running("main").empty());
  Tick();
  ASSERT_TRUE(Says(R"("active")"));
  ASSERT_TRUE(Runs(1));
  // Its Jobs are its own affair; their pods are told, as on Kubernetes.
  ASSERT_TRUE(follower_->Until([](const Seen& seen) { return seen.size() == 2; }));
  for (const auto& [key, projection] : follower_->seen()) {
    if (KindOfKey(key) != "Pod") continue;
    EXPECT_EQ(projection.owner, "owner");
    EXPECT_EQ(projection.controller->kind, "Job");
    EXPECT_NE(DueOf(kTick, *projection.controller), absl::InfinitePast());
  }
  engine_.Exit(Running("main").at(0).id, 0);
  EXPECT_TRUE(Says(R"("lastSuccessfulTime")"));
  EXPECT_TRUE(Running("main").empty());
  Start();
  EXPECT_TRUE(Says(R"("lastSuccessfulTime")"));
  EXPECT_EQ(Jobs(), 1u) << "nothing else is due";
}

TEST_F(CronJobsOfTheRuntime, NoneBeginsBesideAnotherWhereThatIsForbidden) {
  Accept(R"("concurrencyPolicy":"Forbid",)");
  Tick();
  ASSERT_TRUE(Runs(1));
  const std::string first = Running("main").at(0).id;
  Tick();
  ASSERT_TRUE(Says(R"("active")"));
  EXPECT_EQ(Jobs(), 1u);
  // The end of it lets the next one begin, without a clock.
  engine_.Exit(first, 0);
  ASSERT_TRUE(Soon([&] { return Jobs() == 2; }));
  ASSERT_TRUE(Runs(1));
  EXPECT_NE(Running("main").at(0).id, first);
}

TEST_F(CronJobsOfTheRuntime, OneTakesThePlaceOfAnotherWhereItReplacesIt) {
  Accept(R"("concurrencyPolicy":"Replace",)");
  Tick();
  ASSERT_TRUE(Runs(1));
  const std::string first = Running("main").at(0).id;
  Tick();
  EXPECT_TRUE(Soon([&] {
    const auto running = Running("main");
    return running.size() == 1 && running[0].id != first && Jobs() == 1;
  }));
}

TEST_F(CronJobsOfTheRuntime, WhatIsOverGoesWhenEnoughIsKept) {
  Accept(R"("successfulJobsHistoryLimit":0,)");
  Tick();
  ASSERT_TRUE(Runs(1));
  engine_.Exit(Running("main").at(0).id, 0);
  EXPECT_TRUE(Soon([&] { return Jobs() == 0 && ContainerIds().empty(); }));
  EXPECT_TRUE(Says(R"("lastSuccessfulTime")"));
}

TEST_F(CronJobsOfTheRuntime, DeletingOneEndsWhatRunsAndLeavesNothing) {
  Accept();
  Tick();
  ASSERT_TRUE(Runs(1));
  ASSERT_TRUE(runtime_->Delete({kTick}).ok());
  ASSERT_TRUE(follower_->Until([](const Seen& seen) { return seen.empty(); }));
  EXPECT_TRUE(ContainerIds().empty());
  EXPECT_TRUE(runtime_->objects().All().empty());
}

TEST_F(CronJobsOfTheRuntime, NobodyElseAppliesOrDeletesItsJobs) {
  Accept();
  Tick();
  ASSERT_TRUE(Runs(1));
  const ObjectRef job = runtime_->objects().ChildrenOf(kTick).at(0)->ref;
  ASSERT_TRUE(runtime_->Delete({job}).ok());
  const std::string text = absl::Substitute(
      R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"$0","namespace":"default"},
      "spec":{"template":{"spec":{"restartPolicy":"Never",
      "containers":[{"name":"main","image":"web:1"}]}}}})",
      job.name);
  const ApplyResult result = Apply(job, text, 7);
  EXPECT_EQ(result.outcome, ApplyResult::Outcome::kFailed);
  EXPECT_EQ(result.message, absl::StrCat("Job/default/", job.name, " belongs to ", kKey));
  EXPECT_FALSE(runtime_->objects().Find(LocalKey(job))->deleting);
}

}  // namespace
}  // namespace weft::local
