#include "runtime/local/pod.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "core/base/json.h"
#include "runtime/local/admission.h"
#include "runtime/local/local_test_support.h"
#include "runtime/local/names.h"

namespace weft::local {
namespace {

constexpr char kInstallation[] = "0123456789ab";

PodTemplate TemplateOf(const std::string& more) {
  Admitted admitted = Admit(DeploymentRef("web"), DeploymentText("web", 1, "web:1", more), {});
  EXPECT_TRUE(admitted.problems.empty()) << admitted.problems[0].message;
  return std::get<DeploymentSpec>(admitted.spec).pod;
}

// What the engine has of a container.
engine::Container Made(const engine::ContainerSpec& spec, const std::string& id) {
  engine::Container container;
  container.id = id;
  container.name = spec.name;
  container.image = spec.image;
  container.labels = spec.labels;
  container.state = "running";
  container.started_at = "2026-01-01T00:00:00Z";
  if (!spec.network.empty()) container.addresses = {{spec.network, "172.16.0.2"}};
  return container;
}

engine::Container MadeSandbox(const PodTemplate& pod, const Pod& planned) {
  return Made(SandboxSpecFor(kInstallation, pod, planned, "weft/anchor:1"), "s1");
}

engine::Container MadeRun(const PodTemplate& pod, const Pod& planned, int number, int crashes = 0) {
  return Made(RunSpecFor(kInstallation, pod.containers[0], {}, planned, {{}, number, crashes}),
              "r" + std::to_string(number));
}

// A pod of `pod` that runs whole.
Pod RunningPod(const PodTemplate& pod) {
  const Pod planned = PlannedPod(DeploymentRef("web"), pod, 0);
  return AssemblePods(kInstallation, {MadeSandbox(pod, planned), MadeRun(pod, planned, 0)})
      .pods.at(0);
}

absl::Time At(const std::string& text) {
  absl::Time time;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, nullptr));
  return time;
}

TEST(Pod, ItsSandboxSaysAllThatIsNeededOfItLater) {
  const PodTemplate spec = TemplateOf(R"(,"ports":[{"name":"http","containerPort":8080}],
      "readinessProbe":{"httpGet":{"path":"/ok","port":"http","httpHeaders":[{"name":"A","value":"b"}]},
      "periodSeconds":3,"timeoutSeconds":2,"successThreshold":2,"failureThreshold":5,
      "initialDelaySeconds":7},
      "lifecycle":{"preStop":{"httpGet":{"path":"/bye","port":"http"}}},
      "livenessProbe":{"tcpSocket":{"port":"http"}},"startupProbe":{"exec":{"command":["a","b"]}})");
  const Pod planned = PlannedPod(DeploymentRef("web"), spec, 0);
  EXPECT_EQ(std::get<HttpGet>(planned.members.at(0).probes.readiness->action).port.number, 8080)
      << "also before it is made";
  const Pod pod = AssemblePods(kInstallation, {MadeSandbox(spec, planned)}).pods.at(0);
  EXPECT_EQ(pod.name, planned.name);
  EXPECT_EQ(pod.template_hash, spec.hash);
  EXPECT_EQ(pod.address, "172.16.0.2");
  EXPECT_EQ(pod.labels.at("app"), "web");
  EXPECT_EQ(pod.rules.ports.at("http"), 8080);
  ASSERT_EQ(pod.members.size(), 1u);
  EXPECT_EQ(pod.members[0].name, "main");
  EXPECT_EQ(pod.members[0].probes, planned.members[0].probes);
  EXPECT_EQ(pod.members[0].pre_stop, Action(HttpGet{"/bye", {8080, ""}, {}}));
  ASSERT_TRUE(pod.members[0].probes.readiness.has_value());
  const Probe& probe = *pod.members[0].probes.readiness;
  EXPECT_EQ(probe.action, Action(HttpGet{"/ok", {8080, ""}, {{"A", "b"}}}));
  EXPECT_EQ(pod.members[0].probes.liveness->action, Action(TcpSocket{{8080, ""}}));
  EXPECT_EQ(pod.members[0].probes.startup->action, Action(Exec{{"a", "b"}}));
  EXPECT_EQ(probe.period, absl::Seconds(3));
  EXPECT_EQ(probe.timeout, absl::Seconds(2));
  EXPECT_EQ(probe.initial_delay, absl::Seconds(7));
  EXPECT_EQ(probe.success_threshold, 2);
  EXPECT_EQ(probe.failure_threshold, 5);
}

