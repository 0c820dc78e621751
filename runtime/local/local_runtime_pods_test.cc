#include "runtime/local/local_runtime_fixture.h"

namespace weft::local {
namespace {

using PodsOfTheRuntime = LocalRuntimeTest;

TEST_F(PodsOfTheRuntime, WhatIsRemovedOrStoppedBehindItsBackComesBack) {
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

TEST_F(PodsOfTheRuntime, ASandboxThatEndsOrGoesTakesItsPodWithItAndComesBack) {
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

TEST_F(PodsOfTheRuntime, APodIsNotReadyBeforeAllOfItsContainersRun) {
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

TEST_F(PodsOfTheRuntime, ASecondContainerThatIsRemovedComesBack) {
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

// As by an engine that was killed as it connected it.
TEST_F(PodsOfTheRuntime, ASandboxThatHasLostItsNetworkIsStartedAnew) {
  Start();
  ApplyWeb(1, 1);
  ASSERT_TRUE(follower_->Until(Ready(1)));
  const std::string sandbox = Sandboxes().at(0);
  const int starts = engine_.starts();
  engine_.LoseNetwork(sandbox);
  Start();
  ASSERT_TRUE(Soon([&] {
    const auto now = engine_.InspectContainer(sandbox);
    return now.ok() && !now->addresses.empty() && engine_.starts() == starts + 2;
  })) << "it, and what had joined its network";
  EXPECT_TRUE(follower_->Until(Ready(1)));
}

TEST_F(PodsOfTheRuntime, ContainersOfTheStartRunToTheirEndBeforeTheOthers) {
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

TEST_F(PodsOfTheRuntime, SidecarsGoWithTheirPods) {
  Start();
  ApplyWeb(2, 1, kSidecar);
  ASSERT_TRUE(follower_->Until(Ready(2)));
  ApplyWeb(0, 2, kSidecar);
  EXPECT_TRUE(follower_->Until([&](const Seen&) { return ContainerIds().empty(); }));
}

TEST_F(PodsOfTheRuntime, APodThatWasOnlyHalfMadeIsStartedAndNotMadeTwice) {
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

TEST_F(PodsOfTheRuntime, AContainerThatCannotBeStartedSaysWhyAndHoldsUpNoOther) {
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

TEST_F(PodsOfTheRuntime, AMissingImageIsSaidAndUsedWhenItComes) {
  Start();
  Apply(DeploymentRef("web"), DeploymentText("web", 2, "late:1"), 1);
  EXPECT_TRUE(follower_->Until(SomePodSays("ImagePullBackOff")));
  EXPECT_TRUE(follower_->Until([](const Seen& seen) {
    return Number(seen, kWeb, "replicas") == 2 && Number(seen, kWeb, "readyReplicas") == 0;
  }));
  engine_.AddImage("late:1");
  EXPECT_TRUE(follower_->Until(Ready(2)));
}

TEST_F(PodsOfTheRuntime, TheRegistryIsAskedBeforeEachRunWhereThePodSaysSo) {
  engine_.SetPrivateImage("web:1", "");
  Start();
  ApplyWeb(2, 1, R"(,"imagePullPolicy":"Always")");
  EXPECT_TRUE(follower_->Until(Ready(2)));
  const int pulls = engine_.pulls();
  EXPECT_GE(pulls, 1);
  const std::string first = Running("main").at(0).id;
  engine_.Exit(first, 1);
  EXPECT_TRUE(Soon([&] {
    const auto now = Running("main");
    return now.size() == 2 && now[0].id != first && now[1].id != first;
  }));
  EXPECT_EQ(engine_.pulls(), pulls + 1);
}

TEST_F(PodsOfTheRuntime, WhatAPodOfThatNameWaitedForOnceDoesNotServeTheNextOne) {
  const auto always = [&](const ObjectRef& ref, int replicas, uint64_t generation) {
    Apply(ref, DeploymentText(ref.name, replicas, "web:1", R"(,"imagePullPolicy":"Always")"),
          generation);
  };
  engine_.SetPrivateImage("web:1", "");
  Start();
  always(DeploymentRef("web"), 1, 1);
  ASSERT_TRUE(follower_->Until(Ready(1)));
  engine_.SetPrivateImage("another:1", "");
  always(DeploymentRef("web"), 2, 2);
  ASSERT_TRUE(follower_->Until(SomePodSays("ImagePullBackOff")));
  always(DeploymentRef("web"), 1, 3);
  ASSERT_TRUE(follower_->Until(Ready(1)));
  engine_.SetPrivateImage("web:1", "");
  always(DeploymentRef("other"), 1, 1);
  ASSERT_TRUE(follower_->Until([](const Seen& seen) {
    return Number(seen, "Deployment/default/other", "readyReplicas") == 1;
  }));
  engine_.SetPrivateImage("another:1", "");
  always(DeploymentRef("web"), 2, 4);
  EXPECT_TRUE(follower_->Until(SomePodSays("ImagePullBackOff")));
}

TEST_F(PodsOfTheRuntime, APodThatStillServesForANewTemplateIsKeptRunning) {
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

TEST_F(PodsOfTheRuntime, APodWaitsForWhatItReadsAndRunsWhenThatComes) {
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

TEST_F(PodsOfTheRuntime, WhatDoesNotLiveAnyMoreRunsAgainAndTheStatusSaysWhy) {
  SetFailing({ProbeKind::kLiveness});
  Start();
  ApplyWeb(1, 1,
           R"(,"livenessProbe":{"tcpSocket":{"port":80},"periodSeconds":1,"failureThreshold":1})");
  EXPECT_TRUE(follower_->Until([&](const Seen& seen) {
    return SomePodSays(R"("message":"liveness probe failed: no answer")")(seen) &&
           SomePodSays(R"("restartCount":1)")(seen);
  }));
}

TEST_F(PodsOfTheRuntime, WhatIsToBeDoneBeforeTheEndIsDoneInTheContainer) {
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

TEST_F(PodsOfTheRuntime, OneOfAFormerTemplateIsEndedAsOftenAsItDoesNotLive) {
  Start();
  const std::string liveness =
      R"(,"livenessProbe":{"tcpSocket":{"port":80},"periodSeconds":1,"failureThreshold":1})";
  ApplyWeb(1, 1, liveness);
  ASSERT_TRUE(follower_->Until(Ready(1)));
  Apply(DeploymentRef("web"), DeploymentText("web", 1, "missing:1"), 2);
  ASSERT_TRUE(follower_->Until(SomePodSays("ImagePullBackOff")));
  const int starts = engine_.starts();
  SetAhead(absl::Seconds(11));  // It is started again at once.
  SetFailing({ProbeKind::kLiveness});
  EXPECT_TRUE(follower_->Until([&](const Seen&) { return engine_.starts() >= starts + 2; }));
}

TEST_F(PodsOfTheRuntime, NothingElseIsAskedBeforeAContainerHasStarted) {
  SetFailing({ProbeKind::kStartup, ProbeKind::kLiveness});
  Start();
  ApplyWeb(1, 1,
           R"(,"startupProbe":{"tcpSocket":{"port":80},"periodSeconds":1,"failureThreshold":1000},)"
           R"("livenessProbe":{"tcpSocket":{"port":80},"periodSeconds":1,"failureThreshold":1})");
  ASSERT_TRUE(follower_->Until(SomePodSays(R"("running")")));
  const std::string id = Running("main").at(0).id;
  // Liveness would have been asked as often.
  EXPECT_TRUE(Soon([&] { return Asked(ProbeKind::kStartup) >= 2; }));
  EXPECT_EQ(Asked(ProbeKind::kLiveness), 0);
  SetFailing({});
  EXPECT_TRUE(follower_->Until(Ready(1)));
  EXPECT_EQ(Running("main").at(0).id, id) << "it was not ended";
}

TEST_F(PodsOfTheRuntime, ARunIsFoundByItsContainerAndSoIsTheOneBefore) {
  Start();
  ApplyWeb(1, 1, kSidecar);
  ASSERT_TRUE(follower_->Until(Ready(1)));
  const std::string pod = engine_.InspectContainer(Running("main").at(0).id)->labels.at(kPodLabel);
  const auto run = [&](const std::string& container, bool previous) {
    const absl::StatusOr<PodRun> found = runtime_->RunOf("default", pod, container, previous);
    return found.ok() ? found->id : std::string(found.status().message());
  };
  const std::string first = Running("main").at(0).id;
  EXPECT_EQ(run("", false), first);
  EXPECT_FALSE(runtime_->RunOf("default", pod, "main", false)->last);
  EXPECT_EQ(run("helper", false), Running("helper").at(0).id);
  EXPECT_EQ(run("none", false),
            "the pod default/" + pod + " has no container none; it has main, helper");
  EXPECT_EQ(run("main", true),
            "the container main of the pod default/" + pod + " has not run before");
  engine_.Exit(first, 7);
  ASSERT_TRUE(follower_->Until([&](const Seen& seen) {
    return Ready(1)(seen) && SomePodSays(R"("restartCount":1)")(seen);
  }));
  EXPECT_EQ(run("main", true), first);
  EXPECT_EQ(run("main", false), Running("main").at(0).id);
}

TEST_F(PodsOfTheRuntime, AContainerThatCrashesAgainAndAgainIsNotReady) {
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
