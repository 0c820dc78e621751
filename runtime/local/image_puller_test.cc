#include "runtime/local/image_puller.h"

#include <condition_variable>
#include <gtest/gtest.h>

#include "runtime/engine/fake_engine.h"

namespace weft::local {
namespace {

class ImagePullerTest : public testing::Test {
 protected:
  ImagePullerTest()
      : puller_(engine_, 2, std::chrono::milliseconds(1), std::chrono::minutes(1),
                [this](const std::string& key) { Told(key); }) {}

  void Told(const std::string& key) {
    std::lock_guard lock(mutex_);
    ++told_[key];
    changed_.notify_all();
  }

  bool WaitForNews(const std::string& key, int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return told_[key] >= count; });
  }

  engine::FakeEngine engine_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int> told_;
  ImagePuller puller_;
};

TEST_F(ImagePullerTest, AnImageThatIsThereIsNotPulled) {
  engine_.AddImage("web:1");
  EXPECT_TRUE(puller_.Ask("web:1", true, "a")->present);
  EXPECT_EQ(engine_.pulls(), 0);
}

TEST_F(ImagePullerTest, OneThatMayNotBePulledIsWaitedFor) {
  const auto answer = puller_.Ask("web:1", false, "a");
  EXPECT_FALSE(answer->present);
  EXPECT_EQ(answer->reason, "ErrImageNeverPull");
  engine_.AddImage("web:1");
  puller_.ImagesChanged();
  EXPECT_TRUE(WaitForNews("a", 1));
  EXPECT_TRUE(puller_.Ask("web:1", false, "a")->present);
  EXPECT_EQ(engine_.pulls(), 0);
}

TEST_F(ImagePullerTest, AFailedPullIsToldWithItsReasonAndTriedAgainWhileSomebodyAsks) {
  EXPECT_EQ(puller_.Ask("web:1", true, "a")->reason, "ContainerCreating");
  ASSERT_TRUE(WaitForNews("a", 1));
  const auto failed = puller_.Ask("web:1", true, "a");
  EXPECT_EQ(failed->reason, "ImagePullBackOff");
  EXPECT_NE(failed->message.find("no registry"), std::string::npos);
  EXPECT_TRUE(WaitForNews("a", 2));
  EXPECT_GE(engine_.pulls(), 2);
}

TEST_F(ImagePullerTest, WhoAsksLateStillHearsWhyThePullFailed) {
  // One image after the other, without a wait between two attempts: when the third was tried, it
  // was the first one's turn again, and nobody asked for it.
  ImagePuller puller(engine_, 1, std::chrono::milliseconds(0), std::chrono::minutes(1),
                     [this](const std::string& key) { Told(key); });
  for (const char* image : {"web:1", "web:2", "web:3"}) {
    ASSERT_TRUE(puller.Ask(image, true, image).ok());
    ASSERT_TRUE(WaitForNews(image, 1));
  }
  EXPECT_EQ(puller.Ask("web:1", true, "a")->reason, "ImagePullBackOff");
  EXPECT_TRUE(WaitForNews("a", 1)) << "and it is tried again at once";
}

TEST_F(ImagePullerTest, AnEngineThatIsAwayIsAnErrorAndNoVerdictOnTheImage) {
  engine_.SetReachable(false);
  EXPECT_TRUE(absl::IsUnavailable(puller_.Ask("web:1", true, "a").status()));
  EXPECT_EQ(engine_.pulls(), 0);
}

}  // namespace
}  // namespace weft::local
