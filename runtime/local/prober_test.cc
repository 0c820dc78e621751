#include "runtime/local/prober.h"

#include <condition_variable>
#include <gtest/gtest.h>

#include "absl/time/clock.h"

namespace weft::local {
namespace {

TEST(ReadinessJudge, BecomesReadyAfterSuccessesInARowAndUnreadyAfterFailuresInARow) {
  ReadinessJudge judge(2, 3);
  const auto take = [&](std::initializer_list<bool> results) {
    for (const bool result : results) judge.Take(result);
    return judge.ready();
  };
  EXPECT_FALSE(judge.asked());
  EXPECT_FALSE(take({true}));
  EXPECT_TRUE(judge.asked());
  EXPECT_FALSE(take({false, true}));  // Not in a row.
  EXPECT_TRUE(take({true}));
  EXPECT_TRUE(take({false, false, true, false, false}));
  EXPECT_FALSE(take({false}));
}

// Answers as it is told, and waits for the prober.
class Scripted {
 public:
  absl::Status Ask(const ProbeTarget& target) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !blocked_; });
    ++asked_;
    changed_.notify_all();
    if (away_) return absl::AbortedError("the engine is away");
    return answers_[target.container_id] ? absl::OkStatus() : absl::UnavailableError("refused");
  }
  void Block() {
    std::lock_guard lock(mutex_);
    blocked_ = true;
  }
  void Unblock() {
    std::lock_guard lock(mutex_);
    blocked_ = false;
    changed_.notify_all();
  }
  void SetAway(bool away) {
    std::lock_guard lock(mutex_);
    away_ = away;
  }
  void Set(const std::string& id, bool answer) {
    std::lock_guard lock(mutex_);
    answers_[id] = answer;
  }
  void Changed(const std::string& group) {
    std::lock_guard lock(mutex_);
    ++changes_[group];
    changed_.notify_all();
  }
  // `holds` is asked again after each change and each answer.
  bool WaitUntil(const std::function<bool()>& holds) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), holds);
  }
  bool WaitForChanges(const std::string& group, int count) {
    return WaitUntil([&] { return changes_[group] >= count; });
  }
  bool WaitForAsked(int count) {
    return WaitUntil([&] { return asked_ >= count; });
  }
  int asked() {
    std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, bool> answers_;
  std::map<std::string, int> changes_;
  int asked_ = 0;
  bool blocked_ = false;
  bool away_ = false;
};

class ProberTest : public testing::Test {
 protected:
  ProberTest()
      : prober_(
            2, absl::Now(), [this](const ProbeTarget& t) { return answers_.Ask(t); },
            [this](const std::string& group) { answers_.Changed(group); }) {}

  static ProbeTarget Target(const std::string& id, absl::Duration age,
                            ProbeKind kind = ProbeKind::kReadiness) {
    Probe probe;
    probe.period = absl::Milliseconds(1);
    return {id, absl::FormatTime(absl::RFC3339_full, absl::Now() - age, absl::UTCTimeZone()),
            "172.16.0.2", kind, probe};
  }
  Answers Of(const ProbeTarget& target) const {
    return prober_.Of(target.container_id, target.started_at, target.kind);
  }

  Scripted answers_;
  Prober prober_;
};

TEST_F(ProberTest, ANewContainerIsNotReadyUntilItAnswersAndNoMoreWhenItFails) {
  const ProbeTarget target = Target("c", absl::ZeroDuration());
  EXPECT_FALSE(Of(target).ready);
  prober_.Track("web", {target});
  ASSERT_TRUE(answers_.WaitForAsked(1));
  EXPECT_FALSE(Of(target).ready);
  answers_.Set("c", true);
  EXPECT_TRUE(answers_.WaitUntil([&] { return Of(target).ready; }));
  answers_.Set("c", false);
  EXPECT_TRUE(answers_.WaitUntil([&] { return !Of(target).ready; }));
}

TEST_F(ProberTest, AContainerThatMayHaveBeenAskedBeforeIsInheritedUntilItIsAsked) {
  const ProbeTarget old = Target("old", absl::Hours(1));
  ProbeTarget starting = Target("starting", absl::Hours(1));
  starting.probe.initial_delay = absl::Hours(2);  // Nobody has asked it yet.
  answers_.Block();
  prober_.Track("web", {old, starting});
  EXPECT_TRUE(Of(old).inherited);
  EXPECT_FALSE(Of(starting).inherited);
  answers_.Unblock();
}

TEST_F(ProberTest, TheVerdictOnAnInheritedContainerIsNewsEvenIfItIsBad) {
  const ProbeTarget target = Target("c", absl::Hours(1));
  prober_.Track("web", {target});
  ASSERT_TRUE(answers_.WaitForChanges("web", 1));
  EXPECT_FALSE(Of(target).inherited);
  EXPECT_FALSE(Of(target).ready);
}

TEST_F(ProberTest, ARestartedContainerIsJudgedAnew) {
  answers_.Set("c", true);
  const ProbeTarget first = Target("c", absl::ZeroDuration());
  prober_.Track("web", {first});
  ASSERT_TRUE(answers_.WaitForChanges("web", 1));
  ProbeTarget second = first;
  second.started_at = Target("c", -absl::Hours(1)).started_at;  // Not asked for an hour.
  prober_.Track("web", {second});
  // Until the time is long past when the first would have been asked again.
  prober_.Track("other", {Target("other", absl::ZeroDuration())});
  ASSERT_TRUE(answers_.WaitForAsked(answers_.asked() + 10));
  EXPECT_FALSE(Of(first).ready);
  EXPECT_FALSE(Of(second).ready);
}

