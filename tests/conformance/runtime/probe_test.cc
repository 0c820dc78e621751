#include "absl/strings/str_cat.h"
#include "tests/conformance/runtime/conformance.h"

namespace weft::conformance {
namespace {

class Probes : public Programs {
 protected:
  void Make(const std::string& probes) {
    Accept(Deployment("web", 1, Pod({"serve 8080"}, probes)));
  }
  static std::string Http(const char* probe, const std::string& path, int failures = 3,
                          const std::string& port = "8080") {
    return absl::StrCat(R"(,")", probe, R"(":{"httpGet":{"path":")", path, R"(","port":)", port,
                        R"(},"periodSeconds":1,"failureThreshold":)", failures, "}");
  }
  static std::string Exec(const char* probe, const char* statement) {
    return absl::StrCat(R"(,")", probe, R"(":{"exec":{"command":["/pod",")", statement,
                        R"("]},"periodSeconds":1,"failureThreshold":1})");
  }
  PodSeen UntilRestarted() {
    return UntilPod("it was restarted", "web",
                    [](const PodSeen& pod) { return pod.Restarts() >= 1; });
  }
  // It runs, and stays not ready.
  void NeverReady() {
    UntilPod("it runs", "web", [](const PodSeen& pod) { return !pod.id().empty(); });
    AllTheTime(absl::Seconds(2), [&] {
      const std::vector<PodSeen> pods = PodsOf("web");
      return pods.size() == 1 && !pods[0].IsReady();
    });
    EXPECT_EQ(Number("Deployment", "web", "readyReplicas"), 0);
  }
};

TEST_F(Probes, ReadyWhenItAnswersHttp) {
  Make(Http("readinessProbe", "/"));
  UntilReady("web", 1);
}

TEST_F(Probes, NotReadyWhileItAnswersWithAnError) {
  Make(Http("readinessProbe", "/fail"));
  NeverReady();
}

TEST_F(Probes, NotReadyWhileNobodyListens) {
  Make(Http("readinessProbe", "/", 3, "8081"));
  NeverReady();
}

TEST_F(Probes, APortMayHaveAName) {
  Make(R"(,"ports":[{"name":"http","containerPort":8080}])" +
       Http("readinessProbe", "/", 3, R"("http")"));
  UntilReady("web", 1);
}

TEST_F(Probes, ReadyWhenAConnectionIsTaken) {
  Make(R"(,"readinessProbe":{"tcpSocket":{"port":8080},"periodSeconds":1})");
  UntilReady("web", 1);
}

TEST_F(Probes, NotReadyWhileNoConnectionIsTaken) {
  Make(R"(,"readinessProbe":{"tcpSocket":{"port":8081},"periodSeconds":1})");
  NeverReady();
}

TEST_F(Probes, ReadyWhenACommandSucceeds) {
  Make(Exec("readinessProbe", "exit 0"));
  UntilReady("web", 1);
}

TEST_F(Probes, NotReadyWhileACommandFails) {
  Make(Exec("readinessProbe", "exit 1"));
  NeverReady();
}

TEST_F(Probes, RestartedWhenItIsNotAlive) {
  Make(Http("livenessProbe", "/fail", 1));
  // It was asked to end, and not killed: it heeds SIGTERM.
  const PodSeen pod = UntilRestarted();
  EXPECT_EQ(json::GetInt(pod.Container(), {"lastState", "terminated", "exitCode"}, -1), 0);
}

TEST_F(Probes, RestartedWhenACommandSaysSo) {
  Make(Exec("livenessProbe", "exit 1"));
  UntilRestarted();
}

TEST_F(Probes, LeftAloneWhileItIsAlive) {
  Make(Http("livenessProbe", "/", 1) + Http("readinessProbe", "/"));
  UntilReady("web", 1);
  AllTheTime(absl::Seconds(3), [&] {
    const std::vector<PodSeen> pods = PodsOf("web");
    return pods.size() == 1 && pods[0].Restarts() == 0;
  });
}

TEST_F(Probes, FewerFailuresThanAreAskedAreNotEnough) {
  Make(Http("livenessProbe", "/fail", 30));
  UntilPod("it runs", "web", [](const PodSeen& pod) { return !pod.id().empty(); });
  AllTheTime(absl::Seconds(3), [&] {
    const std::vector<PodSeen> pods = PodsOf("web");
    return pods.size() == 1 && pods[0].Restarts() == 0;
  });
}

TEST_F(Probes, ReadyWhenItsStartWasSeenAndItAnswers) {
  Make(Http("startupProbe", "/") + Http("readinessProbe", "/"));
  UntilReady("web", 1);
  EXPECT_TRUE(json::GetBool(PodsOf("web").at(0).Container(), {"started"}));
}

TEST_F(Probes, AfterItsStartItIsAskedWhetherItIsAlive) {
  Make(Http("startupProbe", "/") + Http("livenessProbe", "/fail", 1));
  UntilRestarted();
}

TEST_F(Probes, NotStartedUntilItsStartIsSeen) {
  Make(Http("startupProbe", "/fail", 60));
  const PodSeen pod =
      UntilPod("it runs", "web", [](const PodSeen& seen) { return !seen.id().empty(); });
  EXPECT_FALSE(json::GetBool(pod.Container(), {"started"}));
  NeverReady();
}

TEST_F(Probes, RestartedWhenItDoesNotStart) {
  Make(Http("startupProbe", "/fail", 1));
  UntilRestarted();
}

TEST_F(Probes, LivenessIsNotAskedBeforeTheStart) {
  Make(Http("startupProbe", "/fail", 60) + Http("livenessProbe", "/fail", 1));
  UntilPod("it runs", "web", [](const PodSeen& pod) { return !pod.id().empty(); });
  AllTheTime(absl::Seconds(3), [&] {
    const std::vector<PodSeen> pods = PodsOf("web");
    return pods.size() == 1 && pods[0].Restarts() == 0;
  });
}

TEST_F(Probes, WithoutProbesItIsReadyWhenItRuns) {
  Make("");
  UntilReady("web", 1);
}

}  // namespace
}  // namespace weft::conformance
