#include "core/base/container_state.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

std::string Message(const std::string& status, const char* state) {
  return StateMessage(*json::Parse(status), state);
}

TEST(StateMessage, OfWhatHasEndedIsTheLastLineOfWhatItWrote) {
  EXPECT_EQ(Message(R"({"state":{"terminated":{"message":"starting\nno such table: users\n"}}})",
                    "terminated"),
            "no such table: users");
  EXPECT_EQ(Message(R"({"state":{"terminated":{"exitCode":3}}})", "terminated"), "");
}

TEST(StateMessage, OfWhatWaitsSaysToWhatTheRunBeforeCame) {
  const std::string last = R"("lastState":{"terminated":{"message":"one\nport 80 is taken\n"}})";
  EXPECT_EQ(Message(R"({"state":{"waiting":{"message":"back-off 10s"}},)" + last + "}", "waiting"),
            "back-off 10s: port 80 is taken");
  EXPECT_EQ(Message(R"({"state":{"waiting":{}},)" + last + "}", "waiting"), "");
  EXPECT_EQ(Message(R"({"state":{"waiting":{"message":"back-off 10s"}}})", "waiting"),
            "back-off 10s");
}

TEST(StateMessage, SaysNothingTwice) {
  EXPECT_EQ(Message(R"({"state":{"waiting":{"message":"back-off 10s: liveness probe failed: no"}},)"
                    R"("lastState":{"terminated":{"message":"liveness probe failed: no"}}})",
                    "waiting"),
            "back-off 10s: liveness probe failed: no");
}

}  // namespace
}  // namespace weft
