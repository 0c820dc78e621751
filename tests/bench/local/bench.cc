// Pods of the local runtime beside bare containers of the same image on the same engine, by its
// API: until they run, alone and many at once; until they are back; what the runtime takes at rest.
// One JSON line a figure. Needs root, for a private engine.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <grpcpp/grpcpp.h>
#include <iostream>
#include <thread>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/substitute.h"
#include "absl/time/clock.h"
#include "core/base/channel.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/process.h"
#include "core/base/status.h"
#include "runtime/engine/docker_engine.h"
#include "runtime/engine/tar.h"
#include "tests/bench/process.h"
#include "tests/bench/report.h"
#include "tests/conformance/runtime/follower.h"

namespace weft::bench {
namespace {

constexpr char kImage[] = "weft/bench-peer:v1";
constexpr char kNetwork[] = "weft-bench";
// The label of containers without a runtime.
const auto& kBare = *new std::map<std::string, std::string>{{"bare", "true"}};
constexpr int kMany = 100;
constexpr int kRounds = 20;
constexpr absl::Duration kLimit = absl::Seconds(20), kAgain = absl::Milliseconds(50);
// As many of a pod's steps as the runtime takes at once.
constexpr size_t kWorkers = 4;

double Milliseconds(absl::Time since) { return absl::ToDoubleMilliseconds(absl::Now() - since); }

double Quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values.at(static_cast<size_t>(q * static_cast<double>(values.size() - 1)));
}

// The local runtime with its engine, and a watch of it.
class Runtime {
 public:
  static absl::StatusOr<std::unique_ptr<Runtime>> Start(const std::string& data) {
    WEFT_ASSIGN_OR_RETURN(
        Process process,
        Process::Start({std::string(WEFT_BIN_DIR) + "/weft-runtime-local", "--data", data},
                       {"WEFT_ENGINE=private"}));
    auto runtime = std::unique_ptr<Runtime>(new Runtime(data, std::move(process)));
    const absl::Time end = absl::Now() + absl::Seconds(30);
    while (!runtime->engine_.Ping().ok()) {
      if (absl::Now() > end) return absl::UnavailableError("the engine does not answer");
      absl::SleepFor(absl::Milliseconds(20));
    }
    return runtime;
  }

  engine::DockerEngine& engine() { return engine_; }
  pid_t pid() const { return process_.pid(); }
  pid_t engine_pid() const {
    return static_cast<pid_t>(atoi(ReadFileOrEmpty(data_ + "/engine/dockerd.pid").c_str()));
  }
  conformance::Projections Now() { return follower_.Now(); }

