#include "runtime/local/local_runtime.h"

#include <algorithm>
#include <filesystem>
#include <gtest/gtest.h>
#include <mutex>
#include <set>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "runtime/engine/fake_engine.h"
#include "runtime/local/local_test_support.h"
#include "runtime/local/names.h"

namespace weft::local {
namespace {

constexpr char kInstallation[] = "0123456789ab";
constexpr char kWeb[] = "Deployment/default/web";

std::function<bool(const Seen&)> Ready(int count) {
  return [count](const Seen& seen) {
    return Number(seen, kWeb, "readyReplicas") == count &&
           Number(seen, kWeb, "replicas") == count && seen.at(kWeb).up_to_date;
  };
}

std::function<bool(const Seen&)> SomePodSays(const std::string& word) {
  return [word](const Seen& seen) {
    return std::any_of(seen.begin(), seen.end(), [&](const auto& entry) {
      return KindOfKey(entry.first) == "Pod" && absl::StrContains(entry.second.status, word);
    });
  };
}

// A second container, after the first one's closing brace.
constexpr char kSidecar[] = R"(},{"name":"helper","image":"web:1")";

class LocalRuntimeTest : public testing::Test {
 protected:
  LocalRuntimeTest() {
    char path[] = "/tmp/weft-local-XXXXXX";
    directory_ = mkdtemp(path);
    engine_.AddImage("web:1");
  }
  ~LocalRuntimeTest() override {
    follower_.reset();
    runtime_.reset();
    std::filesystem::remove_all(directory_);
  }

  void Start() {
    follower_.reset();
    runtime_.reset();
    LocalRuntime::Options options;
    options.installation = kInstallation;
    options.identities = directory_ + "/identities";
    options.sandbox_program = "/bin/true";
    options.termination_lead = absl::ZeroDuration();
    options.now = [this] {
      std::lock_guard lock(mutex_);
      return absl::Now() + ahead_;
    };
    options.first_pull_retry = absl::Milliseconds(1);
    options.probe = [this](const ProbeTarget& target) {
      std::lock_guard lock(mutex_);
      return failing_.contains(target.kind) ? absl::UnavailableError("no answer")
                                            : absl::OkStatus();
    };
    auto runtime = LocalRuntime::Open(engine_, services_, directory_ + "/db", options);
    ASSERT_TRUE(runtime.ok()) << runtime.status();
    runtime_ = *std::move(runtime);
    follower_ = std::make_unique<Follower>(runtime_->board());
    runtime_->Start();
  }

  ApplyResult Apply(const ObjectRef& ref, const std::string& text, uint64_t generation) {
    return runtime_->Apply({{ref, text, "owner", generation}}, false)[0];
  }
  void ApplyWeb(int replicas, uint64_t generation, const std::string& more = "") {
    EXPECT_EQ(
        Apply(DeploymentRef("web"), DeploymentText("web", replicas, "web:1", more), generation)
            .outcome,
        ApplyResult::Outcome::kAccepted);
  }
  std::vector<std::string> ContainerIds() {
    std::vector<std::string> ids;
    const auto containers = engine_.ListContainers({});
    for (const auto& summary : *containers) ids.push_back(summary.id);
    return ids;
  }
  // The containers of pods that bear this name and run.
  std::vector<engine::Container> Running(const std::string& name) {
    std::vector<engine::Container> running;
    const auto containers = engine_.ListContainers({{kContainerLabel, name}});
    for (const auto& summary : *containers) {
      const auto container = engine_.InspectContainer(summary.id);
      if (container.ok() && container->state == "running") running.push_back(*container);
    }
    return running;
  }
  std::vector<std::string> Sandboxes() {
    std::vector<std::string> ids;
    const auto containers = engine_.ListContainers({});
    for (const auto& summary : *containers)
      if (summary.labels.contains(kRulesLabel)) ids.push_back(summary.id);
    return ids;
  }

  void SetFailing(std::set<ProbeKind> failing) {
    std::lock_guard lock(mutex_);
    failing_ = std::move(failing);
  }

  // How far the runtime's clock is ahead.
  void SetAhead(absl::Duration ahead) {
    std::lock_guard lock(mutex_);
    ahead_ = ahead;
  }

