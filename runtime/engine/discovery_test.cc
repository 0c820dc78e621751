#include "runtime/engine/discovery.h"

#include <gtest/gtest.h>

namespace weft::engine {
namespace {

TEST(Discovery, TakesUnixAddressesOnly) {
  EXPECT_EQ(*SocketPathOf("unix:///var/run/docker.sock"), "/var/run/docker.sock");
  EXPECT_EQ(*SocketPathOf("unix:/tmp/d.sock"), "/tmp/d.sock");
  EXPECT_FALSE(SocketPathOf("tcp://127.0.0.1:2375").ok());
  EXPECT_FALSE(SocketPathOf("unix://relative").ok());
  EXPECT_FALSE(SocketPathOf("unix:///" + std::string(120, 'x')).ok());
}

TEST(Discovery, PrefersTheUsersChoiceAndTakesWhatAnswers) {
  const auto sockets = UsualSockets("unix:///mine.sock");
  EXPECT_EQ(FirstAnswering(sockets, [](const std::string&) { return true; }), "/mine.sock");
  EXPECT_EQ(FirstAnswering(sockets, [](const std::string& s) { return s != "/mine.sock"; }),
            "/var/run/docker.sock");
  EXPECT_EQ(FirstAnswering(sockets, [](const std::string&) { return false; }), "");
}

TEST(Discovery, PassesOverAnEngineOnAnotherMachine) {
  EXPECT_EQ(UsualSockets("tcp://elsewhere:2375").front(), "/var/run/docker.sock");
}

TEST(Discovery, ASocketThatDoesNotExistDoesNotAnswer) {
  EXPECT_FALSE(EngineAnswers("/nonexistent/docker.sock"));
}

}  // namespace
}  // namespace weft::engine
