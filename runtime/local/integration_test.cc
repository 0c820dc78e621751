#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <absl/time/clock.h>
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/process.h"
#include "runtime/anchor/anchor_network.h"
#include "runtime/local/integration_fixture.h"
#include "runtime/local/local_runtime.h"
#include "runtime/local/names.h"

namespace weft::local {
namespace {

constexpr char kWeb[] = "Deployment/default/web";

auto Ready(int count) {
  return [count](const Projections& all) {
    const auto web = all.find(kWeb);
    return web != all.end() && web->second.up_to_date() &&
           StatusNumber(all, kWeb, "readyReplicas") == count &&
           StatusNumber(all, kWeb, "replicas") == count &&
           StatusNumber(all, kWeb, "updatedReplicas") == count &&
           ReadyPods(all, "web").size() == static_cast<size_t>(count);
  };
}

TEST_F(RealRuntime, RunsADeploymentBehindAServiceAndRemovesAllOfIt) {
  ImportBusybox();
  const auto applied = Apply({WebDeployment("web", 3), WebService("web")}, 1);
  EXPECT_EQ(applied.results(0).outcome(), runtime::v1::APPLY_OUTCOME_ACCEPTED);
  const Projections all = WaitFor([](const Projections& now) {
    return Ready(3)(now) && now.count("Service/default/web") > 0 &&
           now.at("Service/default/web").up_to_date();
  });
  const json::value service = *json::Parse(all.at("Service/default/web").status());
  EXPECT_NE(json::GetString(service, {"clusterIP"}), "");
  const runtime::v1::Projection& pod = all.lower_bound("Pod/")->second;
  EXPECT_EQ(pod.owner(), "owner");
  EXPECT_EQ(pod.controller().kind(), "Deployment");

  Delete({{"apps/v1", "Deployment", "default", "web"}, {"v1", "Service", "default", "web"}});
  WaitFor([](const Projections& now) { return now.empty(); });
  EXPECT_TRUE(engine().ListContainers({{kControllerLabel, "Deployment/web"}})->empty());
  EXPECT_TRUE(engine().ListContainers({{anchor::kRoleLabel, "anchor"}})->empty());
  // The network is the last to go, with what answers for names there.
  const absl::Time limit = absl::Now() + absl::Seconds(20);
  while (!engine().ListContainers({})->empty() && absl::Now() < limit)
    absl::SleepFor(absl::Milliseconds(20));
  EXPECT_TRUE(engine().ListContainers({})->empty());
}

// A pod whose first container does nothing: a sidecar answers what it is asked.
constexpr char kPodWithSidecar[] = R"({"apiVersion":"apps/v1","kind":"Deployment",
    "metadata":{"name":"web","namespace":"default"},
    "spec":{"replicas":1,"selector":{"matchLabels":{"app":"web"}},"template":{
    "metadata":{"labels":{"app":"web"}},"spec":{"terminationGracePeriodSeconds":1,"containers":[
    {"name":"idle","image":"test/busybox:1","command":["/bin/busybox","sleep","1000000"],
     "readinessProbe":{"periodSeconds":1,"httpGet":{"port":80,"path":"/index.html"}}},
    {"name":"server","image":"test/busybox:1",
     "command":["/bin/busybox","httpd","-f","-p","80","-h","/www"]}]}}}})";

TEST_F(RealRuntime, ASidecarSharesTheNetworkOfItsPodAlsoAfterARestart) {
  ImportBusybox();
  Apply({kPodWithSidecar}, 1);
  const std::vector<std::string> before = Runs(WaitFor(Ready(1)), "web");
  ASSERT_EQ(engine().ListContainers({{kControllerLabel, "Deployment/web"}})->size(), 3u);
  const std::string first = before.at(0).substr(sizeof("docker://") - 1, 64);
  ASSERT_EQ(kill(static_cast<pid_t>(engine().InspectContainer(first)->pid), SIGKILL), 0);
  WaitFor([&](const Projections& now) { return Ready(1)(now) && Runs(now, "web") != before; });
  Delete({{"apps/v1", "Deployment", "default", "web"}});
  WaitFor([](const Projections& now) { return now.empty(); });
  EXPECT_TRUE(engine().ListContainers({{kControllerLabel, "Deployment/web"}})->empty());
}

