#include "runtime/anchor/network_access.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/fake_engine.h"

namespace weft::anchor {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const ServiceNetwork::Service kWeb = {
    "default", "web", "weft-default", {{80, "TCP", {{"10.0.0.2", 8080}, {"10.0.0.3", 8080}}}}};

class ThroughTheEngine : public ::testing::Test {
 protected:
  ThroughTheEngine() {
    engine_.AddImage("weft/anchor:1");
    engine_.CreateNetwork({.name = "weft-default"}).IgnoreError();
    engine::ContainerSpec spec;
    spec.name = "anchor";
    spec.image = "weft/anchor:1";
    spec.network = "weft-default";
    AllowNetworkAccess(NetworkAccess::kThroughEngine, spec);
    EXPECT_THAT(spec.capabilities_add, ElementsAre("NET_ADMIN"));
    anchor_.id = *engine_.CreateContainer(spec);
    EXPECT_TRUE(engine_.StartContainer(anchor_.id).ok());
  }
  absl::Status Forward() {
    return ForwardService(engine_, NetworkAccess::kThroughEngine, anchor_, "10.0.8.1", kWeb);
  }
  engine::FakeEngine engine_;
  engine::Container anchor_;
};

TEST_F(ThroughTheEngine, RulesAreWrittenThereAndWhoLeftIsForgotten) {
  ASSERT_TRUE(Forward().ok());
  ASSERT_EQ(engine_.commands().size(), 2u);
  EXPECT_THAT(engine_.commands()[0],
              StartsWith(anchor_.id + " /lib/loader --library-path /lib /nft table ip weft {"));
  EXPECT_EQ(engine_.commands()[1], anchor_.id +
                                       " /weft-anchor release 10.0.8.1 60 TCP 80 10.0.0.2 8080 "
                                       "TCP 80 10.0.0.3 8080");
}

TEST_F(ThroughTheEngine, WhatNftRefusesIsTold) {
  engine_.SetExec(engine::ExecResult{1, "syntax error"});
  EXPECT_EQ(Forward(), absl::InternalError("nft: syntax error"));
}

TEST_F(ThroughTheEngine, WhetherItWorksIsTriedAndLeavesNothing) {
  const auto check = [&](NetworkAccess access) {
    return CheckNetworkAccess(engine_, access, "0123456789ab", "/bin/true");
  };
  const size_t before = engine_.ListContainers({})->size();
  EXPECT_TRUE(check(NetworkAccess::kThroughEngine).ok());
  EXPECT_EQ(engine_.commands().size(), 1u);
  engine_.SetExec(engine::ExecResult{1, "Operation not permitted"});
  EXPECT_EQ(check(NetworkAccess::kThroughEngine),
            absl::FailedPreconditionError("only root may change the networks of this engine's "
                                          "containers (nft: Operation not permitted): run the "
                                          "runtime as root"));
  EXPECT_EQ(engine_.ListContainers({})->size(), before);
  EXPECT_TRUE(check(NetworkAccess::kDirect).ok());
  engine_.SetReachable(false);
  EXPECT_TRUE(absl::IsUnavailable(check(NetworkAccess::kThroughEngine)));
}

TEST_F(ThroughTheEngine, MoreRulesThanACommandTakesAreRefused) {
  const absl::Status refused =
      WriteRules(engine_, NetworkAccess::kThroughEngine, anchor_, std::string(200'000, ' '));
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  EXPECT_THAT(engine_.commands(), ElementsAre());
}

TEST(OwnAddress, IsThatOnTheWayThere) {
  EXPECT_EQ(OwnAddressTowards("127.0.0.7"), "127.0.0.1");
  EXPECT_EQ(OwnAddressTowards("nowhere"), "");
}

TEST(NetworkTools, AreThisMachinesNftWithItsLibraries) {
  const auto tools = NetworkTools();
  ASSERT_TRUE(tools.ok()) << tools.status();
  std::vector<std::string> paths;
  for (const engine::TarEntry& file : *tools) {
    EXPECT_FALSE(file.content.empty()) << file.path;
    paths.push_back(file.path);
  }
  EXPECT_THAT(paths, Contains("nft"));
  EXPECT_THAT(paths, Contains("lib/loader"));
  EXPECT_THAT(paths, Contains(HasSubstr("lib/libnftables")));
}

}  // namespace
}  // namespace weft::anchor
