#include "runtime/anchor/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/anchor/rules.h"

namespace weft::anchor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kPod[] = "10.0.0.2";

std::string StatementsOf(Filter::Rule rule) { return FilterStatements(kPod, {{std::move(rule)}}); }

TEST(Filter, LetsInWhomARuleNamesAndRejectsTheRest) {
  EXPECT_EQ(StatementsOf({false, {"10.0.0.4", "10.0.0.3"}, {{"TCP", 80, 80}, {"UDP", 53, 60}}}),
            "    ip daddr 10.0.0.2 ip saddr { 10.0.0.3, 10.0.0.4 } tcp dport 80 accept\n"
            "    ip daddr 10.0.0.2 ip saddr { 10.0.0.3, 10.0.0.4 } udp dport 53-60 accept\n"
            "    ip daddr 10.0.0.2 reject\n");
  EXPECT_EQ(StatementsOf({.everybody = true}),
            "    ip daddr 10.0.0.2 accept\n"
            "    ip daddr 10.0.0.2 reject\n");
  EXPECT_EQ(StatementsOf({.everybody = true, .ports = {{.protocol = "UDP"}}}),
            "    ip daddr 10.0.0.2 meta l4proto udp accept\n"
            "    ip daddr 10.0.0.2 reject\n");
}

TEST(Filter, WithoutAnybodyToLetInRejectsAll) {
  EXPECT_EQ(FilterStatements(kPod, {}), "    ip daddr 10.0.0.2 reject\n");
  EXPECT_EQ(StatementsOf({.everybody = false}), "    ip daddr 10.0.0.2 reject\n");
}

TEST(Filter, LeavesOutWhatIsNoAddressOrPort) {
  EXPECT_EQ(StatementsOf({false, {"10.0.0.3 } accept; flush ruleset"}, {}}),
            "    ip daddr 10.0.0.2 reject\n");
  EXPECT_EQ(StatementsOf({true, {}, {{"TCP", 70000, 70001}, {"TCP", 9, 8}, {"TCP", -1, 5}}}),
            "    ip daddr 10.0.0.2 reject\n");
  EXPECT_EQ(FilterStatements("everything", {}), "");
}

TEST(Filter, APodLetsInTheMachineAndServicesToo) {
  const std::string rules = PodRules(kPod, "10.0.0.1", "10.0.8.0/21", Filter{});
  EXPECT_THAT(rules, HasSubstr("    iif lo accept\n"));
  EXPECT_THAT(rules, HasSubstr("    ip saddr 10.0.0.1 accept\n"));
  EXPECT_THAT(rules, HasSubstr("    ip saddr 10.0.8.0/21 accept\n"));
  EXPECT_LT(rules.find("10.0.8.0/21 accept"), rules.find("ip daddr 10.0.0.2 reject"));
}

TEST(Filter, APodWithoutOneHasNoTable) {
  EXPECT_EQ(PodRules(kPod, "10.0.0.1", "10.0.8.0/21", std::nullopt),
            "table inet weft { }\ndelete table inet weft\n");
}

TEST(Filter, AServiceForwardsWhatItLetsThrough) {
  const std::vector<ServiceNetwork::Port> ports = {{80, "TCP", {{kPod, 8080}}}};
  EXPECT_THAT(Rules("10.0.8.1", ports), Not(HasSubstr("hook forward")));
  const std::string rules = Rules(
      "10.0.8.1", ports, {"10.0.0.1", {{kPod, {{{false, {"10.0.0.3"}, {{"TCP", 8080, 8080}}}}}}}});
  EXPECT_THAT(rules, HasSubstr("    ip saddr 10.0.0.1 accept\n"
                               "    ip saddr 10.0.0.2 ip daddr 10.0.0.2 accept\n"
                               "    ip daddr 10.0.0.2 ip saddr { 10.0.0.3 } tcp dport 8080 "
                               "accept\n"
                               "    ip daddr 10.0.0.2 reject\n"));
}

}  // namespace
}  // namespace weft::anchor