  absl::Status Apply(const std::vector<std::string>& names) {
    runtime::v1::ApplyRequest request;
    for (const std::string& name : names) {
      runtime::v1::AppliedObject* object = request.add_objects();
      SetRef(name, *object->mutable_object()->mutable_ref());
      WEFT_ASSIGN_OR_RETURN(
          *object->mutable_object()->mutable_json(),
          json::Canonicalize(absl::Substitute(
              R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"$0",)"
              R"("namespace":"default"},"spec":{"selector":{"matchLabels":{"app":"$0"}},)"
              R"("template":{"metadata":{"labels":{"app":"$0"}},"spec":)"
              R"({"terminationGracePeriodSeconds":0,"containers":[{"name":"main","image":"$1",)"
              R"("args":["serve","8080"],"resources":{"requests":{"cpu":"1m"}}}]}}}})",
              name, kImage)));
      object->set_owner("bench");
      object->set_generation(1);
    }
    runtime::v1::ApplyResponse response;
    grpc::ClientContext context;
    const grpc::Status status = stub_->Apply(&context, request, &response);
    if (!status.ok()) return absl::InternalError(status.error_message());
    for (const auto& result : response.results())
      if (result.outcome() != runtime::v1::APPLY_OUTCOME_ACCEPTED)
        return absl::InternalError(result.DebugString());
    return absl::OkStatus();
  }
  absl::Status Delete(const std::vector<std::string>& names) {
    runtime::v1::DeleteRequest request;
    for (const std::string& name : names) SetRef(name, *request.add_objects());
    runtime::v1::DeleteResponse response;
    grpc::ClientContext context;
    const grpc::Status status = stub_->Delete(&context, request, &response);
    if (!status.ok()) return absl::InternalError(status.error_message());
    return Until([&](const conformance::Projections& now) {
      return std::none_of(names.begin(), names.end(), [&](const std::string& name) {
        return now.contains("Deployment/default/" + name);
      });
    });
  }
  absl::Status Until(const std::function<bool(const conformance::Projections&)>& is_so) {
    const absl::Time end = absl::Now() + absl::Minutes(5);
    for (uint64_t seen = 0; !is_so(follower_.Now()); follower_.Await(seen, end))
      if (absl::Now() >= end) return absl::DeadlineExceededError("it does not come");
    return absl::OkStatus();
  }
  absl::Status UntilReady(const std::vector<std::string>& names) {
    return Until([&](const conformance::Projections& now) {
      return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
        const auto found = now.find("Deployment/default/" + name);
        return found != now.end() &&
               absl::StrContains(found->second.status(), R"("readyReplicas":1)");
      });
    });
  }

 private:
  Runtime(const std::string& data, Process process)
      : data_(data),
        process_(std::move(process)),
        engine_(data + "/engine/docker.sock"),
        channel_(MakeChannel("unix:" + data + "/run/runtime-local.sock")),
        stub_((
            channel_->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(20)),
            runtime::v1::Runtime::NewStub(channel_))),
        follower_(*stub_) {}

  static void SetRef(const std::string& name, common::v1::ObjectRef& ref) {
    ref.set_api_version("apps/v1");
    ref.set_kind("Deployment");
    ref.set_namespace_("default");
    ref.set_name(name);
  }

  const std::string data_;
  Process process_;
  engine::DockerEngine engine_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<runtime::v1::Runtime::Stub> stub_;
  conformance::Follower follower_;
};

absl::Status ImportPeer(engine::Engine& engine) {
  const std::string program =
      ReadFileOrEmpty(std::string(WEFT_BIN_DIR) + "/weft-bench-service-peer");
  if (program.empty()) return absl::NotFoundError("missing: weft-bench-service-peer");
  std::string tar = engine::TarOf({{.path = "peer", .content = program, .mode = 0755}});
  return engine.ImportImage(
      kImage, {"/peer"}, [&]() -> absl::StatusOr<std::string> { return std::exchange(tar, ""); });
}

absl::Status RunBare(engine::Engine& engine, const std::string& name) {
  engine::ContainerSpec spec;
  spec.name = spec.hostname = name;
  spec.image = kImage;
  spec.command = {"serve", "8080"};
  spec.network = kNetwork;
  spec.labels = kBare;
  WEFT_ASSIGN_OR_RETURN(const std::string id, engine.CreateContainer(spec));
  return engine.StartContainer(id);
}

absl::Status RemoveContainers(engine::Engine& engine,
                              const std::map<std::string, std::string>& labels) {
  WEFT_ASSIGN_OR_RETURN(const auto containers, engine.ListContainers(labels));
  for (const auto& container : containers)
    WEFT_RETURN_IF_ERROR(engine.RemoveContainer(container.id));
  return absl::OkStatus();
}

absl::Status MeasureOne(Runtime& runtime) {
  std::vector<double> pods, bare;
  for (int round = 0; round < kRounds; ++round) {
    const std::string name = absl::StrCat("one-", round);
    absl::Time start = absl::Now();
    WEFT_RETURN_IF_ERROR(runtime.Apply({name}));
    WEFT_RETURN_IF_ERROR(runtime.UntilReady({name}));
    pods.push_back(Milliseconds(start));
    WEFT_RETURN_IF_ERROR(runtime.Delete({name}));
    start = absl::Now();
    WEFT_RETURN_IF_ERROR(RunBare(runtime.engine(), name));
    bare.push_back(Milliseconds(start));
    WEFT_RETURN_IF_ERROR(RemoveContainers(runtime.engine(), kBare));
  }
  std::cout << absl::StrFormat(
                   R"({"bench":"pod","p50_ms":%.0f,"p95_ms":%.0f,"bare_p50_ms":%.0f,"ratio":%.2f})",
                   Quantile(pods, 0.5), Quantile(pods, 0.95), Quantile(bare, 0.5),
                   Quantile(pods, 0.5) / Quantile(bare, 0.5))
            << std::endl;
  return absl::OkStatus();
}