  std::string directory_;
  std::mutex mutex_;
  absl::Duration ahead_;         // Guarded by mutex_.
  std::set<ProbeKind> failing_;  // Probes that fail; guarded by mutex_.
  engine::FakeEngine engine_;
  FakeServiceNetwork services_;
  std::unique_ptr<LocalRuntime> runtime_;
  std::unique_ptr<Follower> follower_;
};

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

TEST_F(LocalRuntimeTest, WhatIsRemovedOrStoppedBehindItsBackComesBack) {
  Start();
  ApplyWeb(2, 1);
  ASSERT_TRUE(follower_->Until(Ready(2)));
  const std::string removed = Running("main")[0].id, stopped = Running("main")[1].id;
  ASSERT_TRUE(engine_.RemoveContainer(removed).ok());
  EXPECT_TRUE(follower_->Until([&](const Seen& seen) {
    return Ready(2)(seen) && !SomePodSays("docker://" + removed + "\"")(seen);
  }));
  ASSERT_TRUE(engine_.StopContainer(stopped, absl::ZeroDuration()).ok());
  EXPECT_TRUE(follower_->Until([&](const Seen& seen) {
    return Ready(2)(seen) && SomePodSays(R"("restartCount":1)")(seen) &&
           SomePodSays(R"("signal":15)")(seen);
  }));
}

TEST_F(LocalRuntimeTest, ASandboxThatEndsOrGoesTakesItsPodWithItAndComesBack) {
  Start();
  ApplyWeb(1, 1, kSidecar);
  ASSERT_TRUE(follower_->Until(Ready(1)));
  const auto anew = [&](const std::vector<engine::Container>& before) {
    return follower_->Until([&](const Seen& seen) {
      const auto main = Running("main"), helper = Running("helper");
      return Ready(1)(seen) && main.size() == 1 && helper.size() == 1 &&
             main[0].id != before[0].id && helper[0].id != before[1].id;
    });
  };
  std::vector<engine::Container> before = {Running("main")[0], Running("helper")[0]};
  engine_.Exit(Sandboxes().at(0), 137);
  ASSERT_TRUE(anew(before));
  EXPECT_EQ(Sandboxes().size(), 1u);
  before = {Running("main")[0], Running("helper")[0]};
  ASSERT_TRUE(engine_.RemoveContainer(Sandboxes().at(0)).ok());
  EXPECT_TRUE(anew(before));
}

TEST_F(LocalRuntimeTest, APodIsNotReadyBeforeAllOfItsContainersRun) {
  Start();
  ApplyWeb(1, 1, R"(},{"name":"helper","image":"late:1")");
  // The first container runs; the other one has no image.
  ASSERT_TRUE(follower_->Until(SomePodSays("ImagePullBackOff")));
  EXPECT_TRUE(SomePodSays(R"("running")")(follower_->seen()));
  EXPECT_EQ(Number(follower_->seen(), kWeb, "readyReplicas"), 0);
  EXPECT_TRUE(Running("helper").empty());
  engine_.AddImage("late:1");
  EXPECT_TRUE(follower_->Until(Ready(1)));
  EXPECT_EQ(Running("helper").size(), 1u);
}

TEST_F(LocalRuntimeTest, ASecondContainerThatIsRemovedComesBack) {
  Start();
  ApplyWeb(1, 1, kSidecar);
  ASSERT_TRUE(follower_->Until(Ready(1)));
  const std::string removed = Running("helper").at(0).id, main = Running("main").at(0).id;
  ASSERT_TRUE(engine_.RemoveContainer(removed).ok());
  EXPECT_TRUE(follower_->Until([&](const Seen& seen) {
    const auto helper = Running("helper");
    return Ready(1)(seen) && helper.size() == 1 && helper[0].id != removed;
  }));
  EXPECT_EQ(Running("main").at(0).id, main);
}

TEST_F(LocalRuntimeTest, ContainersOfTheStartRunToTheirEndBeforeTheOthers) {
  Start();
  ApplyWeb(1, 1,
           R"(}],"initContainers":[{"name":"one","image":"web:1"},{"name":"two","image":"web:1")");
  const auto runs = [&](const std::string& name) {
    return follower_->Until([&](const Seen&) { return Running(name).size() == 1; });
  };
  ASSERT_TRUE(runs("one"));
  engine_.Exit(Running("one")[0].id, 1);  // Not a good end: again.
  ASSERT_TRUE(runs("one"));
  EXPECT_TRUE(Running("two").empty());
  engine_.Exit(Running("one")[0].id, 0);
  ASSERT_TRUE(runs("two"));
  EXPECT_TRUE(Running("main").empty());
  engine_.Exit(Running("two")[0].id, 0);
  EXPECT_TRUE(follower_->Until(Ready(1)));
  EXPECT_TRUE(Running("one").empty() && Running("two").empty());
  ApplyWeb(0, 2);
  EXPECT_TRUE(follower_->Until([&](const Seen&) { return ContainerIds().empty(); }));
}

TEST_F(LocalRuntimeTest, SidecarsGoWithTheirPods) {
  Start();
  ApplyWeb(2, 1, kSidecar);
  ASSERT_TRUE(follower_->Until(Ready(2)));
  ApplyWeb(0, 2, kSidecar);
  EXPECT_TRUE(follower_->Until([&](const Seen&) { return ContainerIds().empty(); }));
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

TEST_F(LocalRuntimeTest, APodThatWasOnlyHalfMadeIsStartedAndNotMadeTwice) {
  Start();
  engine_.SetStartError(absl::UnavailableError("the engine went away"));
  ApplyWeb(1, 1);
  ASSERT_TRUE(follower_->Until([&](const Seen&) { return engine_.creations() == 1; }));
  runtime_->Stop();  // As dead as it gets: made, not started.
  engine_.SetStartError(absl::OkStatus());
  Start();
  EXPECT_TRUE(follower_->Until(Ready(1)));
  EXPECT_EQ(engine_.creations(), 2) << "a sandbox and its container";
}

TEST_F(LocalRuntimeTest, AContainerThatCannotBeStartedSaysWhyAndHoldsUpNoOther) {
  Start();
  engine_.SetStartError(absl::InvalidArgumentError("exec: nothing: not found"));
  ApplyWeb(1, 1);
  EXPECT_TRUE(follower_->Until(SomePodSays("RunContainerError")));
  EXPECT_TRUE(SomePodSays("exec: nothing: not found")(follower_->seen()));
  engine_.SetStartError(absl::OkStatus());
  Apply(DeploymentRef("other"), DeploymentText("other", 1), 1);
  EXPECT_TRUE(follower_->Until([](const Seen& seen) {
    return Number(seen, "Deployment/default/other", "readyReplicas") == 1;
  }));
  EXPECT_TRUE(follower_->Until(Ready(1)));  // Tried again.
}

TEST_F(LocalRuntimeTest, AMissingImageIsSaidAndUsedWhenItComes) {
  Start();
  Apply(DeploymentRef("web"), DeploymentText("web", 2, "late:1"), 1);
  EXPECT_TRUE(follower_->Until(SomePodSays("ImagePullBackOff")));
  EXPECT_TRUE(follower_->Until([](const Seen& seen) {
    return Number(seen, kWeb, "replicas") == 2 && Number(seen, kWeb, "readyReplicas") == 0;
  }));
  engine_.AddImage("late:1");
  EXPECT_TRUE(follower_->Until(Ready(2)));
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

TEST_F(LocalRuntimeTest, APodThatStillServesForANewTemplateIsKeptRunning) {
  Start();
  ApplyWeb(1, 1);
  ASSERT_TRUE(follower_->Until(Ready(1)));
  const std::string old = Running("main").at(0).id;
  // A template that never comes up.
  Apply(DeploymentRef("web"), DeploymentText("web", 1, "missing:1"), 2);
  ASSERT_TRUE(follower_->Until(SomePodSays("ImagePullBackOff")));
  SetAhead(absl::Seconds(11));  // What it waits for is over at once.
  engine_.Exit(old, 1);
  EXPECT_TRUE(follower_->Until([&](const Seen&) {
    const auto running = Running("main");
    return running.size() == 1 && running[0].id == old;
  }));
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
             ContainerIds().size() == static_cast<size_t>(2 * count);
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

TEST_F(LocalRuntimeTest, APodWaitsForWhatItReadsAndRunsWhenThatComes) {
  Start();
  ApplyWeb(1, 1, R"(,"envFrom":[{"configMapRef":{"name":"settings"}}])");
  ASSERT_TRUE(follower_->Until(SomePodSays("CreateContainerConfigError")));
  EXPECT_TRUE(SomePodSays(R"(configmap \"settings\" not found)")(follower_->seen()));
  const ObjectRef map{"v1", "ConfigMap", "default", "settings"};
  EXPECT_EQ(Apply(map,
                  R"({"apiVersion":"v1","kind":"ConfigMap",
                  "metadata":{"name":"settings","namespace":"default"},"data":{"MODE":"fast"}})",
                  1)
                .outcome,
            ApplyResult::Outcome::kAccepted);
  EXPECT_TRUE(follower_->Until([](const Seen& seen) {
    const auto settings = seen.find("ConfigMap/default/settings");
    return Ready(1)(seen) && settings != seen.end() && settings->second.up_to_date;
  }));
  EXPECT_EQ(engine_.EnvironmentOf(Running("main").at(0).id), std::vector<std::string>{"MODE=fast"});
  ASSERT_TRUE(runtime_->Delete({map}).ok());
  EXPECT_TRUE(follower_->Until(
      [](const Seen& seen) { return seen.count("ConfigMap/default/settings") == 0; }));
  EXPECT_TRUE(Ready(1)(follower_->seen())) << "what runs is not touched";
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

TEST_F(LocalRuntimeTest, APodOfADeploymentThatNobodyKnowsIsShownAndKept) {
  engine::ContainerSpec orphan{.name = SandboxName(kInstallation, "default", "lost-1"),
                               .image = "web:1"};
  orphan.labels = {{kInstallationLabel, kInstallation},
                   {kNamespaceLabel, "default"},
                   {kDeploymentLabel, "lost"},
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

TEST_F(LocalRuntimeTest, WhatDoesNotLiveAnyMoreRunsAgainAndTheStatusSaysWhy) {
  SetFailing({ProbeKind::kLiveness});
  Start();
  ApplyWeb(1, 1,
           R"(,"livenessProbe":{"tcpSocket":{"port":80},"periodSeconds":1,"failureThreshold":1})");
  EXPECT_TRUE(follower_->Until([&](const Seen& seen) {
    return SomePodSays(R"("message":"liveness probe failed: no answer")")(seen) &&
           SomePodSays(R"("restartCount":1)")(seen);
  }));
}

TEST_F(LocalRuntimeTest, WhatIsToBeDoneBeforeTheEndIsDoneInTheContainer) {
  Start();
  ApplyWeb(1, 1, R"(,"lifecycle":{"preStop":{"exec":{"command":["say","goodbye"]}}})");
  ASSERT_TRUE(follower_->Until(Ready(1)));
  const std::string id = Running("main").at(0).id;
  Start();  // What is to be done stands on the engine.
  ASSERT_TRUE(follower_->Until(Ready(1)));
  ASSERT_TRUE(runtime_->Delete({DeploymentRef("web")}).ok());
  EXPECT_TRUE(follower_->Until([&](const Seen&) { return ContainerIds().empty(); }));
  EXPECT_EQ(engine_.commands(), std::vector<std::string>{id + " say goodbye"});
}

TEST_F(LocalRuntimeTest, NothingElseIsAskedBeforeAContainerHasStarted) {
  SetFailing({ProbeKind::kStartup, ProbeKind::kLiveness});
  Start();
  ApplyWeb(1, 1,
           R"(,"startupProbe":{"tcpSocket":{"port":80},"periodSeconds":1,"failureThreshold":1000},)"
           R"("livenessProbe":{"tcpSocket":{"port":80},"periodSeconds":1,"failureThreshold":1})");
  ASSERT_TRUE(follower_->Until(SomePodSays(R"("running")")));
  const std::string id = Running("main").at(0).id;
  SetFailing({});
  EXPECT_TRUE(follower_->Until(Ready(1)));
  EXPECT_EQ(Running("main").at(0).id, id) << "it was not ended";
}

TEST_F(LocalRuntimeTest, AContainerThatCrashesAgainAndAgainIsNotReady) {
  Start();
  ApplyWeb(1, 1);
  ASSERT_TRUE(follower_->Until(Ready(1)));
  engine_.Exit(Running("main")[0].id, 7);  // The first time it restarts at once.
  ASSERT_TRUE(follower_->Until([&](const Seen& seen) {
    return Ready(1)(seen) && SomePodSays(R"("restartCount":1)")(seen);
  }));
  engine_.Exit(Running("main")[0].id, 7);
  EXPECT_TRUE(follower_->Until([](const Seen& seen) {
    return SomePodSays("CrashLoopBackOff")(seen) && Number(seen, kWeb, "readyReplicas") == 0;
  }));
}

}  // namespace
}  // namespace weft::local
