#include "runtime/local/integration_fixture.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <grpcpp/grpcpp.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "absl/time/clock.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/pointers.h"
#include "core/base/service.h"
#include "runtime/base/convert.h"
#include "runtime/engine/private_engine.h"
#include "runtime/local/convert.h"

namespace weft::local {
namespace {

constexpr char kImage[] = "test/busybox:1";

// Asks until it is so; the only clock of these tests.
void Await(const std::string& what, const std::function<bool()>& is_so,
           absl::Duration limit = absl::Seconds(60)) {
  const absl::Time end = absl::Now() + limit;
  while (!is_so()) {
    ASSERT_LT(absl::Now(), end) << what;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void Shell(const std::string& command) { ASSERT_EQ(system(command.c_str()), 0) << command; }

// Every process with `mark` on its command line: shims that the engine left behind as it ended.
void KillAllWith(const std::string& mark) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const pid_t pid = atoi(entry.path().filename().c_str());
    if (pid > 1 && pid != getpid() &&
        ReadFileOrEmpty(entry.path() / "cmdline").find(mark) != std::string::npos)
      kill(pid, SIGKILL);
  }
}

void UnmountBelow(const std::string& directory) {
  std::ifstream mounts("/proc/self/mounts");
  std::vector<std::string> below;
  for (std::string line; std::getline(mounts, line);) {
    const size_t start = line.find(' ') + 1;
    const std::string point = line.substr(start, line.find(' ', start) - start);
    if (point.rfind(directory + "/", 0) == 0) below.push_back(point);
  }
  for (auto point = below.rbegin(); point != below.rend(); ++point)
    umount2(point->c_str(), MNT_DETACH);
}

}  // namespace

void RealRuntime::SetUp() {
  if (geteuid() != 0) GTEST_SKIP() << "only root can run a private engine";
  if (engine_socket_.empty() && access("/usr/sbin/dockerd", X_OK) != 0)
    GTEST_SKIP() << "dockerd is not installed";
  char path[] = "/tmp/wrlXXXXXX";
  ASSERT_NE(mkdtemp(path), nullptr);
  data_ = path;
  engine_ = std::make_unique<engine::DockerEngine>(
      engine_socket_.empty() ? data_ + "/engine/docker.sock" : engine_socket_);
  if (user_ != 0) StartEngineForUser();
  if (HasFatalFailure()) return;
  StartRuntime();
  Await("the engine answers", [&] { return engine_->Ping().ok(); });
}

// With the programs where the user reaches them.
void RealRuntime::StartEngineForUser() {
  const std::string directory = data_ + "/engine", programs = data_ + "/programs";
  engine::PrivateEngine engine(directory, data_ + "/engine.log");
  const absl::Status running = engine.EnsureRunning([] { return false; });
  ASSERT_TRUE(running.ok()) << running;
  std::filesystem::create_directory(programs);
  for (const char* program : {"weft-runtime-local", "weft-anchor"})
    std::filesystem::copy(Binary(program), programs + "/" + program);
  ASSERT_EQ(chmod(directory.c_str(), 0711), 0);
  // By its own name it would be taken for a private one.
  std::filesystem::create_symlink(engine.socket_path(), data_ + "/machine.sock");
  for (const std::string& path : {data_, engine.socket_path()})
    ASSERT_EQ(chown(path.c_str(), user_, user_), 0) << path;
}

std::vector<std::string> RealRuntime::RuntimeCommand() const {
  if (user_ == 0) return {Binary("weft-runtime-local"), "--data", data_};
  return {"/usr/bin/setpriv",
          absl::StrCat("--reuid=", user_),
          absl::StrCat("--regid=", user_),
          "--clear-groups",
          data_ + "/programs/weft-runtime-local",
          "--data",
          data_};
}

void RealRuntime::TearDown() {
  if (data_.empty()) return;
  if (HasFailure()) Shell("tail -n 60 " + data_ + "/runtime.log >&2");
  // Of an engine that others may use only what is ours is removed, by the runtime.
  if (!engine_socket_.empty()) WaitFor([](const Projections& now) { return now.empty(); });
  if (pid_ > 0) KillRuntime();
  if (engine_socket_.empty()) RemoveEverything();
  KillAllWith(data_ + "/engine/");
  UnmountBelow(data_);
  std::filesystem::remove_all(data_);
}

void RealRuntime::RemoveEverything() {
  const auto containers = engine_->ListContainers({});
  if (containers.ok())
    for (const auto& container : *containers) engine_->RemoveContainer(container.id).IgnoreError();
  const auto networks = engine_->ListNetworks({});
  if (networks.ok())
    for (const auto& network : *networks) engine_->RemoveNetwork(network.name).IgnoreError();
  const pid_t engine = EnginePid();
  if (engine <= 1) return;
  const pid_t containerd =
      atoi(ReadFileOrEmpty(data_ + "/engine/exec/containerd/containerd.pid").c_str());
  kill(engine, SIGTERM);
  const auto ended = [](pid_t pid) {
    const std::string stat = ReadFileOrEmpty(absl::StrCat("/proc/", pid, "/stat"));
    return stat.empty() || stat.find(") Z") != std::string::npos;
  };
  Await("the engine ends", [&] { return ended(engine) && (containerd <= 1 || ended(containerd)); });
}

void RealRuntime::StartRuntime() {
  const std::string log = data_ + "/runtime.log";
  std::vector<std::string> words = RuntimeCommand();
  const std::string socket = user_ == 0 ? engine_socket_ : data_ + "/machine.sock";
  setenv("WEFT_ENGINE", socket.empty() ? "private" : ("unix://" + socket).c_str(), 1);
  setenv("WEFT_FAILPOINTS", (data_ + "/fail").c_str(), 1);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 2, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ASSERT_EQ(
      posix_spawn(&pid_, words[0].c_str(), &files, nullptr, PointersTo(words).data(), environ), 0);
  posix_spawn_file_actions_destroy(&files);
  // Of its own: one that is shared may still take itself for connected to the process before.
  grpc::ChannelArguments own;
  own.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto channel = grpc::CreateCustomChannel("unix:" + data_ + "/run/runtime-local.sock",
                                                 grpc::InsecureChannelCredentials(), own);
  runtime_ = runtime::v1::Runtime::NewStub(channel);
  images_ = runtime::v1::Images::NewStub(channel);
  ASSERT_TRUE(
      channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(20)));
}