// A pod whose first container serves what it finds as its identity.
constexpr char kProvider[] = R"({"apiVersion":"apps/v1","kind":"Deployment",
    "metadata":{"name":"greeter"},
    "spec":{"selector":{"matchLabels":{"app":"greeter"}},"template":{
    "metadata":{"labels":{"app":"greeter","weft.dev/provider":"greeter"}},
    "spec":{"terminationGracePeriodSeconds":1,"containers":[
    {"name":"provider","image":"test/busybox:1","command":["/bin/sh","-c"],
     "args":["! busybox touch $WEFT_TLS_DIR/x && busybox httpd -f -p 80 -h $WEFT_TLS_DIR"],
     "readinessProbe":{"periodSeconds":1,"httpGet":{"port":80,"path":"/tls.crt"}}}]}}}})";

TEST_F(RealRuntime, AProviderOfTheSystemReadsItsIdentity) {
  ImportBusybox();
  Apply({kProvider}, 1, "weft-system");
  WaitFor([](const Projections& now) {
    return std::any_of(now.begin(), now.end(), [](const auto& entry) {
      return absl::StrContains(entry.second.status(), "IdentityMissing");
    });
  });
  const std::string identity = data_ + "/identities/greeter";
  std::filesystem::create_directories(identity);
  std::ofstream(identity + "/tls.crt") << "a certificate";
  WaitFor([](const Projections& now) { return ReadyPods(now, "greeter").size() == 1; });
}

TEST_F(RealRuntime, SteeringAndHandingOverRestartNothing) {
  ImportBusybox();
  Apply({WebDeployment("web", 2)}, 1);
  const std::vector<std::string> runs = Runs(WaitFor(Ready(2)), "web");
  const auto await = [&](uint64_t generation, int count) {
    return Runs(WaitFor([&](const Projections& now) {
                  return Ready(count)(now) && now.at(kWeb).generation() == generation &&
                         Runs(now, "web").size() == static_cast<size_t>(count);
                }),
                "web");
  };
  const std::string web = SteeredWebDeployment("web");
  ApplySteered(web, 2, Steered("/spec/replicas", "1", false));
  EXPECT_EQ(await(2, 2), runs);  // It keeps what it had.
  ApplySteered(web, 3, Steered("/spec/replicas", "4", true));
  const std::vector<std::string> more = await(3, 4);
  for (const std::string& run : runs) EXPECT_THAT(more, testing::Contains(run));
  KillRuntime();
  StartRuntime();
  EXPECT_EQ(await(3, 4), more);
  ApplySteered(web, 4, Steered("/spec/replicas", "2", true));
  const std::vector<std::string> fewer = await(4, 2);
  for (const std::string& run : fewer) EXPECT_THAT(more, testing::Contains(run));
  Apply({WebDeployment("web", 2)}, 5);
  EXPECT_EQ(await(5, 2), fewer);
}

// By the engine's event, not when everything is looked at again. How fast that is, a property says.
TEST_F(RealRuntime, PutsRightAtOnceWhatIsRemovedBehindItsBack) {
  ImportBusybox();
  Apply({WebDeployment("web", 2)}, 1);
  const Projections before = WaitFor(Ready(2));
  const std::vector<std::string> runs = Runs(before, "web");
  const std::string victim = runs[0].substr(sizeof("docker://") - 1, 64);
  const absl::Time removed = absl::Now();
  ASSERT_TRUE(engine().RemoveContainer(victim).ok());
  const Projections after =
      WaitFor([&](const Projections& now) { return Ready(2)(now) && Runs(now, "web") != runs; });
  absl::Time started;
  for (const std::string& run : Runs(after, "web")) {
    if (run == runs[1]) continue;
    ASSERT_TRUE(
        absl::ParseTime(absl::RFC3339_full, run.substr(run.find(' ') + 1), &started, nullptr));
  }
  EXPECT_LT(started - removed, LocalRuntime::Options().resync / 3);
  RecordProperty("milliseconds", static_cast<int>(absl::ToInt64Milliseconds(started - removed)));
}

