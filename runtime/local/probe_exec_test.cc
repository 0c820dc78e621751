#include <gtest/gtest.h>

#include "runtime/engine/fake_engine.h"
#include "runtime/local/prober.h"

namespace weft::local {
namespace {

class ProbeExecTest : public testing::Test {
 protected:
  ProbeExecTest() {
    engine_.AddImage("web:1");
    EXPECT_TRUE(engine_.CreateNetwork({.name = "n"}).ok());
    target_.container_id =
        *engine_.CreateContainer({.name = "web", .image = "web:1", .network = "n"});
    target_.probe.action = Exec{{"check", "it"}};
    EXPECT_TRUE(engine_.StartContainer(target_.container_id).ok());
  }
  std::string Failure() { return std::string(AskContainer(engine_, target_).message()); }

  engine::FakeEngine engine_;
  ProbeTarget target_;
};

TEST_F(ProbeExecTest, ExitCodeZeroIsWell) { EXPECT_EQ(Failure(), ""); }

TEST_F(ProbeExecTest, SaysWhatTheCommandCameTo) {
  engine_.SetExec(engine::ExecResult{3, "no database\n"});
  EXPECT_EQ(Failure(), "check it: exit code 3: no database");
  engine_.SetExec(engine::ExecResult{1, ""});
  EXPECT_EQ(Failure(), "check it: exit code 1");
  engine_.SetExec(absl::DeadlineExceededError("slow"));
  EXPECT_EQ(Failure(), "check it: did not end within 1s");
  engine_.SetExec(absl::InvalidArgumentError("no such program"));
  EXPECT_EQ(Failure(), "check it: no such program");
}

TEST_F(ProbeExecTest, AnEngineThatIsAwaySaysNothingOfTheContainer) {
  engine_.SetReachable(false);
  EXPECT_TRUE(absl::IsAborted(AskContainer(engine_, target_)));
}

TEST_F(ProbeExecTest, WhatACommandSaysIsTextWhereverItIsCut) {
  engine_.SetExec(engine::ExecResult{1, std::string(199, 'a') + "\xc3\xa4 and more"});
  EXPECT_EQ(Failure(), "check it: exit code 1: " + std::string(199, 'a') + "?");
}

}  // namespace
}  // namespace weft::local