void RealRuntime::KillRuntime() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void RealRuntime::WaitForDeath() {
  Await("the runtime dies", [&] { return waitpid(pid_, nullptr, WNOHANG) == pid_; });
  pid_ = -1;
}

void RealRuntime::ArmFailpoint(const std::string& name) {
  std::filesystem::create_directories(data_ + "/fail");
  std::ofstream(data_ + "/fail/" + name) << "kill";
}

pid_t RealRuntime::EnginePid() const {
  return atoi(ReadFileOrEmpty(data_ + "/engine/dockerd.pid").c_str());
}

void RealRuntime::KillEngine() {
  pid_t pid = 0;
  Await("there is an engine", [&] { return (pid = EnginePid()) > 1; });
  kill(pid, SIGKILL);
  Await("the engine is dead", [&] {
    const std::string stat = ReadFileOrEmpty(absl::StrCat("/proc/", pid, "/stat"));
    return stat.empty() || stat.find(") Z") != std::string::npos;
  });
}

void RealRuntime::ImportBusybox() {
  const std::string root = data_ + "/root";
  Shell(
      absl::Substitute("mkdir -p $0/bin $0/www && cp /bin/busybox $0/bin/ && ln -s busybox "
                       "$0/bin/sh && echo hello > $0/www/index.html && tar -C $0 -cf $0.tar .",
                       root));
  Import(kImage, root + ".tar");
}

void RealRuntime::Import(const std::string& reference, const std::string& archive,
                         const std::vector<std::string>& entrypoint) {
  grpc::ClientContext context;
  runtime::v1::LoadImagesResponse response;
  const auto writer = images_->Import(&context, &response);
  runtime::v1::ImportImageRequest request;
  request.set_reference(reference);
  for (const std::string& word : entrypoint) request.add_entrypoint(word);
  const std::string bytes = ReadFileOrEmpty(archive);
  for (size_t at = 0; at < bytes.size(); at += 1 << 20) {
    request.set_data(bytes.substr(at, 1 << 20));
    ASSERT_TRUE(writer->Write(request));
    request.clear_reference();
    request.clear_entrypoint();
  }
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response.references(0), reference);
}

grpc::Status RealRuntime::TryApply(const std::vector<std::string>& objects, uint64_t generation,
                                   const std::string& ns, runtime::v1::ApplyResponse& response,
                                   const runtime::v1::SteeredLeaf* leaf) {
  runtime::v1::ApplyRequest request;
  for (const std::string& text : objects) {
    json::value object = *json::Parse(text);
    object.as_object()["metadata"].as_object()["namespace"] = ns;
    runtime::v1::AppliedObject* applied = request.add_objects();
    runtime::ToProto({json::GetString(object, {"apiVersion"}), json::GetString(object, {"kind"}),
                      ns, json::GetString(object, {"metadata", "name"})},
                     applied->mutable_object()->mutable_ref());
    applied->mutable_object()->set_json(json::Canonical(object));
    applied->set_owner("owner");
    applied->set_generation(generation);
    if (leaf != nullptr) *applied->add_steered() = *leaf;
  }
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  return runtime_->Apply(&context, request, &response);
}

