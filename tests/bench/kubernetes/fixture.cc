#include "tests/bench/kubernetes/fixture.h"

#include "absl/strings/str_cat.h"
#include "core/store/keys.h"
#include "core/store/records.pb.h"
#include "core/store/sqlite_store.h"

namespace weft::bench {

void ClusterBench::SetUp() {
  auto cluster = e2e::Cluster::Start(e2e::Cluster::Kind::kFakeNode);
  if (absl::IsUnavailable(cluster.status())) GTEST_SKIP() << cluster.status().message();
  ASSERT_TRUE(cluster.ok()) << cluster.status();
  cluster_ = *std::move(cluster);
  auto bare = BareClient::Open(cluster_->kubeconfig());
  ASSERT_TRUE(bare.ok()) << bare.status();
  bare_ = *std::move(bare);
  Mesh::SetUp();
}

std::vector<std::string> ClusterBench::UpOptions() {
  return {"--runtime", runtimes_, "--kubeconfig", cluster_->kubeconfig()};
}

std::vector<runtime::v1::AppliedObject> ClusterBench::Desired(
    const std::string& ns, const std::string& application) const {
  std::vector<runtime::v1::AppliedObject> objects;
  const auto store = store::OpenSqliteStore(data().Below("core.db"));
  EXPECT_TRUE(store.ok()) << store.status();
  if (!store.ok()) return objects;
  const auto stored = (*store)->List(store::DesiredPrefix(ns, application));
  EXPECT_TRUE(stored.ok()) << stored.status();
  if (!stored.ok()) return objects;
  for (const auto& [key, bytes] : *stored) {
    store::v1::DesiredRecord record;
    EXPECT_TRUE(record.ParseFromString(bytes)) << key;
    runtime::v1::AppliedObject& object = objects.emplace_back();
    *object.mutable_object() = record.object();
    object.set_owner(record.owner());
    object.set_generation(1);
  }
  return objects;
}

std::string ClusterBench::Collection(const std::string& kind, const std::string& ns) {
  return absl::StrCat(kind == "Deployment" ? "/apis/apps/v1" : "/api/v1", "/namespaces/", ns, "/",
                      kind == "Deployment" ? "deployments" : "services");
}

}  // namespace weft::bench
