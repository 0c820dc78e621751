#include "runtime/anchor/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::anchor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Rules, SpreadNewConnectionsOverTheTargetsInTurn) {
  EXPECT_THAT(Rules("10.0.8.1", {{80, "TCP", {{"10.0.0.2", 8080}, {"10.0.0.3", 8080}}}}),
              HasSubstr("ip daddr 10.0.8.1 tcp dport 80 dnat ip to numgen inc mod 2 map "
                        "{ 0 : 10.0.0.2 . 8080, 1 : 10.0.0.3 . 8080 }\n"));
}

TEST(Rules, KeepTcpAndUdpOfOnePortApart) {
  const std::string rules =
      Rules("10.0.8.1", {{53, "TCP", {{"10.0.0.2", 53}}}, {53, "UDP", {{"10.0.0.3", 5353}}}});
  EXPECT_THAT(rules,
              HasSubstr("tcp dport 53 dnat ip to numgen inc mod 1 map { 0 : 10.0.0.2 . 53 "));
  EXPECT_THAT(rules,
              HasSubstr("udp dport 53 dnat ip to numgen inc mod 1 map { 0 : 10.0.0.3 . 5353 "));
}

TEST(Rules, LeaveAPortWithoutTargetsToTheKernel) {
  EXPECT_THAT(Rules("10.0.8.1", {{80, "TCP", {}}}), Not(HasSubstr("dport")));
}

TEST(Rules, AreTheSameForTargetsInAnyOrderAndTwice) {
  EXPECT_EQ(Rules("10.0.8.1", {{80, "TCP", {{"10.0.0.2", 1}, {"10.0.0.3", 1}, {"10.0.0.2", 1}}}}),
            Rules("10.0.8.1", {{80, "TCP", {{"10.0.0.3", 1}, {"10.0.0.2", 1}}}}));
}

TEST(Rules, ReplaceWhatStoodThereInOneTransaction) {
  const std::string rules = Rules("10.0.8.1", {{80, "TCP", {{"10.0.0.2", 8080}}}});
  const size_t flush = rules.find("flush table ip weft\n");
  ASSERT_NE(flush, std::string::npos);
  EXPECT_LT(rules.find("table ip weft {"), flush);  // Or the first flush fails: no such table.
  EXPECT_GT(rules.find("dport"), flush);
}

TEST(Rules, LeaveOutWhatIsNoTarget) {
  const std::string rules = Rules(
      "10.0.8.1", {{80, "TCP", {{"10.0.0.2 }; flush ruleset", 80}, {"", 80}, {"10.0.0.9", 0}}}});
  EXPECT_THAT(rules, Not(HasSubstr("ruleset")));
  EXPECT_THAT(rules, Not(HasSubstr("dport")));
}

}  // namespace
}  // namespace weft::anchor