TEST_F(RealRuntime, DeathOfTheRuntimeAndOfTheEngineTouchesNoContainer) {
  ImportBusybox();
  Apply({WebDeployment("web", 3), WebService("web")}, 1);
  const std::vector<std::string> runs = Runs(WaitFor(Ready(3)), "web");
  ASSERT_EQ(runs.size(), 3u);

  KillRuntime();
  StartRuntime();
  EXPECT_EQ(Runs(WaitFor(Ready(3)), "web"), runs);

  const pid_t engine_before = EnginePid();
  KillEngine();
  Apply({WebDeployment("web", 4)}, 2);  // Accepted while the engine is dead.
  const std::vector<std::string> more = Runs(WaitFor(Ready(4)), "web");
  EXPECT_NE(EnginePid(), engine_before);
  for (const std::string& run : runs) EXPECT_THAT(more, testing::Contains(run));

  KillRuntime();
  KillEngine();
  StartRuntime();
  EXPECT_EQ(Runs(WaitFor(Ready(4)), "web"), more);
}

// As when the engine is killed between the start of a container and the note of it: nobody could
// ever start it again, and its port is taken in its pod.
TEST_F(RealRuntime, AProcessThatTheEngineForgotIsEndedAndItsPodComesBack) {
  ImportBusybox();
  Apply({WebDeployment("web", 1)}, 1);
  WaitFor(Ready(1));
  const std::string id = engine().ListContainers({{kContainerLabel, "web"}})->at(0).id;
  const auto pid = static_cast<pid_t>(engine().InspectContainer(id)->pid);
  ASSERT_GT(pid, 1);
  const auto process = ProcessHandle::Open({pid, StartTime(pid).value_or(0)});
  ASSERT_TRUE(process.ok()) << process.status();
  KillRuntime();
  KillEngine();
  const std::string file = data_ + "/engine/data/containers/" + id + "/config.v2.json";
  std::string note = ReadFileOrEmpty(file);
  ASSERT_EQ(absl::StrReplaceAll({{"\"Running\":true", "\"Running\":false"},
                                 {absl::StrCat("\"Pid\":", pid), "\"Pid\":0"}},
                                &note),
            2);
  ASSERT_TRUE(WriteFileAtomically(file, note).ok());
  StartRuntime();
  WaitFor(Ready(1));
  EXPECT_TRUE(process->AwaitEnd(absl::Seconds(5))) << "the process of before";
}

TEST_F(RealRuntime, DeathAtAnyStepOfAnApplyLosesNothingAndMakesNothingTwice) {
  ImportBusybox();
  for (const char* step : {"record", "create", "start", "status"}) {
    for (const char* side : {"before", "after"}) {
      const std::string point = absl::StrCat("runtime.", step, ".", side);
      const std::string name = absl::StrCat(step, "-", side);
      SCOPED_TRACE(point);
      const std::vector<std::string> objects = {WebDeployment(name, 2)};
      ArmFailpoint(point);
      ApplyInDanger(objects, 1);
      WaitForDeath();
      StartRuntime();
      Apply(objects, 1);  // Its outcome was unknown: sent again.
      WaitFor([&](const Projections& now) { return ReadyPods(now, name).size() == 2; });
      const auto containers = engine().ListContainers({{kControllerLabel, "Deployment/" + name}});
      EXPECT_EQ(containers->size(), 4u) << "a sandbox and a container each";
    }
  }
}

TEST_F(RealRuntime, SaysWhyAPodDoesNotRun) {
  ImportBusybox();
  const auto with_command = [&](const std::string& name, const std::string& command) {
    std::string text = WebDeployment(name, 1);
    const std::string before = R"("command":["/bin/sh","-c"])";
    return text.replace(text.find(before), before.size(), R"("command":[")" + command + R"("])");
  };
  Apply({with_command("crash", "/bin/sh\",\"-c\",\"exit 7"), with_command("wrong", "/nothing")}, 1);
  WaitFor([](const Projections& now) {
    bool crashing = false, wrong = false;
    for (const auto& [key, p] : now) {
      if (p.ref().kind() != "Pod") continue;
      crashing |= absl::StrContains(p.status(), "CrashLoopBackOff") &&
                  absl::StrContains(p.status(), "exit code 7");
      wrong |= absl::StrContains(p.status(), "RunContainerError") &&
               absl::StrContains(p.status(), "/nothing");
    }
    return crashing && wrong;
  });
}

