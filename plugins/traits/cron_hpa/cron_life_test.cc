#include "plugins/traits/cron_hpa/cron_life.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>

#include "absl/strings/str_cat.h"
#include "plugins/traits/cron_hpa/fake_core.h"

namespace weft::cron_hpa {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kDay[] = R"({"jobs":[
    {"name":"up","schedule":"0 0 8 * * *","targetSize":3},
    {"name":"down","schedule":"0 0 20 * * *","targetSize":1}]})";

// On the day that the core's clock begins, at 06:00.
absl::Time At(int hour, int minute = 0, int second = 0) {
  return absl::FromCivil(absl::CivilSecond(2026, 7, 1, hour, minute, second), absl::UTCTimeZone());
}

class CronLifeTest : public testing::Test {
 protected:
  // A replica that acts.
  Replica& Start() {
    replica_.emplace(core_);
    core_.Grant(&*replica_);
    return *replica_;
  }

  FakeCore core_;
  std::optional<Replica> replica_;
};

TEST_F(CronLifeTest, SetsTheSizeWhenAJobFires) {
  core_.Attach("web", kDay);
  Start();
  core_.RunUntil(At(23));
  EXPECT_THAT(core_.log, ElementsAre("08:00:00 web 3", "20:00:00 web 1"));
  ASSERT_EQ(core_.actions.size(), 2u);
  EXPECT_EQ(core_.actions[0].object, (sdk::ObjectRef{"apps/v1", "Deployment", "web", "d"}));
  EXPECT_EQ(core_.actions[0].pointer, "/spec/replicas");
  EXPECT_EQ(core_.actions[0].reason, "job up fired at 2026-07-01T08:00:00Z (UTC)");
  EXPECT_EQ(core_.actions[0].not_after, At(8, 0, 30));
}

TEST_F(CronLifeTest, IsRightAtOnceAfterItMissedFires) {
  core_.Attach("web", kDay);
  core_.now = At(9) + absl::Hours(24 * 10);
  Start();
  core_.RunFor(absl::ZeroDuration());
  EXPECT_THAT(core_.log, ElementsAre("09:00:00 web 3"));
}

TEST_F(CronLifeTest, DoesNothingWhereTheSizeIsRightAlready) {
  core_.Attach("web", kDay);
  Start();
  core_.RunUntil(At(9));
  Start();  // The process was restarted.
  core_.RunUntil(At(10));
  EXPECT_THAT(core_.log, ElementsAre("08:00:00 web 3"));
}

TEST_F(CronLifeTest, WhatFiredBeforeItWasAttachedDoesNotCount) {
  core_.now = At(9);
  core_.Attach("web", kDay);
  Start();
  core_.RunUntil(At(19));
  EXPECT_THAT(core_.log, IsEmpty());
  core_.RunUntil(At(21));
  EXPECT_THAT(core_.log, ElementsAre("20:00:00 web 1"));
}

TEST_F(CronLifeTest, AttachedAnewItBeginsAnew) {
  core_.Attach("web", kDay);
  Start();
  core_.RunUntil(At(9));
  core_.Detach("web");
  core_.RunUntil(At(10));
  core_.Attach("web", kDay);
  core_.RunUntil(At(21));
  EXPECT_THAT(core_.log, ElementsAre("08:00:00 web 3", "20:00:00 web 1"));
}

TEST_F(CronLifeTest, AJobThatRunsOnceDoesSoOnceAlsoOverRestarts) {
  core_.Attach("web", R"({"jobs":[
      {"name":"once","schedule":"0 0 * * * *","targetSize":5,"runOnce":true},
      {"name":"down","schedule":"0 30 7 * * *","targetSize":1}]})");
  Start();
  core_.RunUntil(At(9, 30));
  Start();
  core_.RunUntil(At(23));
  EXPECT_THAT(core_.log, ElementsAre("07:00:00 web 5", "07:30:00 web 1"));
}

TEST_F(CronLifeTest, ChangedPropertiesCountAtOnce) {
  core_.Attach("web", kDay);
  Start();
  core_.RunUntil(At(9));
  core_.Update("web", R"({"jobs":[{"name":"up","schedule":"0 0 8 * * *","targetSize":7}]})");
  core_.RunFor(absl::ZeroDuration());
  EXPECT_THAT(core_.log, ElementsAre("08:00:00 web 3", "09:00:00 web 7"));
}

TEST_F(CronLifeTest, GivesTheSizeBackWhenNoJobFiredAnyMore) {
  core_.Attach("web", kDay);
  Start();
  core_.RunUntil(At(9));
  core_.Update("web", R"({"jobs":[{"name":"up","schedule":"0 0 12 * * *","targetSize":7}]})");
  core_.RunUntil(At(13));
  EXPECT_THAT(core_.log, ElementsAre("08:00:00 web 3", "09:00:00 web seed", "12:00:00 web 7"));
  EXPECT_EQ(core_.actions[1].reason, "no job has fired yet");
}

TEST_F(CronLifeTest, LeavesAloneWhatItCannotRead) {
  core_.Attach("web", kDay);
  Start();
  core_.RunUntil(At(9));
  core_.Update("web", R"({"jobs":[{"name":"up","schedule":"0 8 * * *","targetSize":7}]})");
  core_.RunUntil(At(23));
  EXPECT_THAT(core_.log, ElementsAre("08:00:00 web 3"));
}

