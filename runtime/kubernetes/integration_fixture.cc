#include "runtime/kubernetes/integration_fixture.h"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/channel.h"
#include "core/base/files.h"
#include "core/base/pointers.h"

namespace weft::kubernetes {
namespace {

constexpr char kNamespace[] = "shop";

void Deadline(grpc::ClientContext& context, absl::Duration limit) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + limit));
}

void Take(const runtime::v1::WatchResponse& event, Projections& projections, bool& complete) {
  const auto key = [](const common::v1::ObjectRef& ref) {
    return absl::StrCat(ref.kind(), "/", ref.namespace_(), "/", ref.name());
  };
  if (event.has_changed()) projections[key(event.changed().ref())] = event.changed();
  if (event.has_gone()) projections.erase(key(event.gone()));
  if (event.has_synced()) complete = event.synced().complete();
}

}  // namespace

void RealCluster::SetUp() {
  auto cluster = e2e::Cluster::Start(kind_);
  if (absl::IsUnavailable(cluster.status())) GTEST_SKIP() << cluster.status().message();
  ASSERT_TRUE(cluster.ok()) << cluster.status();
  cluster_ = *std::move(cluster);
  char path[] = "/tmp/wrkXXXXXX";
  ASSERT_NE(mkdtemp(path), nullptr);
  data_ = path;
  MakeAccount();
  if (HasFatalFailure()) return;
  StartRuntime();
  installation_ = ReadFileOrEmpty(data_ + "/installation").substr(0, 12);
}

void RealCluster::TearDown() {
  if (pid_ > 0) KillRuntime();
  if (HasFailure()) std::cerr << ReadFileOrEmpty(data_ + "/runtime.log");
  if (!data_.empty()) std::filesystem::remove_all(data_);
}

void RealCluster::MakeAccount() {
  const auto made =
      cluster_->Kubectl({"apply", "-f", WEFT_SOURCE_DIR "/deploy/kubernetes/rbac.yaml"});
  ASSERT_EQ(made.status, 0) << made.err;
  const auto token = cluster_->Kubectl({"create", "token", "weft-runtime", "-n", "weft-system"});
  ASSERT_EQ(token.status, 0) << token.err;
  const std::string file = data_ + "/kubeconfig";
  std::filesystem::copy_file(cluster_->kubeconfig(), file);
  const auto written =
      cluster_->Kubectl({"config", "set-credentials", "user", "--kubeconfig", file, "--token",
                         std::string(absl::StripAsciiWhitespace(token.out))});
  ASSERT_EQ(written.status, 0) << written.err;
}

void RealCluster::Allow(const std::string& resource) const {
  Kubectl({"create", "clusterrole", resource, "--resource", resource, "--verb",
           "get,list,watch,create,patch,delete"});
  Kubectl({"create", "clusterrolebinding", resource, "--clusterrole", resource, "--serviceaccount",
           "weft-system:weft-runtime"});
}

void RealCluster::StartRuntime() {
  const std::string log = data_ + "/runtime.log";
  std::vector<std::string> words = {std::string(WEFT_BIN_DIR) + "/weft-runtime-kubernetes",
                                    "--data", data_, "--kubeconfig", data_ + "/kubeconfig"};
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 2, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ASSERT_EQ(
      posix_spawn(&pid_, words[0].c_str(), &files, nullptr, PointersTo(words).data(), environ), 0);
  posix_spawn_file_actions_destroy(&files);
  const auto channel = MakeChannel("unix:" + data_ + "/run/runtime-kubernetes.sock");
  runtime_ = runtime::v1::Runtime::NewStub(channel);
  ASSERT_TRUE(channel->WaitForConnected(absl::ToChronoTime(absl::Now() + absl::Seconds(20))));
}

void RealCluster::KillRuntime() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

runtime::v1::AppliedObject RealCluster::Object(const std::string& api_version,
                                               const std::string& kind, const std::string& name,
                                               const std::string& rest, uint64_t generation) const {
  json::value object = *json::Parse(rest);
  object.get_object()["metadata"] =
      json::object{{"name", name},
                   {"namespace", kNamespace},
                   {"labels", json::object{{"weft.dev/installation", installation_}}}};
  object.get_object()["apiVersion"] = api_version;
  object.get_object()["kind"] = kind;
  runtime::v1::AppliedObject applied;
  common::v1::ObjectRef* ref = applied.mutable_object()->mutable_ref();
  ref->set_api_version(api_version);
  ref->set_kind(kind);
  ref->set_namespace_(kNamespace);
  ref->set_name(name);
  applied.mutable_object()->set_json(json::Canonical(object));
  applied.set_owner("shop/site/web");
  applied.set_generation(generation);
  return applied;
}