// It lives as long as a file is there.
constexpr char kMortal[] = R"({"apiVersion":"apps/v1","kind":"Deployment",
    "metadata":{"name":"web","namespace":"default"},
    "spec":{"selector":{"matchLabels":{"app":"web"}},"template":{
    "metadata":{"labels":{"app":"web"}},"spec":{"terminationGracePeriodSeconds":1,
    "initContainers":[
    {"name":"before","image":"test/busybox:1","command":["/bin/busybox","true"]}],
    "containers":[
    {"name":"main","image":"test/busybox:1","command":["/bin/sh","-c"],
     "args":["trap 'exit 0' TERM; busybox touch /alive; busybox sleep 1000000 & wait"],
     "startupProbe":{"periodSeconds":1,"timeoutSeconds":30,"exec":{"command":["/bin/busybox","test","-e","/alive"]}},
     "livenessProbe":{"periodSeconds":1,"timeoutSeconds":30,"failureThreshold":1,
                      "exec":{"command":["/bin/busybox","cat","/alive"]}}}]}}}})";

TEST_F(RealRuntime, WhatDoesNotLiveAnyMoreRunsAgainAndTheStatusSaysWhy) {
  ImportBusybox();
  Apply({kMortal}, 1);
  const std::string run = Runs(WaitFor(Ready(1)), "web").at(0);
  const std::string id = run.substr(sizeof("docker://") - 1, 64);
  const auto removed = engine().Exec(id, {"/bin/busybox", "rm", "/alive"}, absl::Seconds(5));
  ASSERT_TRUE(removed.ok()) << removed.status();
  EXPECT_EQ(removed->exit_code, 0);
  WaitFor([&](const Projections& now) {
    const auto pod = now.lower_bound("Pod/");
    return pod != now.end() && Ready(1)(now) && Runs(now, "web").at(0) != run &&
           absl::StrContains(pod->second.status(),
                             "liveness probe failed: /bin/busybox cat /alive: exit code 1: cat: "
                             "can't open '/alive'");
  });
}

TEST_F(RealRuntime, RunsACommandInAContainerAndWaitsNoLongerThanItMay) {
  ImportBusybox();
  Apply({kMortal}, 1);
  const std::string run = Runs(WaitFor(Ready(1)), "web").at(0);
  const std::string id = run.substr(sizeof("docker://") - 1, 64);
  const auto said =
      engine().Exec(id, {"/bin/sh", "-c", "echo out; echo err >&2; exit 3"}, absl::Seconds(5));
  ASSERT_TRUE(said.ok()) << said.status();
  EXPECT_EQ(said->exit_code, 3);
  // The two streams come in any order.
  EXPECT_THAT(said->output, testing::AnyOf("out\nerr\n", "err\nout\n"));
  const absl::Time begin = absl::Now();
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      engine().Exec(id, {"/bin/busybox", "sleep", "30"}, absl::Milliseconds(300)).status()));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(10));
  const auto chatter = engine().Exec(id, {"/bin/busybox", "yes"}, absl::Milliseconds(300));
  EXPECT_TRUE(absl::IsDeadlineExceeded(chatter.status())) << chatter.status();
  const auto nothing = engine().Exec(id, {"/nothing"}, absl::Seconds(5));
  EXPECT_TRUE(!nothing.ok() || nothing->exit_code != 0);
}

// Ready only as the user that it is to be, on a root that it cannot write to, with no privileges.
constexpr char kBounded[] = R"({"apiVersion":"apps/v1","kind":"Deployment",
    "metadata":{"name":"web","namespace":"default"},
    "spec":{"selector":{"matchLabels":{"app":"web"}},"template":{
    "metadata":{"labels":{"app":"web"}},"spec":{"terminationGracePeriodSeconds":1,
    "containers":[
    {"name":"main","image":"test/busybox:1","workingDir":"/www",
     "command":["/bin/busybox","sleep","1000000"],
     "resources":{"requests":{"memory":"8Mi"},"limits":{"cpu":"500m","memory":"16Mi"}},
     "securityContext":{"runAsUser":1000,"runAsGroup":2000,"readOnlyRootFilesystem":true,
                        "allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}},
     "readinessProbe":{"periodSeconds":1,"exec":{"command":["/bin/sh","-c",
       "[ $(busybox id -u) = 1000 ] && [ $(busybox id -g) = 2000 ] && busybox test -e index.html && ! busybox touch /x 2>/dev/null && busybox grep -q 'CapEff:.0000000000000000' /proc/self/status && busybox grep -q 'NoNewPrivs:.1' /proc/self/status"]}}}]}}}})";

