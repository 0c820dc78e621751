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
class Answers {
 public:
  absl::Status Ask(const ProbeTarget& target) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !blocked_; });
    ++asked_;
    changed_.notify_all();
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
};

class ProberTest : public testing::Test {
 protected:
  ProberTest()
      : prober_(
            2, absl::Now(), [this](const ProbeTarget& t) { return answers_.Ask(t); },
            [this](const std::string& group) { answers_.Changed(group); }) {}

  ProbeTarget Target(const std::string& id, absl::Duration age) {
    HttpProbe probe;
    probe.period = absl::Milliseconds(1);
    return {id, absl::FormatTime(absl::RFC3339_full, absl::Now() - age, absl::UTCTimeZone()),
            "172.16.0.2", probe};
  }

  Answers answers_;
  Prober prober_;
};

TEST_F(ProberTest, ANewContainerIsNotReadyUntilItAnswersAndNoMoreWhenItFails) {
  const ProbeTarget target = Target("c", absl::ZeroDuration());
  const auto of = [&] { return prober_.Of("c", target.started_at); };
  EXPECT_EQ(of(), Readiness::kNotReady);
  prober_.Track("web", {target});
  ASSERT_TRUE(answers_.WaitForAsked(1));
  EXPECT_EQ(of(), Readiness::kNotReady);
  answers_.Set("c", true);
  EXPECT_TRUE(answers_.WaitUntil([&] { return of() == Readiness::kReady; }));
  answers_.Set("c", false);
  EXPECT_TRUE(answers_.WaitUntil([&] { return of() == Readiness::kNotReady; }));
}

TEST_F(ProberTest, AContainerThatMayHaveBeenAskedBeforeIsUnknownUntilItIsAsked) {
  const ProbeTarget old = Target("old", absl::Hours(1));
  ProbeTarget starting = Target("starting", absl::Hours(1));
  starting.probe.initial_delay = absl::Hours(2);  // Nobody has asked it yet.
  answers_.Block();
  prober_.Track("web", {old, starting});
  EXPECT_EQ(prober_.Of("old", old.started_at), Readiness::kUnknown);
  EXPECT_EQ(prober_.Of("starting", starting.started_at), Readiness::kNotReady);
  answers_.Unblock();
}

TEST_F(ProberTest, TheVerdictOnAnInheritedContainerIsNewsEvenIfItIsBad) {
  const ProbeTarget target = Target("c", absl::Hours(1));
  prober_.Track("web", {target});
  ASSERT_TRUE(answers_.WaitForChanges("web", 1));
  EXPECT_EQ(prober_.Of("c", target.started_at), Readiness::kNotReady);
}

TEST_F(ProberTest, ARestartedContainerIsJudgedAnew) {
  answers_.Set("c", true);
  const ProbeTarget first = Target("c", absl::ZeroDuration());
  prober_.Track("web", {first});
  ASSERT_TRUE(answers_.WaitForChanges("web", 1));
  ProbeTarget second = first;
  second.started_at = Target("c", -absl::Hours(1)).started_at;  // Not asked for an hour.
  prober_.Track("web", {second});
  EXPECT_EQ(prober_.Of("c", first.started_at), Readiness::kNotReady);
  EXPECT_EQ(prober_.Of("c", second.started_at), Readiness::kNotReady);
}

TEST_F(ProberTest, SaysWhyAfterTenFailuresInARowUntilItIsReady) {
  const ProbeTarget target = Target("c", absl::ZeroDuration());
  prober_.Track("web", {target});
  ASSERT_TRUE(answers_.WaitForChanges("web", 1));
  EXPECT_GE(answers_.asked(), 10);
  EXPECT_EQ(prober_.Of("c", target.started_at), Readiness::kNotReady);
  EXPECT_EQ(prober_.Complaint("c", target.started_at), "refused");
  EXPECT_EQ(prober_.Complaint("c", "another run"), "");
  answers_.Set("c", true);
  ASSERT_TRUE(answers_.WaitForChanges("web", 2));
  EXPECT_EQ(prober_.Of("c", target.started_at), Readiness::kReady);
  EXPECT_EQ(prober_.Complaint("c", target.started_at), "");
  answers_.Set("c", false);
  ASSERT_TRUE(answers_.WaitForChanges("web", 4));  // Not ready any more, and why.
  EXPECT_EQ(prober_.Complaint("c", target.started_at), "refused");
}

TEST_F(ProberTest, GroupsDoNotForgetEachOthersContainers) {
  answers_.Set("a", true);
  const ProbeTarget a = Target("a", absl::ZeroDuration());
  prober_.Track("one", {a});
  prober_.Track("two", {});
  ASSERT_TRUE(answers_.WaitForChanges("one", 1));
  EXPECT_EQ(prober_.Of("a", a.started_at), Readiness::kReady);
  prober_.Track("one", {});
  EXPECT_EQ(prober_.Of("a", a.started_at), Readiness::kNotReady);
}

}  // namespace
}  // namespace weft::local