runtime::v1::AppliedObject RealCluster::Web(int replicas, uint64_t generation,
                                            const std::string& image) const {
  return Object("apps/v1", "Deployment", "web",
                absl::StrCat(R"({"spec":{)",
                             replicas > 0 ? absl::StrCat(R"("replicas":)", replicas, ",") : "",
                             R"("selector":{"matchLabels":{"app":"web"}},"template":{"metadata":)",
                             R"({"labels":{"app":"web","weft.dev/installation":")", installation_,
                             R"(","weft.dev/application":"site","weft.dev/component":"web"}},)",
                             R"("spec":{"containers":[{"name":"web","image":")", image,
                             R"(","ports":[{"containerPort":80}],"resources":{"requests":)",
                             R"({"cpu":"1000m"}}}]}}}})"),
                generation);
}

grpc::Status RealCluster::TryApply(const runtime::v1::AppliedObject& object, bool dry_run,
                                   runtime::v1::ApplyResponse& response) {
  runtime::v1::ApplyRequest request;
  *request.add_objects() = object;
  request.set_dry_run(dry_run);
  grpc::ClientContext context;
  Deadline(context, absl::Seconds(30));
  return runtime_->Apply(&context, request, &response);
}

runtime::v1::ApplyResponse::Result RealCluster::Apply(const runtime::v1::AppliedObject& object,
                                                      bool dry_run) {
  runtime::v1::ApplyResponse response;
  const grpc::Status status = TryApply(object, dry_run, response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.results_size() == 1 ? response.results(0) : runtime::v1::ApplyResponse::Result();
}

runtime::v1::ApplyResponse::Result RealCluster::Accept(const runtime::v1::AppliedObject& object) {
  runtime::v1::ApplyResponse::Result result = Apply(object);
  EXPECT_EQ(result.outcome(), runtime::v1::APPLY_OUTCOME_ACCEPTED) << result.DebugString();
  EXPECT_NE(result.digest(), "");
  return result;
}

grpc::Status RealCluster::Delete(const runtime::v1::AppliedObject& object) {
  runtime::v1::DeleteRequest request;
  *request.add_objects() = object.object().ref();
  runtime::v1::DeleteResponse response;
  grpc::ClientContext context;
  Deadline(context, absl::Seconds(30));
  return runtime_->Delete(&context, request, &response);
}

Projections RealCluster::WaitFor(
    const std::function<bool(const Projections& projections, bool complete)>& enough,
    absl::Duration limit) {
  grpc::ClientContext context;
  Deadline(context, limit);
  const auto reader = runtime_->Watch(&context, runtime::v1::WatchRequest());
  runtime::v1::WatchResponse event;
  Projections projections;
  bool complete = false;
  while (reader->Read(&event)) {
    Take(event, projections, complete);
    if (!enough(projections, complete)) continue;
    context.TryCancel();
    return projections;
  }
  std::string last;
  for (const auto& [key, projection] : projections)
    absl::StrAppend(&last, "\n", key, ": ", projection.ShortDebugString());
  ADD_FAILURE() << "not so until the end (" << reader->Finish().error_message() << "):" << last;
  return projections;
}

std::string RealCluster::Kubectl(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {"-n", kNamespace});
  const e2e::CommandResult result = cluster_->Kubectl(std::move(arguments));
  EXPECT_EQ(result.status, 0) << result.err;
  return result.out;
}

json::value RealCluster::Get(const std::string& what) const {
  return json::Parse(Kubectl({"get", what, "-o", "json", "--show-managed-fields"}))
      .value_or(json::object());
}

void Steer(runtime::v1::AppliedObject& object, const std::string& pointer, const std::string& value,
           bool set) {
  runtime::v1::SteeredLeaf* leaf = object.add_steered();
  leaf->set_pointer(pointer);
  leaf->set_value(value);
  leaf->set_set(set);
}

}  // namespace weft::kubernetes
