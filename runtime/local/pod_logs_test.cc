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
    id_ = *engine_.CreateContainer({.name = "web", .image = "web:1", .network = "n"});
    EXPECT_TRUE(engine_.StartContainer(id_).ok());
  }

  engine::FakeEngine engine_;
  engine::StreamControl control_;
  std::string id_;
  std::vector<std::string> output_;
};

TEST_F(PodLogsTest, EndsWithTheOutputUnlessItIsFollowed) {
  EXPECT_TRUE(ReadPodLogs(engine_, id_, {}, control_, [&](std::string_view bytes) {
                output_.emplace_back(bytes);
                return true;
              }).ok());
  EXPECT_EQ(output_, (std::vector<std::string>{"output of " + id_ + "\n"}));
}

TEST_F(PodLogsTest, FollowsAcrossRestartsUntilTheContainerIsGone) {
  const auto sink = [&](std::string_view bytes) {
    output_.emplace_back(bytes);
    if (output_.size() < 3) {
      engine_.Exit(id_, 1);
    } else {
      EXPECT_TRUE(engine_.RemoveContainer(id_).ok());
    }
    return true;
  };
  EXPECT_TRUE(ReadPodLogs(engine_, id_, {.follow = true, .tail = 1}, control_, sink).ok());
  ASSERT_EQ(output_.size(), 3u);
  EXPECT_EQ(output_[0].find("since"), std::string::npos);
  EXPECT_NE(output_[1].find("since"), std::string::npos);  // Nothing is told twice.
}

TEST_F(PodLogsTest, EndsWhenTheReaderGoes) {
  EXPECT_TRUE(ReadPodLogs(engine_, id_, {.follow = true}, control_, [&](std::string_view) {
                return false;
              }).ok());
  const absl::Status cancelled =
      ReadPodLogs(engine_, id_, {.follow = true}, control_, [&](std::string_view) {
        control_.Cancel();
        return true;
      });
  EXPECT_TRUE(absl::IsCancelled(cancelled));
}

}  // namespace
}  // namespace weft::local
