#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/substitute.h>
#include <absl/time/clock.h>
#include <csignal>
#include <random>
#include <thread>

#include "runtime/local/integration_fixture.h"
#include "runtime/local/names.h"

namespace weft::local {
namespace {

using KindsOnTheEngine = RealRuntime;

std::string StatefulSet(int replicas, const std::string& version) {
  return absl::Substitute(
      R"({"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"db","namespace":"default"},
      "spec":{"replicas":$0,"serviceName":"db","selector":{"matchLabels":{"app":"db"}},"template":{
      "metadata":{"labels":{"app":"db"}},"spec":{"terminationGracePeriodSeconds":1,"containers":[
      {"name":"main","image":"test/busybox:1","command":["/bin/sh","-c"],
       "args":["trap 'exit 0' TERM; busybox sleep 1000000 & wait"],
       "env":[{"name":"VERSION","value":"$1"}]}]}}}})",
      replicas, version);
}

// One that has a lock of a file while it runs: a second one at once would leave LOCK.taken.
constexpr char kClaim[] =
    R"({"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"lock",
    "namespace":"default"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{
    "storage":"1Mi"}}}})";

std::string Singleton(const std::string& version) {
  return absl::Substitute(
      R"({"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"db","namespace":"default"},
      "spec":{"replicas":1,"serviceName":"db","selector":{"matchLabels":{"app":"db"}},"template":{
      "metadata":{"labels":{"app":"db"}},"spec":{"terminationGracePeriodSeconds":1,"containers":[
      {"name":"main","image":"weft/conformance:1","args":["lock /v/lock","wait"],
       "env":[{"name":"VERSION","value":"$0"}],"volumeMounts":[{"name":"v","mountPath":"/v"}]}],
      "volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"lock"}}]}}}})",
      version);
}

std::string Job(const std::string& script) {
  return absl::Substitute(
      R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"pi","namespace":"default"},
      "spec":{"backoffLimit":1,"template":{"spec":{"restartPolicy":"Never","containers":[
      {"name":"main","image":"test/busybox:1","command":["/bin/sh","-c"],"args":["$0"]}]}}}})",
      script);
}

std::function<bool(const Projections&)> Says(const std::string& key, const std::string& text) {
  return [=](const Projections& now) {
    const auto found = now.find(key);
    return found != now.end() && found->second.up_to_date() &&
           absl::StrContains(found->second.status(), text);
  };
}

// Counts from the engine's events how many containers "main" of a pod run at once.
class Watcher {
 public:
  Watcher(engine::Engine& engine, const std::string& pod)
      : thread_([this, &engine, pod] {
          engine
              .WatchEvents(
                  control_, [this] { opened_ = true; },
                  [&](const engine::Event& event) { Take(event, pod); })
              .IgnoreError();
        }) {
    while (!opened_) std::this_thread::yield();
  }
  ~Watcher() {
    control_.Cancel();
    thread_.join();
  }
  int most() const { return most_; }
  int starts() const { return starts_; }

 private:
  void Take(const engine::Event& event, const std::string& pod) {
    const auto has = [&](const char* label, const std::string& value) {
      const auto found = event.attributes.find(label);
      return found != event.attributes.end() && found->second == value;
    };
    if (event.type != "container" || !has(kPodLabel, pod) || !has(kContainerLabel, "main")) return;
    if (event.action == "start") {
      running_.insert(event.id);
      ++starts_;
      most_ = std::max<int>(most_, static_cast<int>(running_.size()));
    } else if (event.action == "die") {
      running_.erase(event.id);
    }
  }

  engine::StreamControl control_;
  std::atomic<bool> opened_ = false;
  std::set<std::string> running_;
  std::atomic<int> most_ = 0, starts_ = 0;
  std::thread thread_;
};

TEST_F(KindsOnTheEngine, NeverTwoOfASingletonRunAtOnceWhateverHappens) {
  Import("weft/conformance:1", WEFT_CONFORMANCE_IMAGE, {"/pod"});
  Apply({kClaim, Singleton("0")}, 1);
  WaitFor(Says("StatefulSet/default/db", R"("readyReplicas":1)"));
  Watcher watcher(engine(), "db-0");
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  constexpr int kSteps = 50;
  uint64_t generation = 1;
  for (int step = 0; step < kSteps; ++step) {
    const int what = static_cast<int>(random() % 5);
    if (what < 2) {
      ++generation;
      Apply({Singleton(std::to_string(generation))}, generation);
    } else if (what == 2) {
      KillRuntime();
      StartRuntime();
    } else {
      const char* label = what == 3 ? kContainerLabel : kTemplateLabel;
      const auto containers = engine().ListContainers({{kControllerLabel, "StatefulSet/db"}});
      for (const engine::ContainerSummary& summary : *containers) {
        const auto container = engine().InspectContainer(summary.id);
        if (summary.labels.contains(label) && container.ok() && container->pid > 0)
          kill(static_cast<pid_t>(container->pid), SIGKILL);
      }
    }
    absl::SleepFor(absl::Milliseconds(random() % 700));  // Wherever it is by then.
  }
  // The last thing that is asked for comes to be, in a pod of the same name.
  ++generation;
  Apply({Singleton("last")}, generation);
  WaitFor(
      [&](const Projections& now) {
        const auto set = now.find("StatefulSet/default/db");
        return Says("StatefulSet/default/db", R"("readyReplicas":1)")(now) &&
               set->second.generation() == generation && now.count("Pod/default/db-0") == 1;
      },
      absl::Minutes(2));
  EXPECT_EQ(watcher.most(), 1);
  EXPECT_GT(watcher.starts(), 5);
  // Nobody has found the lock taken; that somebody would have: it is now.
  const auto containers = engine().ListContainers({{kPodLabel, "db-0"}, {kContainerLabel, "main"}});
  const auto asked = [&](const char* statement) {
    for (const engine::ContainerSummary& summary : *containers) {
      const auto ran = engine().Exec(summary.id, {"/pod", statement}, absl::Seconds(10));
      if (ran.ok()) return absl::StrCat(ran->exit_code, " ", ran->output);
    }
    return std::string("none runs");
  };
  EXPECT_EQ(asked("show /v/lock.taken"), "0 no /v/lock.taken\n");
  EXPECT_EQ(asked("lock /v/lock"), "9 ");
}