// Leaves the pods.
absl::Status MeasureMany(Runtime& runtime, const std::vector<std::string>& names) {
  absl::Time start = absl::Now();
  std::vector<std::thread> threads;
  std::vector<absl::Status> run(kWorkers);
  for (size_t worker = 0; worker < kWorkers; ++worker)
    threads.emplace_back([&, worker] {
      for (size_t i = worker; i < names.size(); i += kWorkers)
        run[worker].Update(RunBare(runtime.engine(), "bare-" + names[i]));
    });
  for (std::thread& thread : threads) thread.join();
  const double bare = Milliseconds(start) / 1000;
  for (const absl::Status& status : run) WEFT_RETURN_IF_ERROR(status);
  WEFT_RETURN_IF_ERROR(RemoveContainers(runtime.engine(), kBare));
  start = absl::Now();
  WEFT_RETURN_IF_ERROR(runtime.Apply(names));
  WEFT_RETURN_IF_ERROR(runtime.UntilReady(names));
  const double pods = Milliseconds(start) / 1000;
  std::cout << absl::StrFormat(
                   R"({"bench":"pods","count":%d,"seconds":%.1f,"bare_seconds":%.1f,"ratio":%.2f})",
                   names.size(), pods, bare, pods / bare)
            << std::endl;
  return absl::OkStatus();
}

