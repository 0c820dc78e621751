#include "runtime/local/pod_logs.h"

#include <gtest/gtest.h>

#include "runtime/engine/fake_engine.h"

namespace weft::local {
namespace {

class PodLogsTest : public testing::Test {
 protected:
  PodLogsTest() {
    engine_.AddImage("web:1");
    EXPECT_TRUE(engine_.CreateNetwork({.name = "n"}).ok());
    Run();
  }

  void Run() {
    runs_.push_back(*engine_.CreateContainer(
        {.name = "web" + std::to_string(runs_.size()), .image = "web:1", .network = "n"}));
    EXPECT_TRUE(engine_.StartContainer(runs_.back()).ok());
  }
  absl::Status Read(const engine::LogSelection& selection, const engine::ChunkSink& sink) {
    const LastRun last_run = [this]() -> absl::StatusOr<PodRun> {
      if (gone_) return absl::NotFoundError("no such pod");
      return PodRun{runs_.back(), ended_};
    };
    return ReadPodLogs(engine_, last_run, selection, control_, [&](std::string_view bytes) {
      output_.emplace_back(bytes);
      return sink(bytes);
    });
  }

  engine::FakeEngine engine_;
  engine::StreamControl control_;
  std::vector<std::string> runs_;
  bool gone_ = false;
  bool ended_ = false;  // For good.
  std::vector<std::string> output_;
};

TEST_F(PodLogsTest, EndsWithTheOutputUnlessItIsFollowed) {
  EXPECT_TRUE(Read({}, [](std::string_view) { return true; }).ok());
  EXPECT_EQ(output_, (std::vector<std::string>{"output of " + runs_[0] + "\n"}));
}

TEST_F(PodLogsTest, FollowsFromRunToRunUntilThePodIsGone) {
  const auto sink = [&](std::string_view) {
    if (output_.size() < 3) {
      Run();
    } else {
      gone_ = true;
    }
    return true;
  };
  EXPECT_TRUE(Read({.follow = true, .tail = 1}, sink).ok());
  EXPECT_EQ(output_, (std::vector<std::string>{"output of " + runs_[0] + "\n",
                                               "output of " + runs_[1] + "\n",
                                               "output of " + runs_[2] + "\n"}));
}

TEST_F(PodLogsTest, EndsAfterTheLastRun) {
  ended_ = true;
  EXPECT_TRUE(Read({.follow = true}, [](std::string_view) { return true; }).ok());
  EXPECT_EQ(output_.size(), 1u);
}

TEST_F(PodLogsTest, EndsWhenTheReaderGoes) {
  EXPECT_TRUE(Read({.follow = true}, [](std::string_view) { return false; }).ok());
  const absl::Status cancelled = Read({.follow = true}, [&](std::string_view) {
    control_.Cancel();
    return true;
  });
  EXPECT_TRUE(absl::IsCancelled(cancelled));
}

}  // namespace
}  // namespace weft::local
