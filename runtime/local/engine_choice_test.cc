#include "runtime/local/engine_choice.h"

#include <gtest/gtest.h>

namespace weft::local {
namespace {

constexpr char kPrivate[] = "/data/engine/docker.sock";

class EngineChoiceTest : public testing::Test {
 protected:
  std::string Chosen() {
    const auto choice = ChooseEngine(
        wishes_, [this](const std::string& socket) { return socket == answering_; },
        [this] { return possible_; });
    if (!choice.ok()) return std::string(choice.status().message());
    EXPECT_EQ(choice->is_private, choice->socket_path == kPrivate);
    return choice->socket_path;
  }

  EngineWishes wishes_{"", "", "", kPrivate};
  std::string answering_ = "none";
  absl::Status possible_;
};

TEST_F(EngineChoiceTest, TakesAnEngineOfTheMachineThatAnswersElseAPrivateOne) {
  answering_ = "/var/run/docker.sock";
  EXPECT_EQ(Chosen(), "/var/run/docker.sock");
  wishes_.docker_host = "unix:///mine.sock";
  EXPECT_EQ(Chosen(), "/var/run/docker.sock");
  answering_ = "/mine.sock";
  EXPECT_EQ(Chosen(), "/mine.sock");
  answering_ = "none";
  EXPECT_EQ(Chosen(), kPrivate);
}

TEST_F(EngineChoiceTest, StaysWithTheEngineThatHasTheContainersEvenIfItDoesNotAnswerNow) {
  wishes_.remembered = "/mine.sock";
  EXPECT_EQ(Chosen(), "/mine.sock");
  wishes_.remembered = kPrivateEngine;
  answering_ = "/var/run/docker.sock";  // Installed since.
  EXPECT_EQ(Chosen(), kPrivate);
}

TEST_F(EngineChoiceTest, TheUsersWishStandsAboveAll) {
  wishes_.remembered = "/mine.sock";
  wishes_.wanted = "private";
  EXPECT_EQ(Chosen(), kPrivate);
  wishes_.wanted = "unix:///other.sock";
  EXPECT_EQ(Chosen(), "/other.sock");
  wishes_.wanted = "tcp://host";
  EXPECT_NE(Chosen().find("only unix"), std::string::npos);
}

TEST_F(EngineChoiceTest, SaysWhyThereCanBeNone) {
  possible_ = absl::FailedPreconditionError("no root");
  EXPECT_EQ(Chosen(), "no root");
}

}  // namespace
}  // namespace weft::local