TEST_F(KindsOnTheEngine, AStatefulSetsPodsFindEachOther) {
  ImportBusybox();
  Apply({StatefulSet(2, "0")}, 1);
  WaitFor(Says("StatefulSet/default/db", R"("readyReplicas":2)"));
  const auto containers = engine().ListContainers({{kPodLabel, "db-1"}, {kContainerLabel, "main"}});
  const auto found = engine().Exec(
      containers->at(0).id, {"/bin/busybox", "ping", "-c", "1", "db-0.db"}, absl::Seconds(10));
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->exit_code, 0) << found->output;
}

TEST_F(KindsOnTheEngine, AJobComesToItsEndAndIsLookedAtAfterwards) {
  ImportBusybox();
  Apply({Job("echo the answer; busybox sleep 1")}, 1);
  WaitFor(Says("Job/default/pi", R"("type":"Complete")"));
  const Projections all = WaitFor([](const Projections& now) {
    const auto pod = now.lower_bound("Pod/");
    return pod != now.end() && absl::StrContains(pod->second.status(), R"("phase":"Succeeded")");
  });
  grpc::ClientContext context;
  runtime::v1::LogsRequest request;
  request.set_namespace_("default");
  request.set_pod(all.lower_bound("Pod/")->second.ref().name());
  const auto reader = runtime().Logs(&context, request);
  std::string output;
  for (runtime::v1::LogsResponse response; reader->Read(&response);) output += response.data();
  EXPECT_EQ(output, "the answer\n");
  // What is removed behind its back does not make it run again, nor does a restart.
  KillRuntime();
  const auto containers = engine().ListContainers({{kControllerLabel, "Job/pi"}});
  for (const engine::ContainerSummary& summary : *containers)
    ASSERT_TRUE(engine().RemoveContainer(summary.id).ok());
  StartRuntime();
  WaitFor(Says("Job/default/pi", R"("succeeded":1)"));
  EXPECT_TRUE(engine().ListContainers({{kControllerLabel, "Job/pi"}})->empty());
  Delete({{"batch/v1", "Job", "default", "pi"}});
  WaitFor([](const Projections& now) { return now.empty(); });
}

TEST_F(KindsOnTheEngine, AJobThatFailsSaysSoAndGivesUp) {
  ImportBusybox();
  Apply({Job("exit 3")}, 1);
  const Projections all =
      WaitFor(Says("Job/default/pi", R"("reason":"BackoffLimitExceeded")"), absl::Minutes(1));
  EXPECT_TRUE(absl::StrContains(all.at("Job/default/pi").status(), R"("failed":2)"));
  EXPECT_TRUE(absl::StrContains(all.lower_bound("Pod/")->second.status(), R"("exitCode":3)"));
}

// It does nothing but use what it is given of a processor.
constexpr char kBusy[] = R"j({"apiVersion":"apps/v1","kind":"Deployment",
    "metadata":{"name":"web","namespace":"default"},
    "spec":{"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},
    "spec":{"terminationGracePeriodSeconds":0,"containers":[{"name":"main",
    "image":"test/busybox:1","command":["/bin/sh","-c","while :; do :; done"],
    "resources":{"requests":{"cpu":"50m"},"limits":{"cpu":"100m"}}}]}}}})j";
constexpr char kScaler[] = R"({"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler",
    "metadata":{"name":"web","namespace":"default"},
    "spec":{"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"},
    "maxReplicas":2,"metrics":[{"type":"Resource","resource":{"name":"cpu",
    "target":{"type":"Utilization","averageUtilization":50}}}]}})";

TEST_F(KindsOnTheEngine, AnAutoscalerFollowsWhatPodsUse) {
  ImportBusybox();
  Apply({kBusy, kScaler}, 1);
  const Projections all =
      WaitFor([](const Projections& now) { return ReadyPods(now, "web").size() == 2; });
  const std::string status = all.at("HorizontalPodAutoscaler/default/web").status();
  EXPECT_TRUE(absl::StrContains(status, R"("reason":"ValidMetricFound")")) << status;
  EXPECT_TRUE(absl::StrContains(status, R"("averageUtilization":)")) << status;
}

}  // namespace
}  // namespace weft::local