TEST_F(RealRuntime, AContainerRunsWithTheRightsAndLimitsThatItIsGiven) {
  ImportBusybox();
  Apply({kBounded}, 1);
  WaitFor(Ready(1));
  std::string hungry = kBounded;
  const std::string sleep = R"(["/bin/busybox","sleep","1000000"])";
  hungry.replace(hungry.find(sleep), sleep.size(),
                 R"(["/bin/sh","-c","x=aaaaaaaa; while :; do x=$x$x; done"])");
  Apply({hungry}, 2);
  WaitFor([](const Projections& now) {
    return std::any_of(now.begin(), now.end(), [](const auto& entry) {
      return absl::StrContains(entry.second.status(), "it ran out of memory") &&
             absl::StrContains(entry.second.status(), "OOMKilled");
    });
  });
}

constexpr char kReader[] = R"j({"apiVersion":"apps/v1","kind":"Deployment",
    "metadata":{"name":"web","namespace":"default"},
    "spec":{"selector":{"matchLabels":{"app":"web"}},"template":{
    "metadata":{"labels":{"app":"web"}},"spec":{"terminationGracePeriodSeconds":1,"containers":[
    {"name":"main","image":"test/busybox:1","command":["/bin/busybox","sleep","1000000"],
     "envFrom":[{"secretRef":{"name":"keys"}}],
     "env":[{"name":"BOTH","value":"$(TOKEN)-$(POD)"},
            {"name":"IP","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}}],
     "readinessProbe":{"periodSeconds":1,"exec":{"command":["/bin/sh","-c",
       "[ \"$TOKEN\" = abc ] && [ \"$BOTH\" = 'abc-$(POD)' ] && busybox ip addr | busybox grep -q \"$IP/\""]}}}]}}}})j";

TEST_F(RealRuntime, APodRunsWithWhatStandsInASecret) {
  ImportBusybox();
  Apply({kReader}, 1);
  WaitFor([](const Projections& now) {
    const auto pod = now.lower_bound("Pod/");
    return pod != now.end() &&
           absl::StrContains(pod->second.status(), R"(secret \"keys\" not found)");
  });
  Apply({R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"keys","namespace":"default"},
             "data":{"TOKEN":"YWJj"}})"},
        1);
  WaitFor(Ready(1));
}

TEST_F(RealRuntime, RollsToANewTemplateWithoutBeingUnready) {
  ImportBusybox();
  Apply({WebDeployment("web", 2)}, 1);
  const std::vector<std::string> old = ReadyPods(WaitFor(Ready(2)), "web");
  Apply({WebDeployment("web", 2, "/")}, 2);
  bool unready = false;
  // What is told of a Deployment may come before what is told of its pods.
  WaitFor([&](const Projections& now) {
    if (StatusNumber(now, kWeb, "readyReplicas") < 2) unready = true;
    const std::vector<std::string> ready = ReadyPods(now, "web");
    return now.at(kWeb).generation() == 2 && Ready(2)(now) &&
           std::ranges::find_first_of(ready, old) == ready.end();
  });
  EXPECT_FALSE(unready);
}

TEST_F(RealRuntime, AnImageThatIsMissingHoldsUpNothingElseAndIsUsedWhenItComes) {
  std::string missing = WebDeployment("web", 1);
  missing.insert(missing.find(R"("image")"), R"("imagePullPolicy":"Never",)");
  Apply({missing}, 1);
  WaitFor([](const Projections& now) {
    const auto pod = now.lower_bound("Pod/");
    return pod != now.end() && absl::StrContains(pod->second.status(), "ErrImageNeverPull");
  });
  ImportBusybox();
  WaitFor(Ready(1));
}

TEST_F(RealRuntime, ServesTheOutputOfAPod) {
  ImportBusybox();
  std::string talking = WebDeployment("web", 1);
  const std::string marker = "trap 'exit 0' TERM;";
  talking.insert(talking.find(marker), "echo first; echo second; ");
  Apply({talking}, 1);
  const std::vector<std::string> pods = ReadyPods(WaitFor(Ready(1)), "web");
  grpc::ClientContext context;
  runtime::v1::LogsRequest request;
  request.set_namespace_("default");
  request.set_pod(pods.at(0));
  request.set_tail_lines(1);
  const auto reader = runtime().Logs(&context, request);
  std::string output;
  for (runtime::v1::LogsResponse response; reader->Read(&response);) output += response.data();
  EXPECT_EQ(output, "second\n");
  EXPECT_TRUE(reader->Finish().ok());
}

}  // namespace
}  // namespace weft::local
