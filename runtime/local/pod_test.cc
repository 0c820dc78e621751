#include "runtime/local/pod.h"

#include <gtest/gtest.h>

#include "core/base/json.h"
#include "runtime/local/admission.h"
#include "runtime/local/local_test_support.h"
#include "runtime/local/names.h"

namespace weft::local {
namespace {

constexpr char kInstallation[] = "0123456789ab";

DeploymentSpec SpecOf(const std::string& more) {
  Admitted admitted = Admit(DeploymentRef("web"), DeploymentText("web", 1, "web:1", more), {});
  EXPECT_TRUE(admitted.problems.empty()) << admitted.problems[0].message;
  return std::get<DeploymentSpec>(admitted.spec);
}

engine::Container Running(const engine::ContainerSpec& spec) {
  engine::Container container;
  container.id = "c1";
  container.name = spec.name;
  container.image = spec.image;
  container.labels = spec.labels;
  container.state = "running";
  container.started_at = "2026-01-01T00:00:00Z";
  container.addresses = {{spec.network, "172.16.0.2"}};
  return container;
}

TEST(Pod, ItsContainerSaysAllThatIsNeededOfItLater) {
  const DeploymentSpec spec = SpecOf(R"(,"ports":[{"name":"http","containerPort":8080}],
      "readinessProbe":{"httpGet":{"path":"/ok","port":"http","httpHeaders":[{"name":"A","value":"b"}]},
      "periodSeconds":3,"timeoutSeconds":2,"successThreshold":2,"failureThreshold":5,
      "initialDelaySeconds":7})");
  const Pod planned = PlannedPod(DeploymentRef("web"), spec, 0);
  const auto pod = PodFromContainer(
      kInstallation, Running(ContainerSpecFor(kInstallation, DeploymentRef("web"), spec, planned)));
  ASSERT_TRUE(pod.has_value());
  EXPECT_EQ(pod->name, planned.name);
  EXPECT_EQ(pod->template_hash, spec.template_hash);
  EXPECT_EQ(pod->address, "172.16.0.2");
  EXPECT_EQ(pod->labels.at("app"), "web");
  EXPECT_EQ(pod->rules.container, "main");
  EXPECT_EQ(pod->rules.ports.at("http"), 8080);
  ASSERT_TRUE(pod->rules.readiness.has_value());
  const HttpProbe& probe = *pod->rules.readiness;
  EXPECT_EQ(probe.path, "/ok");
  EXPECT_EQ(probe.port.number, 8080);
  EXPECT_EQ(probe.headers, (std::vector<std::pair<std::string, std::string>>{{"A", "b"}}));
  EXPECT_EQ(probe.period, absl::Seconds(3));
  EXPECT_EQ(probe.timeout, absl::Seconds(2));
  EXPECT_EQ(probe.initial_delay, absl::Seconds(7));
  EXPECT_EQ(probe.success_threshold, 2);
  EXPECT_EQ(probe.failure_threshold, 5);
}

TEST(Pod, AProviderOfTheSystemGetsItsIdentityForReading) {
  DeploymentSpec spec = SpecOf("");
  spec.template_labels[kProviderLabel] = "greeter";
  const ObjectRef system{"apps/v1", "Deployment", "weft-system", "greeter"};
  EXPECT_EQ(IdentityOf(system, spec), "greeter");
  EXPECT_EQ(IdentityOf(DeploymentRef("greeter"), spec), "");
  EXPECT_EQ(IdentityOf(system, SpecOf("")), "");
  const Pod pod = PlannedPod(system, spec, 0);
  const engine::ContainerSpec with =
      ContainerSpecFor(kInstallation, system, spec, pod, "/d/greeter");
  EXPECT_EQ(with.binds, (std::vector<engine::Bind>{{"/d/greeter", "/etc/weft/tls"}}));
  EXPECT_EQ(with.environment, (std::vector<std::string>{"WEFT_TLS_DIR=/etc/weft/tls"}));
  const engine::ContainerSpec without = ContainerSpecFor(kInstallation, system, spec, pod);
  EXPECT_TRUE(without.binds.empty());
  EXPECT_TRUE(without.environment.empty());
}

TEST(Pod, RequestsAreWeightsAndNeverLimits) {
  const DeploymentSpec spec = SpecOf(R"(,"resources":{"requests":{"cpu":"500m","memory":"1Mi"}})");
  const engine::ContainerSpec container = ContainerSpecFor(
      kInstallation, DeploymentRef("web"), spec, PlannedPod(DeploymentRef("web"), spec, 0));
  EXPECT_EQ(container.cpu_shares, 512);
  EXPECT_EQ(container.memory_reservation, 6 << 20);  // Docker takes no less.
}

TEST(Pod, AContainerOfOthersIsNone) {
  const DeploymentSpec spec = SpecOf("");
  const engine::Container ours = Running(ContainerSpecFor(
      kInstallation, DeploymentRef("web"), spec, PlannedPod(DeploymentRef("web"), spec, 0)));
  EXPECT_TRUE(PodFromContainer(kInstallation, ours).has_value());
  EXPECT_FALSE(PodFromContainer("ba9876543210", ours).has_value());
  // Someone ran an image that was made of a pod's container: it bears our labels.
  engine::Container copied = ours;
  copied.name = "somebody";
  EXPECT_FALSE(PodFromContainer(kInstallation, copied).has_value());
}

TEST(Pod, StatusIsAsKubernetesWritesIt) {
  const DeploymentSpec spec = SpecOf("");
  Pod pod = *PodFromContainer(kInstallation,
                              Running(ContainerSpecFor(kInstallation, DeploymentRef("web"), spec,
                                                       PlannedPod(DeploymentRef("web"), spec, 0))));
  pod.readiness = Readiness::kReady;
  EXPECT_EQ(PodStatusJson(pod, absl::UnixEpoch()),
            R"({"conditions":[{"status":"True","type":"Ready"}],)"
            R"("containerStatuses":[{"containerID":"docker://c1","image":"web:1","name":"main",)"
            R"("ready":true,"restartCount":0,)"
            R"("state":{"running":{"startedAt":"2026-01-01T00:00:00Z"}}}],)"
            R"("phase":"Running","podIP":"172.16.0.2"})");
  pod.container.state = "exited";
  pod.container.exit_code = 3;
  const json::value ended = *json::Parse(PodStatusJson(pod, absl::UnixEpoch()));
  const json::value& state = ended.at("containerStatuses").at(0).at("state");
  EXPECT_EQ(json::GetInt(state, {"terminated", "exitCode"}), 3);
  EXPECT_EQ(json::GetString(state, {"terminated", "reason"}), "Error");
}

TEST(Pod, OneThatIsStillNotReadySaysWhy) {
  Pod pod = PlannedPod(DeploymentRef("web"), SpecOf(""), 0);
  pod.complaint = "GET http://172.16.0.2:80/: Connection refused";
  const json::value status = *json::Parse(PodStatusJson(pod, absl::UnixEpoch()));
  EXPECT_EQ(json::GetString(status, {"reason"}), "Unhealthy");
  EXPECT_EQ(json::GetString(status, {"message"}),
            "readiness probe failed: GET http://172.16.0.2:80/: Connection refused");
}

TEST(Pod, APodThatIsNotMadeSaysWhatItWaitsFor) {
  Pod pod = PlannedPod(DeploymentRef("web"), SpecOf(""), 0);
  pod.waiting.reason = "ImagePullBackOff";
  pod.waiting.message = "no registry";
  const json::value status = *json::Parse(PodStatusJson(pod, absl::UnixEpoch()));
  EXPECT_EQ(json::GetString(status, {"phase"}), "Pending");
  const json::value& waiting = status.at("containerStatuses").at(0).at("state").at("waiting");
  EXPECT_EQ(json::GetString(waiting, {"reason"}), "ImagePullBackOff");
  EXPECT_EQ(json::GetString(waiting, {"message"}), "no registry");
}

TEST(Pod, OneThatCrashesAgainAndAgainIsTrustedOnlyAfterAWhile) {
  engine::Container container;
  container.state = "running";
  container.started_at = "2026-01-01T00:00:00.5Z";
  absl::Time started;
  ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, container.started_at, &started, nullptr));
  container.restart_count = 2;
  EXPECT_FALSE(IsCrashLooping(container, started));
  container.restart_count = 3;
  EXPECT_TRUE(IsCrashLooping(container, started + absl::Seconds(9)));
  EXPECT_FALSE(IsCrashLooping(container, started + kTrustedAfter));
  container.state = "restarting";
  EXPECT_TRUE(IsCrashLooping(container, started + absl::Hours(1)));
}

TEST(Names, ContainersOfDifferentNamespacesNeverShareOne) {
  EXPECT_NE(ContainerName(kInstallation, "a-b", "c"), ContainerName(kInstallation, "a", "b-c"));
}

TEST(Names, ALongNamespaceIsHashed) {
  EXPECT_EQ(NetworkName(kInstallation, "default"), "weft-0123456789ab-default");
  const std::string a = NetworkName(kInstallation, std::string(62, 'n') + "a");
  EXPECT_NE(a, NetworkName(kInstallation, std::string(62, 'n') + "b"));
  EXPECT_EQ(a.size(), sizeof("weft-0123456789ab-") - 1 + 40);
}

}  // namespace
}  // namespace weft::local
