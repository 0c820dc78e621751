#include "tests/e2e/kubernetes_mesh.h"

#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/base/status.h"

namespace weft::e2e {
namespace {

// The run of a pod's only container.
Run RunOf(const json::value& pod) {
  Run run{json::GetString(pod, {"metadata", "uid"}), json::GetString(pod, {"status", "phase"}), ""};
  const json::value* containers = json::FindPath(pod, {"status", "containerStatuses"});
  if (containers == nullptr) return run;
  run.started_at = json::GetString(containers->at(0), {"state", "running", "startedAt"});
  if (!run.started_at.empty()) run.state = "running";
  return run;
}

}  // namespace

void KubernetesMesh::SetUp() {
  absl::StatusOr<std::unique_ptr<Cluster>> cluster = Cluster::Start(kind_);
  if (absl::IsUnavailable(cluster.status())) GTEST_SKIP() << cluster.status().message();
  ASSERT_TRUE(cluster.ok()) << cluster.status();
  cluster_ = *std::move(cluster);
  Mesh::SetUp();
}

std::vector<std::string> KubernetesMesh::UpOptions() {
  return {"--runtime", runtimes_, "--kubeconfig", cluster_->kubeconfig()};
}

void KubernetesMesh::ImportHello(const std::string& name) const {
  if (HasEngine()) Mesh::ImportHello(name);
  const absl::Status loaded = cluster_->LoadImage(WEFT_HELLO_IMAGE, name, "/hello");
  ASSERT_TRUE(loaded.ok()) << loaded;
}

absl::StatusOr<Runs> KubernetesMesh::FindPods(const std::string& instance) const {
  if (HasEngine()) return Mesh::FindPods(instance);
  const CommandResult listed = cluster_->Kubectl(
      {"get", "pods", "-l", absl::StrCat("weft.dev/component=", instance), "-o", "json"});
  if (listed.status != 0) return absl::UnavailableError(listed.err);
  WEFT_ASSIGN_OR_RETURN(const json::value list, json::Parse(listed.out));
  Runs runs;
  for (const json::value& pod : list.at("items").as_array()) {
    if (json::GetString(pod, {"metadata", "deletionTimestamp"}).empty())
      runs[json::GetString(pod, {"metadata", "name"})] = RunOf(pod);
  }
  return runs;
}

}  // namespace weft::e2e
