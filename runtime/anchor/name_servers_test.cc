#include "runtime/anchor/name_servers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "runtime/anchor/addresses.h"
#include "runtime/anchor/anchor_network.h"
#include "runtime/anchor/network.h"
#include "runtime/engine/fake_engine.h"

namespace weft::anchor {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class NameServersTest : public ::testing::Test {
 protected:
  NameServersTest() { network_ = *EnsureNetwork(engine_, "weft-default", {}); }

  static NameServers Make(engine::Engine& engine, const std::string& program = "/bin/true") {
    return NameServers(engine, "0123456789ab", program);
  }
  std::vector<engine::ContainerSummary> Containers() { return *engine_.ListContainers({}); }

  engine::FakeEngine engine_;
  engine::Network network_;
  NameServers names_ = Make(engine_);
};

TEST_F(NameServersTest, OneServesInANetworkAtItsLastAddress) {
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(*names_.Ensure("default", network_, i == 1), *NameServerAddress(network_.subnet));
  ASSERT_EQ(engine_.creations(), 1);
  const auto container = engine_.InspectContainer(Containers().at(0).id);
  EXPECT_EQ(container->state, "running");
  EXPECT_EQ(container->addresses.at("weft-default"), *NameServerAddress(network_.subnet));
}

TEST_F(NameServersTest, NamesLeadToAddressesAsOnKubernetes) {
  ASSERT_TRUE(names_.Ensure("default", network_).ok());
  ASSERT_TRUE(names_.SetNames("default", "db", {"10.0.0.2", "10.0.0.3"}).ok());
  const std::string names = " db db.default db.default.svc db.default.svc.cluster.local\n";
  EXPECT_THAT(engine_.unpacked(),
              ElementsAre(AllOf(StartsWith(Containers().at(0).id + " /names db"),
                                HasSubstr("10.0.0.2" + names + "10.0.0.3" + names))));
}

TEST_F(NameServersTest, WhatIsSaidAlreadyIsNotSaidAgain) {
  ASSERT_TRUE(names_.Ensure("default", network_).ok());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(names_.SetNames("default", "db", {"10.0.0.2"}).ok());
  EXPECT_EQ(engine_.unpacked().size(), 1u);
  ASSERT_TRUE(names_.SetNames("default", "db", {}).ok());
  EXPECT_EQ(engine_.unpacked().size(), 2u);
}

TEST_F(NameServersTest, OneThatWasRemovedComesBackWithItsNamesWhenItIsLookedAt) {
  ASSERT_TRUE(names_.Ensure("default", network_).ok());
  ASSERT_TRUE(names_.SetNames("default", "db", {"10.0.0.2"}).ok());
  const std::string first = Containers().at(0).id;
  ASSERT_TRUE(engine_.RemoveContainer(first).ok());
  ASSERT_TRUE(names_.Ensure("default", network_, /*look=*/true).ok());
  ASSERT_EQ(engine_.unpacked().size(), 2u);
  EXPECT_THAT(engine_.unpacked()[1], AllOf(HasSubstr("10.0.0.2 db"), Not(StartsWith(first))));
}

TEST_F(NameServersTest, ALaterOneAdoptsWhatServes) {
  ASSERT_TRUE(names_.Ensure("default", network_).ok());
  NameServers later = Make(engine_);
  ASSERT_TRUE(later.Ensure("default", network_).ok());
  EXPECT_EQ(engine_.creations(), 1);
  // Of another program it is made anew.
  NameServers other = Make(engine_, "/bin/false");
  ASSERT_TRUE(other.Ensure("default", network_).ok());
  EXPECT_EQ(engine_.creations(), 2);
  EXPECT_EQ(Containers().size(), 1u);
}

TEST_F(NameServersTest, ALaterOneForgetsWhatAFormerOneSaid) {
  ASSERT_TRUE(names_.Ensure("default", network_).ok());
  ASSERT_TRUE(names_.SetNames("default", "db", {"10.0.0.2"}).ok());
  NameServers later = Make(engine_);
  ASSERT_TRUE(later.SetNames("default", "db", {}).ok());
  ASSERT_EQ(engine_.unpacked().size(), 2u);
  EXPECT_THAT(engine_.unpacked()[1], Not(HasSubstr("10.0.0.2")));
}

TEST_F(NameServersTest, WithoutDnsmasqOneThatIsThereGoesWithItsNetworkAndNoneIsMade) {
  ASSERT_TRUE(names_.Ensure("default", network_).ok());
  NameServers later = Make(engine_, "");
  EXPECT_EQ(*later.Ensure("default", network_), "");
  ASSERT_TRUE(later.Remove("default").ok());
  EXPECT_TRUE(Containers().empty());
  EXPECT_TRUE(later.SetNames("default", "db", {}).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(later.SetNames("default", "db", {"10.0.0.2"})));
}

TEST_F(NameServersTest, AServiceThatHasItsAddressFromAFormerVersionMakesWay) {
  engine_.AddImage("anchor:1");
  engine::ContainerSpec anchor;
  anchor.name = "anchor";
  anchor.image = "anchor:1";
  anchor.network = "weft-default";
  anchor.labels = {{kInstallationLabel, "0123456789ab"},
                   {kRoleLabel, "anchor"},
                   {kNamespaceLabel, "default"},
                   {kAddressLabel, *NameServerAddress(network_.subnet)}};
  ASSERT_TRUE(engine_.CreateContainer(anchor).ok());
  ASSERT_TRUE(names_.Ensure("default", network_).ok());
  ASSERT_EQ(Containers().size(), 1u);
  EXPECT_EQ(Containers()[0].labels.at(kRoleLabel), "names");
}

TEST_F(NameServersTest, AnEngineThatChoosesAllAddressesHasNone) {
  network_.ip_range.clear();
  EXPECT_EQ(*names_.Ensure("default", network_), "");
}

TEST(FindDnsmasq, SaysWhereItIsOrWhatToDo) {
  const absl::StatusOr<std::string> found = NameServers::FindDnsmasq();
  if (found.ok())
    EXPECT_THAT(*found, HasSubstr("/dnsmasq"));
  else
    EXPECT_THAT(std::string(found.status().message()), HasSubstr("dnsmasq"));
}

TEST_F(NameServersTest, ItGoesWithItsNetwork) {
  ASSERT_TRUE(names_.Ensure("default", network_).ok());
  ASSERT_TRUE(names_.Remove("default").ok());
  ASSERT_TRUE(names_.Remove("default").ok());
  EXPECT_TRUE(Containers().empty());
}

TEST_F(NameServersTest, APodmanHasNone) {
  engine_.SetPodman();
  EXPECT_EQ(*names_.Ensure("default", network_), "");
  EXPECT_TRUE(absl::IsFailedPrecondition(names_.SetNames("default", "db", {"10.0.0.2"})));
  EXPECT_EQ(engine_.creations(), 0);
}

}  // namespace
}  // namespace weft::anchor