TEST(Pod, AProviderOfTheSystemGetsItsIdentityForReading) {
  PodTemplate spec = TemplateOf("");
  spec.labels[kProviderLabel] = "greeter";
  const ObjectRef system{"apps/v1", "Deployment", "weft-system", "greeter"};
  EXPECT_EQ(IdentityOf(system, spec), "greeter");
  EXPECT_EQ(IdentityOf(DeploymentRef("greeter"), spec), "");
  EXPECT_EQ(IdentityOf(system, TemplateOf("")), "");
  const Pod pod = PlannedPod(system, spec, 0);
  const engine::ContainerSpec with =
      RunSpecFor(kInstallation, spec.containers[0], {}, pod, {}, "/d/greeter");
  EXPECT_EQ(with.binds, (std::vector<engine::Bind>{{"/d/greeter", "/etc/weft/tls"}}));
  EXPECT_EQ(with.environment, (std::vector<std::string>{"WEFT_TLS_DIR=/etc/weft/tls"}));
  const engine::ContainerSpec without = RunSpecFor(kInstallation, spec.containers[0], {}, pod, {});
  EXPECT_TRUE(without.binds.empty());
  EXPECT_TRUE(without.environment.empty());
}

TEST(Pod, RequestsAreWeightsAndNeverLimits) {
  const PodTemplate spec = TemplateOf(R"(,"resources":{"requests":{"cpu":"500m","memory":"1Mi"}})");
  const engine::ContainerSpec container = RunSpecFor(kInstallation, spec.containers[0], {},
                                                     PlannedPod(DeploymentRef("web"), spec, 0), {});
  EXPECT_EQ(container.cpu_shares, 512);
  EXPECT_EQ(container.memory_reservation, 6 << 20);  // Docker takes no less.
}

TEST(Pod, VolumesTravelOnTheSandbox) {
  PodTemplate spec = TemplateOf("");
  Volume conf;
  conf.name = "conf";
  conf.kind = "Secret";
  conf.object = "keys";
  conf.optional = true;
  conf.mode = 0400;
  conf.items = {{"k", "d/p", 0600}};
  Volume fast;
  fast.name = "fast";
  fast.memory = true;
  fast.memory_bytes = 4096;
  Volume slow;
  slow.name = "slow";
  spec.volumes = {conf, fast, slow};
  EXPECT_EQ(PodRulesFromJson(PodRulesToJson(RulesOf(spec))).volumes, spec.volumes);
  const engine::ContainerSpec sandbox = SandboxSpecFor(
      kInstallation, spec, PlannedPod(DeploymentRef("web"), spec, 0), "weft/anchor:1");
  EXPECT_EQ(sandbox.volumes, (std::vector<engine::VolumeMount>{
                                 {.target = "/volumes/conf", .memory = true},
                                 {.target = "/volumes/fast", .memory = true, .memory_bytes = 4096},
                                 {.target = "/volumes/slow"}}))
      << "what a Secret says is on no disk";
}

