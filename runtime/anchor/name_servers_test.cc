#include "runtime/anchor/name_servers.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

// A program that says that it is this version; its libraries are not known, as of any script.
std::string Script(const std::string& version) {
  const std::string path = testing::TempDir() + "/dnsmasq-" + version;
  std::ofstream(path) << "#!/bin/sh\necho 'Dnsmasq version " << version << "  Copyright'\n";
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

TEST(FindDnsmasq, SaysWhatToDoWhereItIsNot) {
  const absl::Status missing = NameServers::FindDnsmasq({"/nonexistent/dnsmasq"}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(missing));
  EXPECT_THAT(std::string(missing.message()), HasSubstr("apt-get install dnsmasq-base"));
}

TEST(FindDnsmasq, RefusesOneThatForgetsNothing) {
  const auto said = [](const std::string& version) {
    return std::string(
        NameServers::FindDnsmasq({"/nonexistent/dnsmasq", Script(version)}).status().message());
  };
  for (const char* old : {"2.87", "1.99", "unknown"})
    EXPECT_THAT(said(old), HasSubstr("2.88 or later is needed")) << old;
  for (const char* recent : {"2.88", "2.100", "3.0"})
    EXPECT_THAT(said(recent), HasSubstr("libraries")) << recent;
}

}  // namespace
}  // namespace weft::anchor