runtime::v1::ApplyResponse RealRuntime::Apply(const std::vector<std::string>& objects,
                                              uint64_t generation, const std::string& ns) {
  runtime::v1::ApplyResponse response;
  const grpc::Status status = TryApply(objects, generation, ns, response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

void RealRuntime::ApplySteered(const std::string& object, uint64_t generation,
                               const runtime::v1::SteeredLeaf& leaf, const std::string& ns) {
  runtime::v1::ApplyResponse response;
  const grpc::Status status = TryApply({object}, generation, ns, response, &leaf);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.results(0).outcome(), runtime::v1::APPLY_OUTCOME_ACCEPTED);
}

void RealRuntime::ApplyInDanger(const std::vector<std::string>& objects, uint64_t generation) {
  runtime::v1::ApplyResponse response;
  const grpc::Status status = TryApply(objects, generation, "default", response);
  EXPECT_TRUE(status.ok() || status.error_code() == grpc::StatusCode::UNAVAILABLE)
      << status.error_message();
}

void RealRuntime::Delete(const std::vector<ObjectRef>& refs) {
  runtime::v1::DeleteRequest request;
  for (const ObjectRef& ref : refs) ToProto(ref, request.add_objects());
  grpc::ClientContext context;
  runtime::v1::DeleteResponse response;
  const grpc::Status status = runtime_->Delete(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

Projections RealRuntime::WaitFor(const std::function<bool(const Projections&)>& enough,
                                 absl::Duration limit) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + limit));
  const auto reader = runtime_->Watch(&context, {});
  Projections projections;
  bool complete = false, found = false;
  for (runtime::v1::WatchResponse response; !found && reader->Read(&response);) {
    if (response.has_changed())
      projections[LocalKey(runtime::FromProto(response.changed().ref()))] = response.changed();
    if (response.has_gone()) projections.erase(LocalKey(runtime::FromProto(response.gone())));
    if (response.has_synced()) complete = response.synced().complete();
    found = complete && enough(projections);
  }
  context.TryCancel();
  std::string seen;
  for (const auto& [key, p] : projections) absl::StrAppend(&seen, key, " ", p.status(), "\n");
  EXPECT_TRUE(found) << "what is waited for did not come; seen last:\n" << seen;
  return projections;
}

std::string WebDeployment(const std::string& name, int replicas, const std::string& page) {
  return absl::Substitute(
      R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"$0"},"spec":{
      "replicas":$1,"selector":{"matchLabels":{"app":"$0"}},"template":{
      "metadata":{"labels":{"app":"$0"}},"spec":{"terminationGracePeriodSeconds":3,"containers":[{
      "name":"web","image":"$2","command":["/bin/sh","-c"],
      "args":["trap 'exit 0' TERM; busybox httpd -f -p 8080 -h /www & wait"],
      "ports":[{"name":"http","containerPort":8080}],
      "readinessProbe":{"httpGet":{"path":"$3","port":"http"},"periodSeconds":1}}]}}}})",
      name, replicas, kImage, page);
}

std::string SteeredWebDeployment(const std::string& name) {
  json::value object = *json::Parse(WebDeployment(name, 1));
  object.at("spec").as_object().erase("replicas");
  return json::Canonical(object);
}

runtime::v1::SteeredLeaf Steered(const std::string& pointer, const std::string& value, bool set) {
  runtime::v1::SteeredLeaf leaf;
  leaf.set_pointer(pointer);
  leaf.set_value(value);
  leaf.set_set(set);
  return leaf;
}

std::string WebService(const std::string& name) {
  return absl::Substitute(
      R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"$0"},"spec":{
      "selector":{"app":"$0"},"ports":[{"name":"http","port":80,"targetPort":"http"}]}})",
      name);
}

std::vector<std::string> Runs(const Projections& projections, const std::string& deployment) {
  std::vector<std::string> runs;
  for (const auto& [key, p] : projections) {
    if (p.ref().kind() != "Pod" || p.controller().name() != deployment) continue;
    const json::value status = *json::Parse(p.status());
    const json::value& container = status.at("containerStatuses").at(0);
    runs.push_back(absl::StrCat(json::GetString(container, {"containerID"}), " ",
                                json::GetString(container, {"state", "running", "startedAt"})));
  }
  std::sort(runs.begin(), runs.end());
  return runs;
}

std::vector<std::string> ReadyPods(const Projections& projections, const std::string& deployment) {
  std::vector<std::string> names;
  for (const auto& [key, p] : projections) {
    if (p.ref().kind() != "Pod" || p.controller().name() != deployment || p.deleting()) continue;
    const json::value status = *json::Parse(p.status());
    if (json::GetBool(status.at("containerStatuses").at(0), {"ready"}))
      names.push_back(p.ref().name());
  }
  return names;
}

int64_t StatusNumber(const Projections& projections, const std::string& key, const char* field) {
  const auto found = projections.find(key);
  return found == projections.end() ? -1
                                    : json::GetInt(*json::Parse(found->second.status()), {field});
}

}  // namespace weft::local