TEST(Pod, AContainersProbesNameItsOwnPorts) {
  const PodTemplate spec = TemplateOf(R"(,"ports":[{"name":"metrics","containerPort":9090}]},
      {"name":"helper","image":"web:1","ports":[{"name":"metrics","containerPort":9091}],
      "livenessProbe":{"tcpSocket":{"port":"metrics"}})");
  const PodRules rules = RulesOf(spec);
  EXPECT_EQ(rules.containers.at(1).probes.liveness->action, Action(TcpSocket{{9091, ""}}));
  EXPECT_EQ(rules.ports.at("metrics"), 9090);
}

TEST(Pod, ARunHasTheLimitsAndTheRightsOfItsContainer) {
  const PodTemplate spec = TemplateOf(R"(,"workingDir":"/work",
      "resources":{"limits":{"cpu":"1500m","memory":"64Mi"}},
      "securityContext":{"runAsUser":1000,"runAsGroup":2000,"readOnlyRootFilesystem":true,
      "allowPrivilegeEscalation":false,"capabilities":{"add":["NET_ADMIN"],"drop":["ALL"]}})");
  const engine::ContainerSpec run = RunSpecFor(kInstallation, spec.containers[0], {},
                                               PlannedPod(DeploymentRef("web"), spec, 0), {});
  EXPECT_EQ(run.working_directory, "/work");
  EXPECT_EQ(run.cpu_limit_milli, 1500);
  EXPECT_EQ(run.memory_limit, 64 << 20);
  EXPECT_EQ(run.user, "1000:2000");
  EXPECT_TRUE(run.read_only_root && run.no_new_privileges);
  EXPECT_EQ(run.capabilities_add, std::vector<std::string>{"NET_ADMIN"});
  EXPECT_EQ(run.capabilities_drop, std::vector<std::string>{"ALL"});
  EXPECT_GT(run.log_bytes, 0) << "or its output fills the disk";
}

TEST(Pod, ItsLastTwoRunsAreKeptAndOlderOnesMayGo) {
  const PodTemplate spec = TemplateOf("");
  const Pod planned = PlannedPod(DeploymentRef("web"), spec, 0);
  for (const std::vector<int>& order : {std::vector{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}}) {
    std::vector<engine::Container> containers = {MadeSandbox(spec, planned)};
    for (const int number : order) containers.push_back(MadeRun(spec, planned, number, number));
    Pod pod = AssemblePods(kInstallation, containers).pods.at(0);
    EXPECT_EQ(pod.members[0].run.number, 3);
    EXPECT_EQ(pod.members[0].run.crashes, 3);
    ASSERT_TRUE(pod.members[0].previous.has_value());
    EXPECT_EQ(pod.members[0].previous->number, 2);
    std::sort(pod.stale.begin(), pod.stale.end());
    EXPECT_EQ(pod.stale, (std::vector<std::string>{"r0", "r1"}));
  }
}

TEST(Pod, WhatHasLostItsSandboxOrIsOfAnotherLayoutIsAnOrphan) {
  const PodTemplate spec = TemplateOf("");
  const Pod planned = PlannedPod(DeploymentRef("web"), spec, 0);
  EXPECT_EQ(AssemblePods(kInstallation, {MadeRun(spec, planned, 0)}).orphans,
            std::vector<std::string>{"r0"});
  engine::Container older = MadeSandbox(spec, planned);
  older.labels[kRulesLabel] = R"({"container":"main","ports":{}})";
  engine::Container sidecar = MadeRun(spec, planned, 0);
  sidecar.name = SandboxName(kInstallation, planned.ns, planned.name) + ".helper";
  sidecar.labels.erase(kContainerLabel);
  const Assembled assembled = AssemblePods(kInstallation, {older, sidecar});
  EXPECT_TRUE(assembled.pods.empty());
  EXPECT_EQ(assembled.orphans, (std::vector<std::string>{"s1", "r0"}));
}

TEST(Pod, AContainerOfOthersIsNone) {
  const PodTemplate spec = TemplateOf("");
  const Pod planned = PlannedPod(DeploymentRef("web"), spec, 0);
  for (engine::Container container : {MadeSandbox(spec, planned), MadeRun(spec, planned, 0)}) {
    const Assembled of_another = AssemblePods("ba9876543210", {container});
    EXPECT_TRUE(of_another.pods.empty() && of_another.orphans.empty());
    // Someone ran an image that was made of a pod's container: it bears our labels.
    container.name = "somebody";
    const Assembled copied = AssemblePods(kInstallation, {container});
    EXPECT_TRUE(copied.pods.empty() && copied.orphans.empty());
  }
}

TEST(Pod, StatusIsAsKubernetesWritesIt) {
  Pod pod = RunningPod(TemplateOf(""));
  pod.members[0].readiness = Readiness::kReady;
  pod.members[0].started = true;
  EXPECT_EQ(PodStatusJson(pod, absl::UnixEpoch()),
            R"({"conditions":[{"status":"True","type":"Ready"}],)"
            R"("containerStatuses":[{"containerID":"docker://r0","image":"web:1","name":"main",)"
            R"("ready":true,"restartCount":0,"started":true,)"
            R"("state":{"running":{"startedAt":"2026-01-01T00:00:00Z"}}}],)"
            R"("phase":"Running","podIP":"172.16.0.2"})");
}

// How the container of `pod` ended, and what the status says of it.
json::value EndedStatus(Pod pod, int64_t exit_code, bool out_of_memory, int crashes,
                        const std::string& now) {
  Run& run = pod.members[0].run;
  run.crashes = crashes;
  run.number = crashes;
  run.container.state = "exited";
  run.container.exit_code = exit_code;
  run.container.out_of_memory = out_of_memory;
  run.container.finished_at = "2026-01-01T00:00:05Z";
  return json::Parse(PodStatusJson(pod, At(now)))->at("containerStatuses").at(0);
}

TEST(Pod, SaysHowAContainerEndedAndWhatItWaitsFor) {
  const Pod pod = RunningPod(TemplateOf(""));
  const json::value first = EndedStatus(pod, 3, false, 0, "2026-01-01T00:00:06Z");
  EXPECT_EQ(json::GetInt(first, {"state", "terminated", "exitCode"}), 3);
  EXPECT_EQ(json::GetString(first, {"state", "terminated", "reason"}), "Error");
  const json::value again = EndedStatus(pod, 3, false, 2, "2026-01-01T00:00:06Z");
  EXPECT_EQ(json::GetString(again, {"state", "waiting", "reason"}), "CrashLoopBackOff");
  EXPECT_EQ(json::GetString(again, {"state", "waiting", "message"}),
            "back-off 20s: it ended with exit code 3, restarted 2 times");
  EXPECT_EQ(json::GetInt(again, {"lastState", "terminated", "exitCode"}), 3);
  const json::value killed = EndedStatus(pod, 137, false, 1, "2026-01-01T00:00:06Z");
  EXPECT_EQ(json::GetString(killed, {"state", "waiting", "message"}),
            "back-off 10s: it was ended by SIGKILL, restarted 1 time");
  EXPECT_EQ(json::GetInt(killed, {"lastState", "terminated", "signal"}), 9);
  const json::value memory = EndedStatus(pod, 137, true, 1, "2026-01-01T00:00:06Z");
  EXPECT_EQ(json::GetString(memory, {"state", "waiting", "message"}),
            "back-off 10s: it ran out of memory, restarted 1 time");
  EXPECT_EQ(json::GetString(memory, {"lastState", "terminated", "reason"}), "OOMKilled");
  Pod restarted = pod;
  restarted.members[0].ended_for = "liveness probe failed: no answer";
  const json::value unwell = EndedStatus(restarted, 143, false, 1, "2026-01-01T00:00:06Z");
  EXPECT_EQ(json::GetString(unwell, {"state", "waiting", "message"}),
            "back-off 10s: liveness probe failed: no answer, restarted 1 time");
  EXPECT_EQ(json::GetString(unwell, {"lastState", "terminated", "message"}),
            "liveness probe failed: no answer");
}

TEST(Pod, OneThatIsStillNotReadySaysWhy) {
  Pod pod = PlannedPod(DeploymentRef("web"), TemplateOf(""), 0);
  pod.members[0].complaint = "GET http://172.16.0.2:80/: Connection refused";
  const json::value status = *json::Parse(PodStatusJson(pod, absl::UnixEpoch()));
  EXPECT_EQ(json::GetString(status, {"reason"}), "Unhealthy");
  EXPECT_EQ(json::GetString(status, {"message"}),
            "readiness probe failed: GET http://172.16.0.2:80/: Connection refused");
}

TEST(Pod, APodThatIsNotMadeSaysWhatItWaitsFor) {
  Pod pod = PlannedPod(DeploymentRef("web"), TemplateOf(""), 0);
  pod.members[0].waiting = {"ImagePullBackOff", "no registry"};
  const json::value status = *json::Parse(PodStatusJson(pod, absl::UnixEpoch()));
  EXPECT_EQ(json::GetString(status, {"phase"}), "Pending");
  const json::value& waiting = status.at("containerStatuses").at(0).at("state").at("waiting");
  EXPECT_EQ(json::GetString(waiting, {"reason"}), "ImagePullBackOff");
  EXPECT_EQ(json::GetString(waiting, {"message"}), "no registry");
}

TEST(Pod, ContainersOfTheStartRunOneAfterTheOther) {
  const PodTemplate spec = TemplateOf(
      R"(}],"initContainers":[{"name":"one","image":"i:1"},{"name":"two","image":"i:1")");
  Pod pod = PlannedPod(DeploymentRef("web"), spec, 0);
  ASSERT_EQ(pod.members.size(), 3u);
  EXPECT_EQ(NextInit(pod)->name, "one");
  engine::Container& one = pod.members[0].run.container;
  one.state = "running";
  EXPECT_EQ(NextInit(pod)->name, "one");
  one.state = "exited";
  one.finished_at = "2026-01-01T00:00:05Z";
  EXPECT_EQ(NextInit(pod)->name, "two");
  pod.members[1].run.container = one;
  EXPECT_EQ(NextInit(pod), nullptr);
  one.exit_code = 1;
  EXPECT_EQ(NextInit(pod)->name, "one") << "it failed";
  Pod served = pod;
  served.members[2].run.container.started_at = "2026-01-01T00:00:09Z";
  served.members[0].run.container = {};
  EXPECT_EQ(NextInit(served), nullptr) << "somebody removed what had come first";
  const json::value status = *json::Parse(PodStatusJson(pod, absl::UnixEpoch()));
  EXPECT_EQ(status.at("initContainerStatuses").as_array().size(), 2u);
  EXPECT_EQ(json::GetString(status.at("containerStatuses").at(0), {"state", "waiting", "reason"}),
            "PodInitializing");
}

TEST(Pod, AContainerOfANetworkThatWasMadeAnewDoesNotCount) {
  Pod pod = RunningPod(TemplateOf(""));
  EXPECT_TRUE(Runs(pod, pod.members[0]));
  pod.sandbox.started_at = "2026-01-01T00:00:01Z";
  EXPECT_FALSE(Runs(pod, pod.members[0]));
  // A clock that was set back between the two starts says nothing.
  pod.members[0].run.container.labels[kJoinedLabel] = pod.sandbox.started_at;
  EXPECT_TRUE(Runs(pod, pod.members[0]));
}

TEST(Pod, RestartsAtOnceThenAfterTenSecondsAndTwiceAsLongEachTime) {
  const absl::Time end = At("2026-01-01T00:00:05Z");
  local::Run run;
  run.container.state = "exited";
  run.container.started_at = "2026-01-01T00:00:00Z";
  run.container.finished_at = "2026-01-01T00:00:05Z";
  const int waits[] = {0, 10, 20, 40, 80, 160, 300, 300};
  for (const int wait : waits) {
    const Restart restart = RestartOf(run, end);
    EXPECT_EQ(restart.at, end + absl::Seconds(wait)) << "after " << run.crashes;
    EXPECT_EQ(restart.number, run.number + 1);
    EXPECT_EQ(restart.crashes, run.crashes + 1);
    run.number = restart.number;
    run.crashes = restart.crashes;
  }
  EXPECT_EQ(RestartOf(run, end - absl::Hours(1)).at, end - absl::Hours(1)) << "a clock set back";
  run.container.started_at = "2025-12-31T23:50:05Z";
  EXPECT_EQ(RestartOf(run, end).at, end) << "it ran for ten minutes";
  EXPECT_EQ(RestartOf(run, end).crashes, 1);
}

TEST(Pod, OneThatCrashesAgainAndAgainIsTrustedOnlyAfterAWhile) {
  Member member;
  local::Run& run = member.run;
  run.container.state = "running";
  run.container.started_at = "2026-01-01T00:00:00.5Z";
  const absl::Time started = At(run.container.started_at);
  run.crashes = 2;
  EXPECT_FALSE(IsCrashLooping(member, started));
  run.crashes = 3;
  EXPECT_TRUE(IsCrashLooping(member, started + absl::Seconds(9)));
  EXPECT_FALSE(IsCrashLooping(member, started + kTrustedAfter));
}

TEST(Pod, ItsPhaseFollowsWhatEndsForGood) {
  const auto ended = [](RestartPolicy restart, int exit_code, bool init = false) {
    Member member{.name = "m", .init = init, .restart = restart};
    member.run.container.state = "exited";
    member.run.container.started_at = "2026-01-01T00:00:00Z";
    member.run.container.finished_at = "2026-01-01T00:00:01Z";
    member.run.container.exit_code = exit_code;
    return member;
  };
  using enum RestartPolicy;
  const auto phase = [](std::vector<Member> members) {
    Pod pod;
    pod.members = std::move(members);
    return PhaseOf(pod);
  };
  EXPECT_EQ(phase({ended(kAlways, 0)}), Phase::kRunning) << "it runs again";
  EXPECT_EQ(phase({ended(kOnFailure, 0)}), Phase::kSucceeded);
  EXPECT_EQ(phase({ended(kOnFailure, 1)}), Phase::kRunning);
  EXPECT_EQ(phase({ended(kNever, 0), ended(kNever, 0)}), Phase::kSucceeded);
  EXPECT_EQ(phase({ended(kNever, 0), ended(kNever, 1)}), Phase::kFailed);
  Member runs = ended(kNever, 0);
  runs.run.container.state = "running";
  EXPECT_EQ(phase({runs, ended(kNever, 1)}), Phase::kRunning) << "the other one goes on";
  EXPECT_EQ(phase({ended(kNever, 1, true), Member{.name = "n"}}), Phase::kFailed)
      << "what comes first did not come through";
  EXPECT_EQ(phase({ended(kNever, 0, true), Member{.name = "n"}}), Phase::kPending);
}

TEST(Pod, WhatTheRuntimeEndedHasNotComeToItsGoodEnd) {
  Pod pod;
  pod.sandbox.started_at = "2026-01-01T00:01:00Z";  // Again.
  pod.members = {Member{.name = "first", .init = true}, Member{.name = "main"}};
  Member& first = pod.members[0];
  engine::Container& run = first.run.container;
  run.state = "exited";
  run.started_at = "2026-01-01T00:00:30Z";
  run.finished_at = "2026-01-01T00:01:01Z";
  // It had lost its network, was told to end, and did so politely.
  EXPECT_TRUE(IsInterrupted(pod, run));
  first.interrupted = true;
  EXPECT_FALSE(Completed(first));
  EXPECT_EQ(NextInit(pod), &first);
  run.finished_at = "2026-01-01T00:00:40Z";
  EXPECT_FALSE(IsInterrupted(pod, run)) << "it ended by itself, before that";
  first.interrupted = false;
  EXPECT_TRUE(Completed(first));
  EXPECT_EQ(NextInit(pod), &first) << "but for another sandbox";
  run.labels[kJoinedLabel] = pod.sandbox.started_at;
  EXPECT_EQ(NextInit(pod), nullptr);
  Member task{.name = "task", .restart = RestartPolicy::kOnFailure};
  task.run.container = run;
  EXPECT_TRUE(EndedForGood(task));
  task.ended_for = "liveness probe failed";
  EXPECT_FALSE(EndedForGood(task)) << "what did not live runs again";
}

TEST(Names, ContainersOfDifferentNamespacesNeverShareOne) {
  EXPECT_NE(SandboxName(kInstallation, "a-b", "c"), SandboxName(kInstallation, "a", "b-c"));
  EXPECT_NE(RunName(kInstallation, "a", "b", "c-d", 0), RunName(kInstallation, "a", "b-c", "d", 0));
}

TEST(Names, ALongNamespaceIsHashed) {
  EXPECT_EQ(NetworkName(kInstallation, "default"), "weft-0123456789ab-default");
  const std::string a = NetworkName(kInstallation, std::string(62, 'n') + "a");
  EXPECT_NE(a, NetworkName(kInstallation, std::string(62, 'n') + "b"));
  EXPECT_EQ(a.size(), sizeof("weft-0123456789ab-") - 1 + 40);
}

}  // namespace
}  // namespace weft::local
