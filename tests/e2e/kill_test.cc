// Any process may die at any instruction, as by kill -9: applications converge, and nothing is
// lost, doubled or disturbed.
#include <csignal>
#include <cstdlib>
#include <future>
#include <iostream>
#include <random>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/documents.h"
#include "tests/e2e/mesh.h"

namespace weft::e2e {
namespace {

constexpr char kApplication[] = "round";
constexpr int kReplicas = 2;
constexpr int kMoments = 20;
constexpr absl::Duration kLatest = absl::Seconds(2);  // An apply takes about one.

constexpr const char* kVictims[] = {kCore, kServer, kScaler, kRuntime, kEngine, kSupervisor};

Runs RunningOf(const Runs& runs) {
  Runs running;
  for (const auto& [name, run] : runs) {
    if (run.state == "running") running[name] = run;
  }
  return running;
}

// A mesh with an application that nothing may disturb. A round applies another application and
// kills somebody.
class Kill : public Mesh {
 protected:
  void SetUp() override {
    Mesh::SetUp();
    if (HasFatalFailure()) return;
    ImportHello();
    ASSERT_EQ(Apply("component", WebComponent()).status, 0);
    ASSERT_EQ(Apply("bystander", Text({"bystander", kReplicas})).status, 0);
    ASSERT_TRUE(AwaitConverged("bystander", {{InstanceOf("bystander"), kReplicas}}));
    ASSERT_TRUE(Await("pods, the Service's anchor and the name server",
                      [&] { return RunningOf(Containers()).size() == 2 * kReplicas + 2; }));
    bystander_ = Containers();
  }

  // Begins a round. Its documents differ from those of the last, so that no answer is cached.
  std::future<CommandResult> StartApply() {
    text_ = Text({kApplication, kReplicas, absl::StrCat("Round ", ++rounds_)});
    return std::async(std::launch::async, [&] { return Apply(kApplication, text_); });
  }

  // What somebody does who is told that the core or a provider is away.
  testing::AssertionResult ApplyAgain() const {
    return Await("an apply that succeeds", [&] { return Apply(kApplication, text_).status == 0; });
  }

  testing::AssertionResult AwaitRound() const {
    return AwaitConverged(kApplication, {{InstanceOf(kApplication), kReplicas}});
  }

  // One round: holds the mesh at `point` of an apply, kills `victim`, lets the rest go on.
  void KillAt(const std::string& point, const std::string& victim) {
    SCOPED_TRACE(absl::StrCat("kill -9 of ", victim, " at ", point));
    const std::map<std::string, pid_t> processes = Processes();
    Arm(point);
    std::future<CommandResult> applied = StartApply();
    const testing::AssertionResult hit = AwaitHit(point);
    const Runs running = RunningOf(Containers());
    if (hit) Signal(victim, SIGKILL);
    Release(point);
    const CommandResult result = applied.get();
    ASSERT_TRUE(hit) << result.out << result.err;
    if (victim == kCore && point == "core.record.before") {
      // The one point at which there is nothing yet: whoever applied is told, and does it again.
      EXPECT_NE(result.status, 0);
      EXPECT_TRUE(absl::IsNotFound(Find(kApplication).status()));
      ASSERT_TRUE(ApplyAgain());
    } else if (victim != kCore) {
      EXPECT_EQ(result.status, 0) << result.err;
    }
    ASSERT_TRUE(AwaitRound());
    EXPECT_EQ(Disturbed(running, Containers()), "");
    CheckOthers(processes, victim);
    EndRound();
  }

  // Everybody but `victim` is the process that it was; without a supervisor, too, and under the
  // next one.
  void CheckOthers(std::map<std::string, pid_t> before, const std::string& victim) {
    before.erase(victim);
    if (victim == kSupervisor) {
      EXPECT_FALSE(Process(kSupervisor).has_value());
      const CommandResult up = Weft({"up", "--detach"});
      EXPECT_EQ(up.status, 0) << up.err;
    }
    ASSERT_TRUE(Await(victim + " runs again", [&] { return Process(victim).has_value(); }));
    std::map<std::string, pid_t> after = Processes();
    after.erase(victim);
    EXPECT_EQ(after, before);
    EXPECT_EQ(Disturbed(bystander_, Containers()), "");
  }

  // Deletes the application: nothing of it is left, and the bystander is what it was.
  void EndRound() {
    const CommandResult deleted = Weft({"delete", kApplication, "--wait"});
    ASSERT_EQ(deleted.status, 0) << deleted.err;
    EXPECT_EQ(Containers(), bystander_);
  }

  Runs bystander_;
  std::string text_;  // Of the round's application.
  int rounds_ = 0;
};

class KillAtPoint : public Kill, public testing::WithParamInterface<const char*> {};

TEST_P(KillAtPoint, ConvergesAndDisturbsNothing) {
  for (const bool before : {true, false}) {
    const std::string point = absl::StrCat(GetParam(), before ? ".before" : ".after");
    for (const char* victim : {kCore, before ? kServer : kScaler, kRuntime, kEngine, kSupervisor}) {
      KillAt(point, victim);
      if (HasFatalFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Apply, KillAtPoint,
                         testing::Values("core.record", "core.apply", "core.accept", "core.status",
                                         "runtime.record", "runtime.create", "runtime.start",
                                         "runtime.status"),
                         [](const auto& info) {
                           std::string name = info.param;
                           name[name.find('.')] = '_';
                           return name;
                         });

// The seed of this run: WEFT_SEED, or a new one.
uint32_t Seed() {
  const char* given = getenv("WEFT_SEED");
  uint32_t seed = 0;
  return given != nullptr && absl::SimpleAtoi(given, &seed) ? seed : std::random_device{}();
}

TEST_F(Kill, AtRandomMomentsConvergesAndDisturbsNothing) {
  const uint32_t seed = Seed();
  std::cout << "WEFT_SEED=" << seed << std::endl;
  SCOPED_TRACE(absl::StrCat("WEFT_SEED=", seed));
  std::mt19937 random(seed);
  for (int i = 0; i < kMoments; ++i) {
    const std::string victim = kVictims[random() % std::size(kVictims)];
    const absl::Duration moment = kLatest * (random() % 1000) / 1000;
    SCOPED_TRACE(absl::StrCat("moment ", i, ": kill -9 of ", victim, " ",
                              absl::FormatDuration(moment), " after the start of an apply"));
    const std::map<std::string, pid_t> processes = Processes();
    std::future<CommandResult> applied = StartApply();
    absl::SleepFor(moment);  // The moment is what is tried.
    Signal(victim, SIGKILL);
    if (applied.get().status != 0) {
      EXPECT_TRUE(victim == kCore || victim == kServer || victim == kScaler);
      ASSERT_TRUE(ApplyAgain());
    }
    ASSERT_TRUE(AwaitRound());
    CheckOthers(processes, victim);
    EndRound();
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace weft::e2e