TEST_F(CronLifeTest, OneReplicaActsAndAnotherTakesOver) {
  core_.Attach("web", kDay);
  Replica first(core_), second(core_);
  core_.Grant(&first);
  core_.RunUntil(At(9));
  core_.Grant(nullptr);  // The first is not heard any more.
  core_.RunUntil(At(20, 0, 10));
  EXPECT_THAT(core_.log, ElementsAre("08:00:00 web 3"));
  core_.Grant(&second);
  core_.RunUntil(At(23));
  EXPECT_THAT(core_.log, ElementsAre("08:00:00 web 3", "20:00:10 web 1"));
}

TEST_F(CronLifeTest, TakingOverDoesNotRepeatWhatWasDone) {
  core_.Attach("web", kDay);
  Replica first(core_), second(core_);
  core_.Grant(&first);
  core_.RunUntil(At(8));
  core_.Grant(&second);
  core_.RunUntil(At(9));
  core_.Grant(&first);
  core_.RunUntil(At(23));
  EXPECT_THAT(core_.log, ElementsAre("08:00:00 web 3", "20:00:00 web 1"));
}

TEST_F(CronLifeTest, WhatFailsIsTriedAgainEverLaterAndAtLastDone) {
  core_.Attach("web", kDay);
  Start();
  core_.refuse = 9;
  core_.RunUntil(At(9));
  EXPECT_THAT(core_.log, ElementsAre("08:02:01 web 3"));
  std::vector<double> delays;
  for (size_t i = 1; i < core_.refused.size(); ++i)
    delays.push_back(absl::ToDoubleSeconds(core_.refused[i] - core_.refused[i - 1]));
  EXPECT_THAT(delays, ElementsAre(0.5, 1, 2, 4, 8, 16, 30, 30));
}

TEST_F(CronLifeTest, AfterAFailureTheNextOneIsTriedSoonAgain) {
  core_.Attach("web", kDay);
  Start();
  core_.refuse = 5;
  core_.RunUntil(At(9));
  core_.refuse = 1;
  core_.refused.clear();
  core_.RunUntil(At(21));
  EXPECT_THAT(core_.refused, ElementsAre(At(20)));
  EXPECT_EQ(core_.actions.back().not_after, At(20, 0, 30) + absl::Milliseconds(500));
}

TEST_F(CronLifeTest, WhoMayActAgainDoesNotWaitForItsTurn) {
  core_.Attach("web", kDay);
  Replica& replica = Start();
  core_.refuse = 100;  // The core is away.
  core_.RunUntil(At(8, 5));
  core_.Grant(nullptr);
  core_.refuse = 0;
  core_.Grant(&replica);
  core_.RunFor(absl::ZeroDuration());
  EXPECT_THAT(core_.log, ElementsAre("08:05:00 web 3"));
}

TEST_F(CronLifeTest, FollowsAClockThatIsSetBackOrForward) {
  core_.Attach("web", kDay);
  Start();
  core_.RunUntil(At(21));
  core_.now = At(12);  // Set back over the last fire.
  core_.RunUntil(At(13));
  core_.now = At(22);  // And forward again.
  core_.RunFor(absl::ZeroDuration());
  EXPECT_THAT(core_.log,
              ElementsAre("08:00:00 web 3", "20:00:00 web 1", "12:00:00 web 3", "22:00:00 web 1"));
}

TEST_F(CronLifeTest, NeverSleepsForLong) {
  core_.Attach("web", kDay);
  Replica& replica = Start();
  EXPECT_EQ(replica.life.Tick(), core_.now + absl::Seconds(30));
  core_.now = At(7, 59, 55);
  EXPECT_EQ(replica.life.Tick(), At(8));
}

TEST_F(CronLifeTest, DoesNothingBeforeEverythingWasToldOrWhenItMayNotAct) {
  core_.Attach("web", kDay);
  core_.now = At(9);
  Replica replica(core_);
  core_.RunUntil(At(10));
  EXPECT_THAT(core_.batches, IsEmpty());
}

TEST_F(CronLifeTest, AsksOnceAndWaitsForTheAnswer) {
  core_.Attach("web", kDay);
  Start();
  core_.answer = false;
  core_.RunUntil(At(8, 0, 20));
  core_.Update("web", R"({"jobs":[{"name":"up","schedule":"0 0 8 * * *","targetSize":7}]})");
  core_.RunUntil(At(8, 0, 25));
  EXPECT_EQ(core_.batches.size(), 1u);
  core_.answer = true;
  core_.AnswerHeld();
  core_.RunFor(absl::ZeroDuration());
  EXPECT_THAT(core_.log, ElementsAre("08:00:25 web 3", "08:00:25 web 7"));
}

TEST_F(CronLifeTest, AnAnswerThatComesTooLateConcernsNobody) {
  core_.Attach("web", kDay);
  Replica& replica = Start();
  core_.answer = false;
  core_.RunUntil(At(8));
  core_.Detach("web");
  core_.Attach("web", kDay);  // Another one of the same key.
  core_.answer = true;
  core_.AnswerHeld();
  EXPECT_EQ(replica.life.instances(), 1u);
  core_.RunUntil(At(21));
  // The action was the core's to refuse; what it made of it is put right.
  EXPECT_THAT(core_.log, ElementsAre("08:00:00 web 3", "08:00:00 web seed", "20:00:00 web 1"));
}

TEST_F(CronLifeTest, ManyThatAreDueAtOnceShareCallsOfAtMostAThousand) {
  for (int i = 0; i < 2500; ++i) core_.Attach(absl::StrCat("web", i), kDay);
  Start();
  core_.RunUntil(At(9));
  EXPECT_THAT(core_.batches, ElementsAre(1000, 1000, 500));
  EXPECT_EQ(core_.log.size(), 2500u);
}

}  // namespace
}  // namespace weft::cron_hpa
