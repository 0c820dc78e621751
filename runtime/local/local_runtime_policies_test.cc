#include "absl/strings/substitute.h"
#include "runtime/local/local_runtime_fixture.h"

namespace weft::local {
namespace {

const ObjectRef kPolicy = {"networking.k8s.io/v1", "NetworkPolicy", "default", "p"};

// Only pods of app=friend reach those of app=web.
std::string PolicyText() {
  return R"({"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy",
      "metadata":{"name":"p","namespace":"default"},
      "spec":{"podSelector":{"matchLabels":{"app":"web"}},
      "ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"friend"}}}]}]}})";
}

class PoliciesOfTheRuntime : public LocalRuntimeTest {
 protected:
  void Accept() {
    EXPECT_EQ(Apply(kPolicy, PolicyText(), 1).outcome, ApplyResult::Outcome::kAccepted);
  }
  bool Ready(const std::string& name, int count) {
    return follower_->Until([&](const Seen& seen) {
      return Number(seen, "Deployment/default/" + name, "readyReplicas") == count;
    });
  }
  bool InForce() {
    return follower_->Until([](const Seen& seen) {
      const auto found = seen.find(LocalKey(kPolicy));
      return found != seen.end() && found->second.up_to_date;
    });
  }
  // The only pod of a Deployment.
  engine::Container Sandbox(const std::string& app) {
    const auto containers = engine_.ListContainers({{"app", app}});
    for (const auto& summary : *containers)
      if (summary.labels.contains(kRulesLabel)) return *engine_.InspectContainer(summary.id);
    ADD_FAILURE() << "no pod of " << app;
    return {};
  }
  std::string Address(const std::string& app) { return Sandbox(app).addresses.begin()->second; }
  std::string RulesOf(const std::string& app) {
    const std::string file = Sandbox(app).network_namespace;
    std::lock_guard lock(mutex_);
    return filters_[file];
  }
  void SetFilterError(absl::Status error) {
    std::lock_guard lock(mutex_);
    filter_error_ = std::move(error);
  }
  int Writes() {
    std::lock_guard lock(mutex_);
    return filter_writes_;
  }
};

TEST_F(PoliciesOfTheRuntime, WithoutAnyNothingIsWritten) {
  Start();
  ApplyWeb(2, 1);
  ASSERT_TRUE(Ready("web", 2));
  EXPECT_EQ(Writes(), 0);
}

TEST_F(PoliciesOfTheRuntime, PodsAndServicesLetInWhoMayReachThem) {
  Start();
  Apply(ServiceRef("web"), ServiceText("web"), 1);
  ApplyWeb(1, 1);
  ASSERT_TRUE(Ready("web", 1));
  Accept();
  ASSERT_TRUE(InForce());
  EXPECT_TRUE(absl::StrContains(RulesOf("web"), "reject"));
  EXPECT_FALSE(absl::StrContains(RulesOf("web"), "saddr {"));
  Apply(DeploymentRef("friend"), DeploymentText("friend", 1), 1);
  Apply(DeploymentRef("other"), DeploymentText("other", 1), 1);
  ASSERT_TRUE(Ready("friend", 1));
  ASSERT_TRUE(Ready("other", 1));
  const std::string lets_in = absl::StrCat("ip saddr { ", Address("friend"), " } accept");
  EXPECT_TRUE(Soon([&] { return absl::StrContains(RulesOf("web"), lets_in); })) << RulesOf("web");
  EXPECT_TRUE(Soon([&] {
    const anchor::Filters filters = services_.FiltersOf("default/web");
    return filters.pods.size() == 1 && filters.pods.begin()->first == Address("web") &&
           filters.pods.begin()->second.rules.at(0).sources ==
               std::set<std::string>{Address("friend")};
  }));
  EXPECT_FALSE(absl::StrContains(RulesOf("other"), "reject"));
  ASSERT_TRUE(runtime_->Delete({kPolicy}).ok());
  ASSERT_TRUE(
      follower_->Until([](const Seen& seen) { return seen.count(LocalKey(kPolicy)) == 0; }));
  EXPECT_FALSE(absl::StrContains(RulesOf("web"), "reject"));
  EXPECT_TRUE(Soon([&] { return services_.FiltersOf("default/web").pods.empty(); }));
}

TEST_F(PoliciesOfTheRuntime, NothingRunsInAPodBeforeItIsFiltered) {
  SetFilterError(absl::InternalError("nft: no"));
  Start();
  Accept();
  ApplyWeb(1, 1);
  ASSERT_TRUE(follower_->Until(SomePodSays("nft: no")));
  EXPECT_TRUE(Running("main").empty());
  SetFilterError(absl::OkStatus());
  SetAhead(absl::Minutes(1));  // It is tried again by then.
  ASSERT_TRUE(Ready("web", 1));
  EXPECT_TRUE(absl::StrContains(RulesOf("web"), "reject"));
}

// Who is not known yet would be kept out.
TEST_F(PoliciesOfTheRuntime, ARuntimeThatStartsAgainKeepsNobodyOut) {
  Start();
  Accept();
  ApplyWeb(1, 1);
  Apply(DeploymentRef("friend"), DeploymentText("friend", 1), 1);
  ASSERT_TRUE(Ready("web", 1));
  ASSERT_TRUE(Ready("friend", 1));
  const std::string lets_in = absl::StrCat("ip saddr { ", Address("friend"), " } accept");
  ASSERT_TRUE(Soon([&] { return absl::StrContains(RulesOf("web"), lets_in); }));
  runtime_->Stop();
  {
    std::lock_guard lock(mutex_);
    filters_.clear();
    filter_writes_ = 0;
  }
  Start();
  ASSERT_TRUE(InForce());
  EXPECT_TRUE(absl::StrContains(RulesOf("web"), lets_in));
  EXPECT_EQ(Writes(), 2) << "one for each pod, and none before all are known";
}

TEST_F(PoliciesOfTheRuntime, OneThatComesBeforeAnyPodIsInForceAndGoes) {
  Start();
  Accept();
  EXPECT_TRUE(InForce());
  ASSERT_TRUE(runtime_->Delete({kPolicy}).ok());
  EXPECT_TRUE(follower_->Until([](const Seen& seen) { return seen.empty(); }));
}

TEST_F(PoliciesOfTheRuntime, OneThatCannotBeFilteredHoldsUpNoOther) {
  Start();
  ApplyWeb(3, 1);
  ASSERT_TRUE(Ready("web", 3));
  SetFilterError(absl::InternalError("nft: no"));
  Accept();
  EXPECT_TRUE(Soon([&] { return Writes() >= 3; }));
  SetFilterError(absl::OkStatus());
  EXPECT_TRUE(InForce());
}

TEST_F(PoliciesOfTheRuntime, OneThatCouldNotBeWrittenGoesAllTheSame) {
  Start();
  ApplyWeb(1, 1);
  ASSERT_TRUE(Ready("web", 1));
  SetFilterError(absl::InternalError("nft: no"));
  Accept();
  EXPECT_TRUE(Soon([&] { return Writes() >= 1; }));
  ASSERT_TRUE(runtime_->Delete({kPolicy}).ok());
  EXPECT_TRUE(
      follower_->Until([](const Seen& seen) { return seen.count(LocalKey(kPolicy)) == 0; }));
}

TEST_F(PoliciesOfTheRuntime, WhatAProcessBeforeWroteGoesToo) {
  Start();
  Accept();
  ApplyWeb(1, 1);
  ASSERT_TRUE(Ready("web", 1));
  ASSERT_TRUE(absl::StrContains(RulesOf("web"), "reject"));
  runtime_->Stop();
  ASSERT_TRUE(runtime_->Delete({kPolicy}).ok());
  Start();
  EXPECT_TRUE(follower_->Until(
      [](const Seen& seen) { return seen.count(kWeb) > 0 && seen.count(LocalKey(kPolicy)) == 0; }));
  EXPECT_FALSE(absl::StrContains(RulesOf("web"), "reject"));
}

TEST_F(PoliciesOfTheRuntime, ANetworkThatIsMadeAnewIsFilteredAnew) {
  Start();
  Accept();
  ApplyWeb(1, 1);
  ASSERT_TRUE(Ready("web", 1));
  const std::string before = Sandbox("web").network_namespace;
  engine_.Exit(Sandbox("web").id, 137);
  EXPECT_TRUE(Soon([&] {
    const engine::Container now = Sandbox("web");
    return now.state == "running" && now.network_namespace != before &&
           absl::StrContains(RulesOf("web"), "reject");
  }));
}

}  // namespace
}  // namespace weft::local