// Seconds of a processor that a process has used.
double ProcessorSeconds(pid_t pid) {
  const std::string stat = ReadFileOrEmpty(absl::StrCat("/proc/", pid, "/stat"));
  const std::vector<std::string> fields = absl::StrSplit(stat.substr(stat.rfind(')') + 2), ' ');
  int64_t user = 0, system = 0;
  if (fields.size() < 13 || !absl::SimpleAtoi(fields[11], &user) ||
      !absl::SimpleAtoi(fields[12], &system))
    return 0;
  return static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// MiB.
int64_t Resident(pid_t pid) {
  int64_t pages = 0;
  const std::vector<std::string> fields =
      absl::StrSplit(ReadFileOrEmpty(absl::StrCat("/proc/", pid, "/statm")), ' ');
  if (fields.size() < 2 || !absl::SimpleAtoi(fields[1], &pages)) return 0;
  return pages * sysconf(_SC_PAGESIZE) >> 20;
}

void MeasureRest(Runtime& runtime) {
  constexpr int kSeconds = 40;  // More than a resync.
  absl::SleepFor(absl::Seconds(5));
  const double before = ProcessorSeconds(runtime.pid());
  const double engine_before = ProcessorSeconds(runtime.engine_pid());
  absl::SleepFor(absl::Seconds(kSeconds));
  std::cout << absl::StrFormat(
                   R"({"bench":"rest","pods":%d,"runtime_mib":%d,"runtime_cpu_percent":%.2f,)"
                   R"("engine_mib":%d,"engine_cpu_percent":%.2f})",
                   kMany, Resident(runtime.pid()),
                   100 * (ProcessorSeconds(runtime.pid()) - before) / kSeconds,
                   Resident(runtime.engine_pid()),
                   100 * (ProcessorSeconds(runtime.engine_pid()) - engine_before) / kSeconds)
            << std::endl;
}

// The container "main" of a Deployment's pod that runs; empty: none does.
std::string RunningId(Runtime& runtime, const std::string& deployment) {
  for (const auto& [key, projection] : runtime.Now()) {
    if (projection.ref().kind() != "Pod" || projection.controller().name() != deployment) continue;
    const auto status = json::Parse(projection.status());
    const json::value* list = status.ok() ? json::Find(*status, "containerStatuses") : nullptr;
    if (list == nullptr || list->as_array().empty()) continue;
    const json::value& main = list->at(0);
    if (!json::GetString(main, {"state", "running", "startedAt"}).empty())
      return json::GetString(main, {"containerID"}).substr(sizeof("docker://") - 1);
  }
  return "";
}

absl::Status MeasureDrift(Runtime& runtime, const std::vector<std::string>& names) {
  std::vector<double> killed, removed;
  for (size_t i = 0; i < names.size(); ++i) {  // Each once: who fails again waits.
    const std::string id = RunningId(runtime, names[i]);
    WEFT_ASSIGN_OR_RETURN(const engine::Container container, runtime.engine().InspectContainer(id));
    const bool is_kill = i < names.size() / 2;
    const absl::Time start = absl::Now();
    if (is_kill) {
      kill(static_cast<pid_t>(container.pid), SIGKILL);
    } else {
      WEFT_RETURN_IF_ERROR(runtime.engine().RemoveContainer(id));
    }
    WEFT_RETURN_IF_ERROR(runtime.Until([&](const conformance::Projections&) {
      const std::string now = RunningId(runtime, names[i]);
      return !now.empty() && now != id;
    }));
    (is_kill ? killed : removed).push_back(Milliseconds(start));
  }
  for (const auto& [what, took] : {std::pair("kill", &killed), std::pair("remove", &removed)})
    std::cout << absl::StrFormat(
                     R"({"bench":"drift","what":"%s","p50_ms":%.0f,"p95_ms":%.0f,"p99_ms":%.0f})",
                     what, Quantile(*took, 0.5), Quantile(*took, 0.95), Quantile(*took, 0.99))
              << std::endl;
  return absl::OkStatus();
}

// The runtime removes what it made for a namespace after its last object.
absl::Status UntilNoContainer(engine::Engine& engine) {
  for (const absl::Time end = absl::Now() + kLimit; absl::Now() < end; absl::SleepFor(kAgain)) {
    WEFT_ASSIGN_OR_RETURN(const auto containers, engine.ListContainers({}));
    if (containers.empty()) return absl::OkStatus();
  }
  return absl::DeadlineExceededError("the runtime left containers");
}

absl::Status MeasureAll(Runtime& runtime) {
  WEFT_RETURN_IF_ERROR(ImportPeer(runtime.engine()));
  WEFT_RETURN_IF_ERROR(runtime.engine().CreateNetwork({.name = kNetwork}).status());
  // One that stays: the network of the namespace is there.
  WEFT_RETURN_IF_ERROR(runtime.Apply({"first"}));
  WEFT_RETURN_IF_ERROR(runtime.UntilReady({"first"}));
  WEFT_RETURN_IF_ERROR(MeasureOne(runtime));
  std::vector<std::string> names;
  names.reserve(kMany + 1);
  for (int i = 0; i < kMany; ++i) names.push_back(absl::StrCat("many-", i));
  WEFT_RETURN_IF_ERROR(MeasureMany(runtime, names));
  MeasureRest(runtime);
  WEFT_RETURN_IF_ERROR(MeasureDrift(runtime, names));
  names.emplace_back("first");
  WEFT_RETURN_IF_ERROR(runtime.Delete(names));
  return UntilNoContainer(runtime.engine());
}

// Removes all containers and networks that a failure left: they outlive their engine. It may still
// be at it.
absl::Status Clear(engine::Engine& engine) {
  absl::Status status;
  for (const absl::Time end = absl::Now() + kLimit; absl::Now() < end; absl::SleepFor(kAgain)) {
    status = RemoveContainers(engine, {});
    if (!status.ok()) continue;
    WEFT_ASSIGN_OR_RETURN(const std::vector<engine::Network> networks, engine.ListNetworks({}));
    for (const engine::Network& network : networks) {
      if (network.name != "bridge" && network.name != "host" && network.name != "none")
        status.Update(engine.RemoveNetwork(network.name));
    }
    if (status.ok()) break;
  }
  return status;
}

absl::Status RunAll() {
  WEFT_ASSIGN_OR_RETURN(const Folder folder, Folder::Make());
  absl::StatusOr<ProcessHandle> engine;
  absl::Status status;
  {
    WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<Runtime> runtime, Runtime::Start(folder.path()));
    const pid_t pid = runtime->engine_pid();
    engine = ProcessHandle::Open({pid, StartTime(pid).value_or(0)});
    status = MeasureAll(*runtime);
  }
  engine::DockerEngine left(folder.path() + "/engine/docker.sock");
  status.Update(Clear(left));
  if (engine.ok()) status.Update(EndProcess(*engine, absl::Seconds(20)));
  return status;
}

}  // namespace
}  // namespace weft::bench

int main() {
  const absl::Status status = weft::bench::RunAll();
  if (!status.ok()) std::cerr << "weft-bench-local: " << status << "\n";
  return status.ok() ? 0 : 1;
}
