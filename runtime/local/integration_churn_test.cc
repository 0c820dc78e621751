// Random crashes of the runtime and of the engine while workloads come, change and go.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>
#include <set>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "core/base/files.h"
#include "runtime/local/integration_fixture.h"
#include "runtime/local/names.h"

namespace weft::local {
namespace {

constexpr int kCrashes = 20;
constexpr int kStable = 10;    // Workloads that nobody touches,
constexpr int kChanging = 20;  // and that somebody does.

// One of those that change: a Deployment with or without a Service, a StatefulSet with a headless
// one, or a Job.
struct Workload {
  std::string name;
  int kind = 0;
  int replicas = 1;
  int version = 0;
  uint64_t generation = 0;
  bool there = false;
};

class Churn : public RealRuntime {
 protected:
  void SetUp() override {
    RealRuntime::SetUp();
    if (IsSkipped()) return;
    uint32_t seed = std::random_device{}();
    if (const char* given = getenv("WEFT_SEED"); given != nullptr)
      ASSERT_TRUE(absl::SimpleAtoi(given, &seed));
    std::cout << "WEFT_SEED=" << seed << std::endl;
    random_.seed(seed);
    ImportBusybox();
    for (int i = 0; i < kChanging; ++i)
      workloads_.push_back({.name = absl::StrCat("w", i), .kind = i % 4});
  }

