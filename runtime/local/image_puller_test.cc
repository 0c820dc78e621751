#include "runtime/local/image_puller.h"

#include <condition_variable>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/fake_engine.h"

namespace weft::local {
namespace {

class ImagePullerTest : public testing::Test {
 protected:
  ImagePullerTest()
      : puller_(
            engine_, 2, std::chrono::milliseconds(1), std::chrono::minutes(1),
            [this] { return machine_; }, [this](const std::string& key) { Told(key); }) {}

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
  std::vector<std::string> machine_;  // Texts of logins; set before anything is asked.
  ImagePuller puller_;
};

TEST_F(ImagePullerTest, AnImageThatIsThereIsNotPulled) {
  engine_.AddImage("web:1");
  EXPECT_TRUE(puller_.Ask({"web:1", true, "a"})->present);
  EXPECT_EQ(engine_.pulls(), 0);
}

TEST_F(ImagePullerTest, OneThatMayNotBePulledIsWaitedFor) {
  const auto answer = puller_.Ask({"web:1", false, "a"});
  EXPECT_FALSE(answer->present);
  EXPECT_EQ(answer->reason, "ErrImageNeverPull");
  engine_.AddImage("web:1");
  puller_.ImagesChanged();
  EXPECT_TRUE(WaitForNews("a", 1));
  EXPECT_TRUE(puller_.Ask({"web:1", false, "a"})->present);
  EXPECT_EQ(engine_.pulls(), 0);
}

TEST_F(ImagePullerTest, AFailedPullIsToldWithItsReasonAndTriedAgainWhileSomebodyAsks) {
  EXPECT_EQ(puller_.Ask({"web:1", true, "a"})->reason, "ContainerCreating");
  ASSERT_TRUE(WaitForNews("a", 1));
  const auto failed = puller_.Ask({"web:1", true, "a"});
  EXPECT_EQ(failed->reason, "ImagePullBackOff");
  EXPECT_NE(failed->message.find("no registry"), std::string::npos);
  EXPECT_TRUE(WaitForNews("a", 2));
  EXPECT_GE(engine_.pulls(), 2);
}

TEST_F(ImagePullerTest, WhoAsksLateStillHearsWhyThePullFailed) {
  // One image after the other, without a wait between two attempts: when the third was tried, it
  // was the first one's turn again, and nobody asked for it.
  ImagePuller puller(
      engine_, 1, std::chrono::milliseconds(0), std::chrono::minutes(1),
      [this] { return machine_; }, [this](const std::string& key) { Told(key); });
  for (const char* image : {"web:1", "web:2", "web:3"}) {
    ASSERT_TRUE(puller.Ask({image, true, image}).ok());
    ASSERT_TRUE(WaitForNews(image, 1));
  }
  EXPECT_EQ(puller.Ask({"web:1", true, "a"})->reason, "ImagePullBackOff");
  EXPECT_TRUE(WaitForNews("a", 1)) << "and it is tried again at once";
}

TEST_F(ImagePullerTest, AnEngineThatIsAwayIsAnErrorAndNoVerdictOnTheImage) {
  engine_.SetReachable(false);
  EXPECT_TRUE(absl::IsUnavailable(puller_.Ask({"web:1", true, "a"}).status()));
  EXPECT_EQ(engine_.pulls(), 0);
}

TEST_F(ImagePullerTest, AMarkAsksForWhatTheRegistryHasNow) {
  engine_.AddImage("web:1");
  const uint64_t mark = puller_.Mark();
  const auto ask = [&](uint64_t since) { return puller_.Ask({"web:1", true, "a", {}, since}); };
  EXPECT_EQ(ask(mark)->reason, "ContainerCreating");
  ASSERT_TRUE(WaitForNews("a", 1));
  EXPECT_EQ(ask(mark)->reason, "ImagePullBackOff") << "the registry has none";
  EXPECT_TRUE(ask(0)->present) << "which does not take the news from who waits";
  engine_.SetPrivateImage("web:1", "");
  ASSERT_TRUE(WaitForNews("a", 2));
  EXPECT_TRUE(ask(mark)->present);
  const int pulls = engine_.pulls();
  EXPECT_TRUE(ask(mark)->present);
  EXPECT_TRUE(ask(0)->present);
  EXPECT_EQ(engine_.pulls(), pulls);
  const uint64_t later = puller_.Mark();
  EXPECT_FALSE(ask(later)->present);
  ASSERT_TRUE(WaitForNews("a", 3));
  EXPECT_TRUE(ask(later)->present);
  EXPECT_EQ(engine_.pulls(), pulls + 1);
}

std::string LoginText(const std::string& registry, const std::string& user,
                      const std::string& password) {
  return R"({"auths":{")" + registry + R"(":{"username":")" + user + R"(","password":")" +
         password + R"("}}})";
}

TEST_F(ImagePullerTest, APrivateOneIsPulledAsEverybodyOfWhomThereIsALogin) {
  const std::string image = "registry.example.org:5000/team/web:1";
  engine_.SetPrivateImage(image, "right");
  machine_ = {LoginText("registry.example.org:5000", "machine", "right")};
  EXPECT_FALSE(puller_
                   .Ask({image,
                         true,
                         "a",
                         {LoginText("registry.example.org:5000", "pod", "wrong"),
                          LoginText("other.example.org", "other", "right")}})
                   ->present);
  ASSERT_TRUE(WaitForNews("a", 1));
  EXPECT_TRUE(puller_.Ask({image, true, "a"})->present);
  EXPECT_THAT(engine_.pulled_as(), testing::ElementsAre("pod", "machine"));
}

TEST_F(ImagePullerTest, WhoHasNoLoginDoesNotKeepAnotherFromIt) {
  const std::string image = "quay.io/team/web:1";
  engine_.SetPrivateImage(image, "right");
  // Who asks when it is there already waits for nothing.
  const auto comes = [&](const ImagePuller::Wish& wish) {
    return puller_.Ask(wish)->present || WaitForNews(wish.key, 1);
  };
  puller_.Ask({image, true, "has", {LoginText("quay.io", "pod", "right")}}).IgnoreError();
  EXPECT_TRUE(comes({image, true, "has none"}));
  EXPECT_TRUE(comes({image, false, "may not"}));
  EXPECT_TRUE(WaitForNews("has", 1));
  // The first of two attempts may have begun before the others asked.
  EXPECT_TRUE(puller_.Ask({image, true, "has none"})->present);
}

TEST_F(ImagePullerTest, SaysWhatAPrivateOneTakes) {
  const auto said = [&] {
    puller_.Ask({"private:1", true, "a"}).IgnoreError();
    EXPECT_TRUE(WaitForNews("a", 1));
    return puller_.Ask({"private:1", true, "a"})->message;
  };
  engine_.SetPrivateImage("private:1", "right");
  EXPECT_EQ(said(),
            "pull image private:1: pull access denied: there is no login for docker.io: "
            "`docker login` or an imagePullSecret gives one");
}

TEST_F(ImagePullerTest, SaysWhomItWasRefusedTo) {
  engine_.SetPrivateImage("private:1", "right");
  machine_ = {LoginText("https://index.docker.io/v1/", "ann", "wrong")};
  puller_.Ask({"private:1", true, "a"}).IgnoreError();
  ASSERT_TRUE(WaitForNews("a", 1));
  EXPECT_EQ(
      puller_.Ask({"private:1", true, "a"})->message,
      "pull image private:1: pull access denied: no login that there is for docker.io will do");
}

}  // namespace
}  // namespace weft::local
