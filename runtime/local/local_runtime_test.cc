#include "runtime/local/local_runtime_fixture.h"

namespace weft::local {
namespace {

TEST_F(LocalRuntimeTest, RunsADeploymentAndPutsItsReadyPodsBehindTheService) {
  Start();
  ApplyWeb(3, 1);
  Apply(ServiceRef("web"), ServiceText("web"), 1);
  EXPECT_TRUE(follower_->Until(Ready(3)));
  EXPECT_TRUE(follower_->Until([&](const Seen& seen) {
    return services_.Targets("default/web") == 3 && seen.at("Service/default/web").up_to_date;
  }));
  EXPECT_TRUE(follower_->Until([&](const Seen&) { return follower_->complete(); }));
  EXPECT_EQ(follower_->seen().at("Service/default/web").status,
            R"({"clusterIP":"10.0.0.1","loadBalancer":{},)"
            R"("ports":[{"name":"","port":80,"protocol":"TCP"}]})");
  const Projection& pod = follower_->seen().lower_bound("Pod/")->second;
  EXPECT_EQ(pod.owner, "owner");
  EXPECT_EQ(pod.controller, DeploymentRef("web"));
}

TEST_F(LocalRuntimeTest, APodThatServesEndsOnlyWhenItsServicesHaveLeftIt) {
  Start();
  ApplyWeb(1, 1);
  Apply(ServiceRef("web"), ServiceText("web"), 1);
  ASSERT_TRUE(follower_->Until([&](const Seen&) { return services_.Targets("default/web") == 1; }));
  services_.Hold(true);
  const std::shared_ptr<void> release(nullptr, [&](void*) { services_.Hold(false); });
  ASSERT_TRUE(runtime_->Delete({DeploymentRef("web")}).ok());
  EXPECT_TRUE(Soon([&] { return services_.HeldUp() == 1; }));
  // Everything else goes on meanwhile, and would have ended it.
  Apply(DeploymentRef("other"), DeploymentText("other", 1, "web:1"), 1);
  ASSERT_TRUE(follower_->Until([&](const Seen&) { return Running("main").size() == 2; }));
  Apply(DeploymentRef("other"), DeploymentText("other", 0, "web:1"), 2);
  EXPECT_TRUE(follower_->Until([&](const Seen&) { return ContainerIds().size() == 2; }));
  EXPECT_EQ(Running("main").size(), 1);
  services_.Hold(false);
  EXPECT_TRUE(follower_->Until([&](const Seen&) { return ContainerIds().empty(); }));
  EXPECT_EQ(services_.Targets("default/web"), 0);
}

TEST_F(LocalRuntimeTest, ARestartTouchesNothingThatRuns) {
  Start();
  ApplyWeb(3, 1, R"(,"readinessProbe":{"httpGet":{"port":80}})");
  ASSERT_TRUE(follower_->Until(Ready(3)));
  const std::vector<std::string> before = ContainerIds();
  Start();
  EXPECT_TRUE(follower_->Until([&](const Seen& seen) {
    EXPECT_FALSE(seen.count(kWeb) > 0 && seen.at(kWeb).up_to_date && !Ready(3)(seen))
        << "pods that serve were called unready: " << seen.at(kWeb).status;
    return follower_->complete() && Ready(3)(seen);
  }));
  EXPECT_EQ(ContainerIds(), before);
  EXPECT_EQ(engine_.starts(), 6) << "a sandbox and a container each";
}

TEST_F(LocalRuntimeTest, ANewTemplateReplacesEveryPodAndScalingKeepsThem) {
  Start();
  ApplyWeb(2, 1);
  ASSERT_TRUE(follower_->Until(Ready(2)));
  const std::vector<std::string> first = ContainerIds();
  ApplyWeb(3, 2);
  ASSERT_TRUE(follower_->Until(Ready(3)));
  for (const std::string& id : first) EXPECT_TRUE(engine_.InspectContainer(id).ok());
  ApplyWeb(3, 3, R"(,"env":[{"name":"A","value":"b"}])");
  ASSERT_TRUE(follower_->Until([&](const Seen& seen) {
    return seen.at(kWeb).generation == 3 && Ready(3)(seen) && ContainerIds().size() == 6;
  }));
  for (const std::string& id : first) EXPECT_FALSE(engine_.InspectContainer(id).ok());
}

TEST_F(LocalRuntimeTest, SteeringAndHandingOverMakeAndEndOnlyWhatTheyMust) {
  Start();
  const auto steer = [&](uint64_t generation, int value, bool set) {
    const auto results = runtime_->Apply({{DeploymentRef("web"),
                                           DeploymentWithoutReplicas("web"),
                                           "owner",
                                           generation,
                                           {{"/spec/replicas", std::to_string(value), set}}}},
                                         false);
    EXPECT_EQ(results[0].outcome, ApplyResult::Outcome::kAccepted) << results[0].message;
  };
  const auto await = [&](uint64_t generation, int count) {
    return follower_->Until([&](const Seen& seen) {
      return seen.at(kWeb).generation == generation && Ready(count)(seen) &&
             ContainerIds().size() == 2 * static_cast<size_t>(count);
    });
  };
  ApplyWeb(3, 1);
  ASSERT_TRUE(await(1, 3));
  const std::vector<std::string> first = ContainerIds();
  steer(2, 1, false);  // A scaler hands over.
  ASSERT_TRUE(await(2, 3));
  EXPECT_EQ(ContainerIds(), first);
  steer(3, 5, true);
  ASSERT_TRUE(await(3, 5));
  for (const std::string& id : first) EXPECT_TRUE(engine_.InspectContainer(id).ok());
  steer(4, 3, true);
  ASSERT_TRUE(await(4, 3));
  EXPECT_EQ(engine_.starts(), 10);
  const std::vector<std::string> before_back = ContainerIds();
  ApplyWeb(3, 5);
  ASSERT_TRUE(await(5, 3));
  EXPECT_EQ(ContainerIds(), before_back);
}

TEST_F(LocalRuntimeTest, AProviderOfTheSystemWaitsForItsIdentity) {
  Start();
  const ObjectRef ref{"apps/v1", "Deployment", "weft-system", "greeter"};
  json::value object = *json::Parse(DeploymentText("greeter", 1));
  object.at("metadata").at("namespace") = "weft-system";
  object.at("spec").at("template").at("metadata").at("labels").as_object()[kProviderLabel] =
      "greeter";
  EXPECT_EQ(Apply(ref, json::Canonical(object), 1).outcome, ApplyResult::Outcome::kAccepted);
  EXPECT_TRUE(follower_->Until(SomePodSays("IdentityMissing")));
  EXPECT_EQ(engine_.creations(), 0);
  std::filesystem::create_directories(directory_ + "/identities/greeter");
  EXPECT_TRUE(follower_->Until([](const Seen& seen) {
    return Number(seen, LocalKey("Deployment", "weft-system", "greeter"), "readyReplicas") == 1;
  }));
  EXPECT_EQ(engine_.BindsOf(Running("main")[0].id),
            (std::vector<engine::Bind>{{directory_ + "/identities/greeter", "/etc/weft/tls"}}));
}

TEST_F(LocalRuntimeTest, DeletionIsDoneAlsoByTheNextProcessAndLeavesOnlyWhatIsNotOurs) {
  ASSERT_TRUE(engine_.CreateNetwork({.name = "theirs"}).ok());
  ASSERT_TRUE(engine_.CreateContainer({.name = "theirs", .image = "web:1"}).ok());
  Start();
  ApplyWeb(2, 1);
  Apply(ServiceRef("web"), ServiceText("web"), 1);
  ASSERT_TRUE(follower_->Until(Ready(2)));
  engine_.SetReachable(false);
  ASSERT_TRUE(runtime_->Delete({DeploymentRef("web"), ServiceRef("web")}).ok());
  Start();
  EXPECT_TRUE(follower_->seen().empty());
  engine_.SetReachable(true);
  EXPECT_TRUE(
      follower_->Until([&](const Seen& seen) { return follower_->complete() && seen.empty(); }));
  EXPECT_EQ(services_.Targets("default/web"), -1);
  runtime_->Stop();  // The network goes last; what is under way is waited for.
  EXPECT_EQ(engine_.ListContainers({})->size(), 1u);
  EXPECT_TRUE(engine_.InspectNetwork("theirs").ok());
}

TEST_F(LocalRuntimeTest, TheNetworkOfANamespaceGoesWithItsLastObject) {
  Start();
  ApplyWeb(1, 1);
  ASSERT_TRUE(follower_->Until(Ready(1)));
  const auto networks = [&] {
    return engine_.ListNetworks({{kInstallationLabel, kInstallation}})->size();
  };
  EXPECT_EQ(networks(), 1u);
  ASSERT_TRUE(runtime_->Delete({DeploymentRef("web")}).ok());
  ASSERT_TRUE(follower_->Until([](const Seen& seen) { return seen.empty(); }));
  Start();  // Whatever was cut off is taken up again.
  EXPECT_TRUE(follower_->Until([&](const Seen&) { return follower_->complete(); }));
  const absl::Time limit = absl::Now() + absl::Seconds(10);  // Nothing tells of networks.
  while (networks() > 0 && absl::Now() < limit) std::this_thread::yield();
  EXPECT_EQ(networks(), 0u);
}

TEST_F(LocalRuntimeTest, AProcessThatEndsLeavesNoNetworkThatNobodyNeeds) {
  Start();
  ApplyWeb(1, 1);
  ASSERT_TRUE(follower_->Until(Ready(1)));
  const auto used = engine_.ListNetworks({{kInstallationLabel, kInstallation}});
  ASSERT_EQ(used->size(), 1u);
  runtime_->Stop();
  const engine::Labels unused = {{kInstallationLabel, kInstallation}, {kNamespaceLabel, "other"}};
  ASSERT_TRUE(
      engine_.CreateNetwork({.name = NetworkName(kInstallation, "other"), .labels = unused}).ok());
  ASSERT_TRUE(engine_.CreateNetwork({.name = "of-somebody-else"}).ok());
  ASSERT_TRUE(runtime_->RemoveUnusedNetworks().ok());
  const auto left = engine_.ListNetworks({{kInstallationLabel, kInstallation}});
  ASSERT_EQ(left->size(), 1u);
  EXPECT_EQ(left->at(0).name, used->at(0).name);
  EXPECT_TRUE(engine_.InspectNetwork("of-somebody-else").ok());
}

TEST_F(LocalRuntimeTest, APodOfADeploymentThatNobodyKnowsIsShownAndKept) {
  engine::ContainerSpec orphan{.name = SandboxName(kInstallation, "default", "lost-1"),
                               .image = "web:1"};
  orphan.labels = {{kInstallationLabel, kInstallation},
                   {kNamespaceLabel, "default"},
                   {kControllerLabel, "Deployment/lost"},
                   {kPodLabel, "lost-1"},
                   {kRulesLabel, PodRulesToJson({.containers = {{.name = "main"}}})}};
  ASSERT_TRUE(engine_.CreateContainer(orphan).ok());
  Start();
  EXPECT_TRUE(follower_->Until([&](const Seen& seen) {
    return follower_->complete() && seen.count("Pod/default/lost-1") > 0;
  }));
  EXPECT_EQ(follower_->seen().at("Pod/default/lost-1").owner, "");
  EXPECT_EQ(ContainerIds().size(), 1u);
}

TEST_F(LocalRuntimeTest, ObjectsAreAcceptedWithoutAnEngineAndCarriedOutWhenItComes) {
  engine_.SetReachable(false);
  Start();
  ApplyWeb(1, 1);
  bool complete = true;
  EXPECT_EQ(runtime_->board().List(complete).size(), 1u);
  EXPECT_FALSE(complete);
  engine_.SetReachable(true);
  EXPECT_TRUE(follower_->Until(Ready(1)));
}

TEST_F(LocalRuntimeTest, ADryRunChecksEverythingAndChangesNothing) {
  Start();
  const auto results = runtime_->Apply(
      {{DeploymentRef("web"), DeploymentText("web", 1), "owner", 1},
       {DeploymentRef("bad"), DeploymentText("bad", 1, "web:1", R"(,"tty":true)"), "owner", 1}},
      true);
  EXPECT_EQ(results[0].outcome, ApplyResult::Outcome::kAccepted);
  EXPECT_EQ(results[1].outcome, ApplyResult::Outcome::kRefused);
  EXPECT_EQ(results[1].problems[0].pointer, "/spec/template/spec/containers/0/tty");
  EXPECT_TRUE(runtime_->objects().All().empty());
}

// A Deployment with further members of its spec, beginning with a comma.
std::string WithSpec(const std::string& more, const std::string& container_more = "") {
  std::string text = DeploymentText("web", 1, "web:1", container_more);
  const std::string replicas = R"("replicas":1)";
  return text.insert(text.find(replicas) + replicas.size(), more);
}

TEST_F(LocalRuntimeTest, APodCountsWhenItHasBeenReadyForLongEnough) {
  Start();
  Apply(DeploymentRef("web"), WithSpec(R"(,"minReadySeconds":3)"), 1);
  ASSERT_TRUE(follower_->Until([](const Seen& seen) {
    return Number(seen, kWeb, "readyReplicas") == 1 &&
           Number(seen, kWeb, "availableReplicas") == 0 &&
           absl::StrContains(seen.at(kWeb).status, "MinimumReplicasUnavailable");
  }));
  ASSERT_TRUE(follower_->Until([](const Seen& seen) {
    return Number(seen, kWeb, "availableReplicas") == 1 &&
           absl::StrContains(seen.at(kWeb).status, "NewReplicaSetAvailable") &&
           absl::StrContains(seen.at(kWeb).status, "MinimumReplicasAvailable");
  }));
}

TEST_F(LocalRuntimeTest, ARolloutThatDoesNotGoOnSaysSo) {
  SetFailing({ProbeKind::kReadiness});
  Start();
  Apply(DeploymentRef("web"),
        WithSpec(R"(,"progressDeadlineSeconds":3)",
                 R"(,"readinessProbe":{"tcpSocket":{"port":80},"periodSeconds":1})"),
        1);
  ASSERT_TRUE(follower_->Until([](const Seen& seen) {
    return seen.contains(kWeb) && absl::StrContains(seen.at(kWeb).status, "ReplicaSetUpdated");
  }));
  ASSERT_TRUE(follower_->Until([](const Seen& seen) {
    return absl::StrContains(seen.at(kWeb).status, "ProgressDeadlineExceeded");
  }));
  SetFailing({});
  ASSERT_TRUE(follower_->Until([](const Seen& seen) {
    return absl::StrContains(seen.at(kWeb).status, "NewReplicaSetAvailable");
  }));
}

TEST_F(LocalRuntimeTest, ARolloutThatWasThroughIsSoAfterARestartToo) {
  const std::string web =
      WithSpec("", R"(,"readinessProbe":{"tcpSocket":{"port":80},"periodSeconds":1})");
  const auto says = [](const char* reason) {
    return [reason](const Seen& seen) {
      return seen.contains(kWeb) && absl::StrContains(seen.at(kWeb).status, reason);
    };
  };
  Start();
  Apply(DeploymentRef("web"), web, 1);
  ASSERT_TRUE(follower_->Until(says("NewReplicaSetAvailable")));
  SetFailing({ProbeKind::kReadiness});
  Start();
  ASSERT_TRUE(follower_->Until(says("MinimumReplicasUnavailable")));
  EXPECT_TRUE(absl::StrContains(follower_->seen().at(kWeb).status, "NewReplicaSetAvailable"));
}

TEST_F(LocalRuntimeTest, ADeadlineThatNoPodCouldKeepIsRefused) {
  Start();
  const ApplyResult result = Apply(
      DeploymentRef("web"), WithSpec(R"(,"minReadySeconds":60,"progressDeadlineSeconds":60)"), 1);
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_EQ(result.problems[0].pointer, "/spec/progressDeadlineSeconds");
}

}  // namespace
}  // namespace weft::local