  int Random(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

  static std::string TextOf(const Workload& w) {
    const char* kind = w.kind == 2 ? "StatefulSet" : w.kind == 3 ? "Job" : "Deployment";
    json::value object = *json::Parse(WebDeployment(w.name, w.replicas));
    object.as_object()["kind"] = kind;
    json::object& spec = object.at("spec").as_object();
    json::object& pod = spec.at("template").at("spec").as_object();
    json::object& container = pod.at("containers").at(0).as_object();
    container["env"] =
        json::array{json::object{{"name", "VERSION"}, {"value", std::to_string(w.version)}}};
    pod["terminationGracePeriodSeconds"] = 1;
    if (w.kind == 2) spec["serviceName"] = w.name;
    if (w.kind == 3) {
      object.as_object()["apiVersion"] = "batch/v1";
      for (const char* member : {"replicas", "selector"}) spec.erase(member);
      for (const char* member : {"ports", "readinessProbe"}) container.erase(member);
      container["args"] = json::array{"exit 0"};
      pod["restartPolicy"] = "Never";
    }
    return json::Canonical(object);
  }
  static std::vector<ObjectRef> RefsOf(const Workload& w) {
    if (w.kind == 3) return {{"batch/v1", "Job", "default", w.name}};
    std::vector<ObjectRef> refs = {
        {"apps/v1", w.kind == 2 ? "StatefulSet" : "Deployment", "default", w.name}};
    if (w.kind != 0) refs.push_back({"v1", "Service", "default", w.name});
    return refs;
  }

  // Changes one of them at random.
  void Step() {
    Workload& w = workloads_[static_cast<size_t>(Random(kChanging))];
    if (w.there && Random(4) == 0) {
      w.there = false;
      return Delete(RefsOf(w));
    }
    w.there = true;
    ++w.generation;
    if (w.kind != 3) w.replicas = 1 + Random(2);
    w.version += Random(2);
    std::vector<std::string> objects = {TextOf(w)};
    if (w.kind == 1) objects.push_back(WebService(w.name));
    if (w.kind == 2)
      objects.push_back(absl::StrReplaceAll(WebService(w.name),
                                            {{R"("spec":{)", R"("spec":{"clusterIP":"None",)"}}));
    // What is still being deleted is not taken (APPLY_OUTCOME_FAILED): sent again, as the core
    // does.
    const absl::Time end = absl::Now() + absl::Minutes(1);
    for (bool accepted = false; !accepted && absl::Now() < end;) {
      const runtime::v1::ApplyResponse response = Apply(objects, w.generation);
      accepted =
          std::all_of(response.results().begin(), response.results().end(), [](const auto& result) {
            return result.outcome() == runtime::v1::APPLY_OUTCOME_ACCEPTED;
          });
      if (!accepted) absl::SleepFor(absl::Milliseconds(100));
      if (!accepted && absl::Now() >= end) ADD_FAILURE() << response.DebugString();
    }
  }

  void Crash() {
    const int what = Random(3);
    if (what != 0) KillEngine();
    if (what != 1) {
      KillRuntime();
      StartRuntime();
    }
  }

  // Whether a workload is as it was asked for last.
  static bool IsSo(const Workload& w, const Projections& now) {
    const std::string key = LocalKey(RefsOf(w)[0]);
    if (!w.there) return !now.contains(key);
    const auto found = now.find(key);
    if (found == now.end() || found->second.generation() != w.generation ||
        !found->second.up_to_date())
      return false;
    if (w.kind == 3) return absl::StrContains(found->second.status(), R"("type":"Complete")");
    return StatusNumber(now, key, "readyReplicas") == w.replicas &&
           StatusNumber(now, key, "updatedReplicas") == w.replicas &&
           StatusNumber(now, key, "replicas") == w.replicas;
  }

  // The addresses that a pod finds under a name.
  std::set<std::string> AddressesOf(const std::string& name) {
    const auto stable =
        engine().ListContainers({{kControllerLabel, "Deployment/s0"}, {kContainerLabel, "web"}});
    std::set<std::string> addresses;
    if (!stable.ok() || stable->empty()) return addresses;
    const auto said =
        engine().Exec(stable->front().id,
                      {"/bin/busybox", "nslookup", "-type=a", name + ".default.svc.cluster.local"},
                      absl::Seconds(10));
    if (!said.ok()) return addresses;
    for (const absl::string_view line : absl::StrSplit(said->output, '\n')) {
      // The name server's own line has a tab.
      if (absl::StartsWith(line, "Address: ")) addresses.emplace(line.substr(9));
    }
    return addresses;
  }

  std::vector<std::string> RunsOfStable(const Projections& now) {
    std::vector<std::string> runs;
    for (int i = 0; i < kStable; ++i)
      for (const std::string& run : Runs(now, absl::StrCat("s", i)))
        runs.push_back(absl::StrCat("s", i, " ", run));
    return runs;
  }

  std::mt19937 random_;
  std::vector<Workload> workloads_;
};

// The line of the root in a mountinfo (proc(5)).
std::string RootOf(const std::string& mountinfo) {
  for (const auto& line : absl::StrSplit(mountinfo, '\n'))
    if (absl::StrContains(line, " / / ")) return std::string(line);
  return "";
}

// What an installation leaves on the machine beside its files. `data`: its data directory.
std::vector<std::string> LeftOf(engine::Engine& engine, const std::string& data) {
  std::vector<std::string> left;
  const auto containers = engine.ListContainers({});
  const auto networks = engine.ListNetworks({});
  if (!containers.ok() || !networks.ok()) return {"the engine does not answer"};
  for (const auto& container : *containers) left.push_back("container " + container.name);
  for (const auto& network : *networks) {
    if (network.name != "host" && network.name != "none") left.push_back("network " + network.name);
  }
  for (const auto& volume : std::filesystem::directory_iterator(data + "/engine/data/volumes"))
    if (volume.is_directory()) left.push_back("volume " + volume.path().filename().string());
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const pid_t pid = atoi(entry.path().filename().c_str());
    if (pid <= 1 || pid == getpid()) continue;
    const std::string words = ReadFileOrEmpty(entry.path() / "cmdline");
    if (absl::StrContains(words, data + "/engine/") && absl::StrContains(words, "containerd-shim"))
      left.push_back(absl::StrCat("shim ", pid));
    // What ran in a container has its layers for its root.
    if (absl::StrContains(RootOf(ReadFileOrEmpty(entry.path() / "mountinfo")),
                          data + "/engine/data/overlay2/"))
      left.push_back(absl::StrCat("process ", pid));
  }
  const std::string mounts = ReadFileOrEmpty("/proc/self/mounts");
  for (const auto& line : absl::StrSplit(mounts, '\n'))
    if (absl::StrContains(line, data + "/engine/data/overlay2/") ||
        absl::StrContains(line, data + "/engine/exec/netns/"))
      left.push_back(absl::StrCat("mount ", line));
  return left;
}

TEST_F(Churn, CrashesTouchNothingThatDoesNotChangeAndNothingIsLeftAtTheEnd) {
  std::vector<std::string> stable;
  stable.reserve(kStable);
  for (int i = 0; i < kStable; ++i) stable.push_back(WebDeployment(absl::StrCat("s", i), 1));
  Apply(stable, 1);
  const auto stable_runs = [this](const Projections& now) { return RunsOfStable(now); };
  Projections now = WaitFor(
      [&](const Projections& seen) {
        for (int i = 0; i < kStable; ++i)
          if (ReadyPods(seen, absl::StrCat("s", i)).size() != 1) return false;
        return true;
      },
      absl::Minutes(2));
  const std::vector<std::string> before = stable_runs(now);
  ASSERT_EQ(before.size(), static_cast<size_t>(kStable));

  for (int crash = 0; crash < kCrashes; ++crash) {
    for (int step = 1 + Random(4); step > 0; --step) Step();
    absl::SleepFor(absl::Milliseconds(Random(1500)));  // Wherever it is by then.
    Crash();
  }
  now = WaitFor(
      [&](const Projections& seen) {
        return std::all_of(workloads_.begin(), workloads_.end(),
                           [&](const Workload& w) { return IsSo(w, seen); }) &&
               stable_runs(seen).size() == static_cast<size_t>(kStable);
      },
      absl::Minutes(3));
  EXPECT_EQ(stable_runs(now), before);
  for (const Workload& w : workloads_) {
    if (w.kind != 2 || !w.there) continue;
    std::set<std::string> pods;
    for (const auto& [key, p] : now)
      if (p.ref().kind() == "Pod" && p.controller().name() == w.name)
        pods.insert(json::GetString(*json::Parse(p.status()), {"podIP"}));
    // No projection tells of names.
    const absl::Time limit = absl::Now() + absl::Seconds(20);
    while (AddressesOf(w.name) != pods && absl::Now() < limit)
      absl::SleepFor(absl::Milliseconds(100));
    EXPECT_EQ(AddressesOf(w.name), pods) << w.name;
  }

  for (const Workload& w : workloads_) Delete(RefsOf(w));
  for (int i = 0; i < kStable; ++i)
    Delete({{"apps/v1", "Deployment", "default", absl::StrCat("s", i)}});
  WaitFor([](const Projections& seen) { return seen.empty(); }, absl::Minutes(2));
  // The network of the namespace goes after the last object, and shims after their containers.
  std::vector<std::string> left;
  const absl::Time end = absl::Now() + absl::Seconds(30);
  do {
    left = LeftOf(engine(), data_);
    if (!left.empty()) absl::SleepFor(absl::Milliseconds(100));
  } while (!left.empty() && absl::Now() < end);
  EXPECT_EQ(absl::StrJoin(left, "\n"), "");
}

}  // namespace
}  // namespace weft::local
