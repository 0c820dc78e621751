#include "absl/strings/match.h"
#include "runtime/anchor/anchor_network.h"
#include "runtime/local/local_runtime_fixture.h"

namespace weft::local {
namespace {

std::string HeadlessText(const std::string& name) {
  std::string text = ServiceText(name);
  const std::string spec = R"("spec":{)";
  return text.insert(text.find(spec) + spec.size(), R"("clusterIP":"None",)");
}

class ServicesOfTheRuntime : public LocalRuntimeTest {
 protected:
  ServicesOfTheRuntime() { dnsmasq_ = "/bin/true"; }

  std::vector<engine::ContainerSummary> NameServers() {
    return *engine_.ListContainers({{anchor::kRoleLabel, "names"}});
  }
  // How many addresses the name server knows of the Service "web" by what it was told last.
  int Known() {
    const std::vector<std::string> told = engine_.unpacked();
    if (told.empty()) return -1;
    int lines = 0;
    for (size_t at = 0; (at = told.back().find(" web web.default ", at)) != std::string::npos; ++at)
      ++lines;
    return lines;
  }
};

TEST_F(ServicesOfTheRuntime, NamesOfAHeadlessOneFollowItsReadyPods) {
  Start();
  Apply(ServiceRef("web"), HeadlessText("web"), 1);
  ApplyWeb(2, 1);
  ASSERT_TRUE(follower_->Until(Ready(2)));
  EXPECT_TRUE(Soon([&] { return Known() == 2; }));
  EXPECT_TRUE(follower_->Until([](const Seen& seen) {
    return seen.at("Service/default/web").status == R"({"loadBalancer":{}})";
  }));
  EXPECT_EQ(services_.Targets("default/web"), -1);
  ASSERT_EQ(NameServers().size(), 1u);
  const std::string address =
      engine_.InspectContainer(NameServers()[0].id)->addresses.begin()->second;
  for (const std::string& sandbox : Sandboxes())
    EXPECT_EQ(engine_.NameServersOf(sandbox), std::vector<std::string>{address});
  ASSERT_TRUE(runtime_->Delete({DeploymentRef("web")}).ok());
  EXPECT_TRUE(Soon([&] { return Known() == 0; }));
}

TEST_F(ServicesOfTheRuntime, AnAddressGoesWhenAServiceBecomesHeadless) {
  Start();
  Apply(ServiceRef("web"), ServiceText("web"), 1);
  ASSERT_TRUE(follower_->Until([&](const Seen&) { return services_.Targets("default/web") == 0; }));
  Apply(ServiceRef("web"), HeadlessText("web"), 2);
  EXPECT_TRUE(Soon([&] { return services_.Targets("default/web") == -1; }));
}

TEST_F(ServicesOfTheRuntime, ANameServerThatIsGoneComesBackWithItsNames) {
  Start();
  Apply(ServiceRef("web"), HeadlessText("web"), 1);
  ApplyWeb(1, 1);
  ASSERT_TRUE(Soon([&] { return Known() == 1; }));
  const std::string before = NameServers().at(0).id;
  ASSERT_TRUE(engine_.RemoveContainer(before).ok());
  EXPECT_TRUE(Soon([&] {
    return NameServers().size() == 1 && NameServers()[0].id != before &&
           absl::StartsWith(engine_.unpacked().back(), NameServers()[0].id) && Known() == 1;
  }));
}

TEST_F(ServicesOfTheRuntime, ANameServerGoesWithTheLastObjectOfItsNamespace) {
  Start();
  Apply(ServiceRef("web"), HeadlessText("web"), 1);
  ASSERT_TRUE(Soon([&] { return NameServers().size() == 1; }));
  ASSERT_TRUE(runtime_->Delete({ServiceRef("web")}).ok());
  EXPECT_TRUE(Soon([&] { return ContainerIds().empty() && engine_.ListNetworks({})->empty(); }));
}

TEST_F(ServicesOfTheRuntime, OneThatPublishesAllPodsHoldsUpNoneThatEnds) {
  Start();
  std::string text = HeadlessText("web");
  text.insert(text.find(R"("clusterIP")"), R"("publishNotReadyAddresses":true,)");
  Apply(ServiceRef("web"), text, 1);
  ApplyWeb(1, 1);
  ASSERT_TRUE(Soon([&] { return Known() == 1; }));
  const absl::Time begin = absl::Now();
  ASSERT_TRUE(runtime_->Delete({DeploymentRef("web")}).ok());
  EXPECT_TRUE(follower_->Until([&](const Seen&) { return Sandboxes().empty(); }));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(8)) << "it was waited for as long as may be";
}

TEST_F(ServicesOfTheRuntime, WithoutDnsmasqAHeadlessOneIsRefused) {
  dnsmasq_ = "";
  no_dnsmasq_ = "it is not installed";
  Start();
  const ApplyResult result = Apply(ServiceRef("web"), HeadlessText("web"), 1);
  EXPECT_EQ(result.outcome, ApplyResult::Outcome::kRefused);
  EXPECT_EQ(result.problems.at(0).hint, "it is not installed, and restart the runtime");
  ApplyWeb(1, 1);
  ASSERT_TRUE(follower_->Until(Ready(1)));
  EXPECT_TRUE(engine_.NameServersOf(Sandboxes().at(0)).empty());
}

TEST_F(ServicesOfTheRuntime, WhereTheEngineRefusesToChangeNetworksTheyAreRefused) {
  access_ = anchor::NetworkAccess::kThroughEngine;
  engine_.SetExec(engine::ExecResult{1, "Operation not permitted"});
  Start();
  ASSERT_TRUE(follower_->Until([&](const Seen&) { return follower_->complete(); }));
  const ApplyResult result = Apply(ServiceRef("web"), ServiceText("web"), 1);
  EXPECT_EQ(result.outcome, ApplyResult::Outcome::kRefused);
  EXPECT_TRUE(absl::StrContains(result.problems.at(0).hint, "run the runtime as root"));
  for (const Kind& kind : KindsOn(runtime_->ThisMachine())) EXPECT_STRNE(kind.kind, "Service");
}

}  // namespace
}  // namespace weft::local
