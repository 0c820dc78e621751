#include "runtime/anchor/anchor_network.h"

#include <gtest/gtest.h>

#include "runtime/anchor/addresses.h"
#include "runtime/anchor/network.h"
#include "runtime/engine/fake_engine.h"

namespace weft::anchor {
namespace {

class AnchorNetworkTest : public ::testing::Test {
 protected:
  AnchorNetworkTest() { network_ = *EnsureNetwork(engine_, "weft-default", {}); }

  std::unique_ptr<ServiceNetwork> Make(const std::string& installation = "0123456789ab") {
    return MakeAnchorNetwork(
        engine_, installation, access_,
        [this](const engine::Container&, const std::string& address, const auto& service) {
          forwarded_.push_back(address + " to " +
                               std::to_string(service.ports.at(0).targets.size()));
          return std::exchange(forwarding_, absl::OkStatus());
        },
        WEFT_SOURCE_DIR "/LICENSE");
  }

  static ServiceNetwork::Service Web(int pods, const std::string& name = "web") {
    ServiceNetwork::Port port{80, "TCP", {}};
    for (int i = 0; i < pods; ++i)
      port.targets.push_back({"172.17.0." + std::to_string(i + 2), 8080});
    return {"default", name, "weft-default", {port}};
  }

  std::vector<engine::ContainerSummary> Anchors() {
    return *engine_.ListContainers({{kRoleLabel, "anchor"}});
  }

  NetworkAccess access_ = NetworkAccess::kDirect;
  engine::FakeEngine engine_;
  engine::Network network_;
  std::vector<std::string> forwarded_;
  absl::Status forwarding_;
};

TEST_F(AnchorNetworkTest, TheNetworkKeepsHalfOfItsAddressesForServices) {
  EXPECT_EQ(network_.ip_range, *EngineRange(network_.subnet));
  EXPECT_EQ(EnsureNetwork(engine_, "weft-default", {})->id, network_.id);
}

TEST_F(AnchorNetworkTest, AServiceGetsAnAddressOfItsOwn) {
  const auto services = Make();
  const auto web = services->Ensure(Web(2));
  const auto api = services->Ensure(Web(1, "api"));
  ASSERT_TRUE(web.ok() && api.ok()) << web.status() << api.status();
  EXPECT_TRUE(IsServiceAddress(network_.subnet, *web));
  EXPECT_NE(*web, *api);
  EXPECT_EQ(forwarded_, (std::vector<std::string>{*web + " to 2", *api + " to 1"}));
}

TEST_F(AnchorNetworkTest, NothingIsDoneTwice) {
  const auto services = Make();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(services->Ensure(Web(2)).ok());
  EXPECT_EQ(engine_.creations(), 1);
  EXPECT_EQ(forwarded_.size(), 1u);
}

TEST_F(AnchorNetworkTest, ChangedTargetsAreForwardedToByTheSameAnchor) {
  const auto services = Make();
  const std::string address = *services->Ensure(Web(2));
  EXPECT_EQ(*services->Ensure(Web(0)), address);
  EXPECT_EQ(forwarded_.back(), address + " to 0");
  EXPECT_EQ(engine_.creations(), 1);
}

TEST_F(AnchorNetworkTest, ARestartedAnchorIsForwardedAnew) {
  const auto services = Make();
  ASSERT_TRUE(services->Ensure(Web(2)).ok());
  engine_.Exit(Anchors().at(0).id, 137);
  ASSERT_TRUE(services->Ensure(Web(2)).ok());
  EXPECT_EQ(forwarded_.size(), 2u);
}

TEST_F(AnchorNetworkTest, AStoppedAnchorIsStarted) {
  const auto services = Make();
  const std::string address = *services->Ensure(Web(2));
  ASSERT_TRUE(engine_.StopContainer(Anchors().at(0).id, absl::ZeroDuration()).ok());
  EXPECT_EQ(*services->Ensure(Web(2)), address);
  EXPECT_EQ(engine_.creations(), 1);
  EXPECT_EQ(forwarded_.size(), 2u);
}

TEST_F(AnchorNetworkTest, ARemovedAnchorComesBackWithItsAddress) {
  const auto services = Make();
  const std::string address = *services->Ensure(Web(2));
  ASSERT_TRUE(engine_.RemoveContainer(Anchors().at(0).id).ok());
  EXPECT_EQ(*services->Ensure(Web(2)), address);
  EXPECT_EQ(*Make()->Ensure(Web(2)), address);
}

TEST_F(AnchorNetworkTest, AnotherRuntimeAdoptsTheAnchorAndWritesItsRules) {
  const std::string address = *Make()->Ensure(Web(2));
  const auto next = Make();
  EXPECT_EQ(*next->Ensure(Web(2)), address);
  EXPECT_EQ(engine_.creations(), 1);
  EXPECT_EQ(forwarded_.size(), 2u);
}

TEST_F(AnchorNetworkTest, AnAnchorThatOnlyRootCanChangeIsMadeAnewWithoutRoot) {
  const std::string address = *Make()->Ensure(Web(2));
  access_ = NetworkAccess::kThroughEngine;
  for (int i = 0; i < 2; ++i) EXPECT_EQ(*Make()->Ensure(Web(2)), address);
  EXPECT_EQ(engine_.creations(), 2);
  EXPECT_EQ(Anchors().size(), 1u);
}

TEST_F(AnchorNetworkTest, TheAddressOfAStoppedAnchorIsNotGivenAway) {
  const std::string web = *Make()->Ensure(Web(2));
  ASSERT_TRUE(engine_.StopContainer(Anchors().at(0).id, absl::ZeroDuration()).ok());
  const auto next = Make();
  std::set<std::string> others;
  for (int i = 0; i < 20; ++i) {
    const auto other = next->Ensure(Web(1, "other-" + std::to_string(i)));
    ASSERT_TRUE(other.ok()) << other.status();
    EXPECT_TRUE(others.insert(*other).second) << *other;
  }
  EXPECT_EQ(others.count(web), 0u);
}

TEST_F(AnchorNetworkTest, ForwardingThatFailedIsTriedAgain) {
  const auto services = Make();
  forwarding_ = absl::UnavailableError("the namespace went away");
  EXPECT_FALSE(services->Ensure(Web(2)).ok());
  EXPECT_TRUE(services->Ensure(Web(2)).ok());
  EXPECT_EQ(forwarded_.size(), 2u);
}

TEST_F(AnchorNetworkTest, RemoveTakesAwayItsOwnAnchorOnly) {
  const auto services = Make(), strangers = Make("ffffffffffff");
  ASSERT_TRUE(services->Ensure(Web(2)).ok());
  ASSERT_TRUE(services->Ensure(Web(2, "api")).ok());
  ASSERT_TRUE(services->Remove("default", "web").ok());
  ASSERT_TRUE(services->Remove("default", "web").ok());
  ASSERT_TRUE(strangers->Remove("default", "api").ok());
  ASSERT_EQ(Anchors().size(), 1u);
  EXPECT_EQ(Anchors()[0].labels.at(kServiceLabel), "api");
}

}  // namespace
}  // namespace weft::anchor