TEST_F(ProberTest, SaysWhyAfterTenFailuresInARowUntilItIsReady) {
  const ProbeTarget target = Target("c", absl::ZeroDuration());
  prober_.Track("web", {target});
  ASSERT_TRUE(answers_.WaitUntil([&] { return Of(target).telling; }));
  EXPECT_GE(answers_.asked(), 10);
  EXPECT_FALSE(Of(target).ready);
  EXPECT_EQ(Of(target).failure, "refused");
  EXPECT_EQ(prober_.Of("c", "another run", ProbeKind::kReadiness).failure, "");
  answers_.Set("c", true);
  ASSERT_TRUE(answers_.WaitUntil([&] { return Of(target).ready; }));
  EXPECT_FALSE(Of(target).telling);
}

TEST_F(ProberTest, EachThingThatAContainerIsAskedIsJudgedByItself) {
  const ProbeTarget readiness = Target("c", absl::ZeroDuration());
  ProbeTarget liveness = Target("c", absl::ZeroDuration(), ProbeKind::kLiveness);
  liveness.started_at = readiness.started_at;
  liveness.probe.failure_threshold = 2;
  prober_.Track("web", {readiness, liveness});
  ASSERT_TRUE(answers_.WaitUntil([&] { return Of(liveness).failed; }));
  answers_.Set("c", true);
  ASSERT_TRUE(answers_.WaitUntil([&] { return Of(liveness).ready && Of(readiness).ready; }));
  EXPECT_FALSE(Of(liveness).failed);
  prober_.Track("web", {readiness});
  EXPECT_FALSE(Of(liveness).asked);
  EXPECT_TRUE(Of(readiness).ready);
}

TEST_F(ProberTest, WhatHasStartedIsNotAskedThatAgain) {
  answers_.Set("c", true);
  const ProbeTarget startup = Target("c", absl::ZeroDuration(), ProbeKind::kStartup);
  prober_.Track("web", {startup});
  ASSERT_TRUE(answers_.WaitUntil([&] { return Of(startup).ready; }));
  const int asked = answers_.asked();
  const ProbeTarget other = Target("d", absl::ZeroDuration());
  prober_.Track("other", {other});
  ASSERT_TRUE(answers_.WaitForAsked(asked + 20));  // Only the other one.
  answers_.Set("c", false);
  prober_.Track("web", {startup});
  ASSERT_TRUE(answers_.WaitForAsked(asked + 40));
  EXPECT_TRUE(Of(startup).ready);
}

TEST_F(ProberTest, AskingMoreOftenLeavesNoLessTimeToStart) {
  ProbeTarget startup = Target("c", absl::ZeroDuration(), ProbeKind::kStartup);
  startup.probe.period = absl::Minutes(1);
  startup.probe.failure_threshold = 2;
  prober_.Track("web", {startup});
  ASSERT_TRUE(answers_.WaitForAsked(3));
  EXPECT_FALSE(Of(startup).failed) << "a minute is not over";
  startup.started_at = Target("c", absl::ZeroDuration()).started_at;
  startup.probe.period = absl::Milliseconds(1);
  prober_.Track("web", {startup});
  EXPECT_TRUE(answers_.WaitUntil([&] { return Of(startup).failed; }));
}

TEST_F(ProberTest, WhatHasRunForLongerThanItMayTakeToStartHasStarted) {
  const ProbeTarget old = Target("c", absl::Hours(1), ProbeKind::kStartup);
  prober_.Track("web", {old});
  EXPECT_TRUE(Of(old).ready);
  const ProbeTarget other = Target("d", absl::ZeroDuration());
  prober_.Track("other", {other});
  ASSERT_TRUE(answers_.WaitForAsked(20));  // Only the other one.
  EXPECT_TRUE(Of(old).ready);
}

TEST_F(ProberTest, WhatCouldNotBeFoundOutChangesNothing) {
  answers_.Set("c", true);
  ProbeTarget target = Target("c", absl::ZeroDuration(), ProbeKind::kLiveness);
  target.probe.failure_threshold = 1;
  prober_.Track("web", {target});
  ASSERT_TRUE(answers_.WaitUntil([&] { return Of(target).ready; }));
  answers_.SetAway(true);
  const int asked = answers_.asked();
  ASSERT_TRUE(answers_.WaitForAsked(asked + 5));
  EXPECT_TRUE(Of(target).ready);
  EXPECT_FALSE(Of(target).failed);
}

TEST_F(ProberTest, GroupsDoNotForgetEachOthersContainers) {
  answers_.Set("a", true);
  const ProbeTarget a = Target("a", absl::ZeroDuration());
  prober_.Track("one", {a});
  prober_.Track("two", {});
  ASSERT_TRUE(answers_.WaitForChanges("one", 1));
  EXPECT_TRUE(Of(a).ready);
  prober_.Track("one", {});
  EXPECT_FALSE(Of(a).ready);
}

}  // namespace
}  // namespace weft::local
