#pragma once

#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

#include "absl/time/time.h"
#include "core/base/json.h"
#include "tests/e2e/kubernetes/cluster.h"
#include "weft/runtime/v1/runtime.grpc.pb.h"

// The program weft-runtime-kubernetes on a Kubernetes of the test's own, whose pods are only said
// to run unless the test asks for a node. It has the account of deploy/kubernetes/rbac.yaml, and
// may do no more.
namespace weft::kubernetes {

using Projections = std::map<std::string, runtime::v1::Projection>;  // By "KIND/NAMESPACE/NAME".

class RealCluster : public testing::Test {
 protected:
  explicit RealCluster(e2e::Cluster::Kind kind = e2e::Cluster::Kind::kFakeNode) : kind_(kind) {}

  // Skips where there is no Kubernetes.
  void SetUp() override;
  void TearDown() override;

  void StartRuntime();
  void KillRuntime();  // As by kill -9; waits for its end.

  // An object of namespace "shop", with its labels: {"spec": ...} and what else there is.
  runtime::v1::AppliedObject Object(const std::string& api_version, const std::string& kind,
                                    const std::string& name, const std::string& rest,
                                    uint64_t generation = 1) const;
  // A Deployment; `replicas` of 0: it says nothing of them.
  runtime::v1::AppliedObject Web(int replicas, uint64_t generation,
                                 const std::string& image = "test/web:1") const;

  // The result of one object; fails the test when the call does.
  runtime::v1::ApplyResponse::Result Apply(const runtime::v1::AppliedObject& object,
                                           bool dry_run = false);
  grpc::Status TryApply(const runtime::v1::AppliedObject& object, bool dry_run,
                        runtime::v1::ApplyResponse& response);
  // As Apply, and expects it to be accepted.
  runtime::v1::ApplyResponse::Result Accept(const runtime::v1::AppliedObject& object);
  grpc::Status Delete(const runtime::v1::AppliedObject& object);

  // Watches until `enough` of what has been told; the last projections. `complete`: SYNCED said so
  // by then. Fails after `limit`.
  Projections WaitFor(
      const std::function<bool(const Projections& projections, bool complete)>& enough,
      absl::Duration limit = absl::Seconds(40));

  // `kubectl -n shop ARGUMENTS`, which must succeed: what it prints.
  std::string Kubectl(std::vector<std::string> arguments) const;
  // The object as the API server has it.
  json::value Get(const std::string& what) const;  // "deployment/web"
  json::value Spec(const std::string& what) const { return Get(what).at("spec"); }

  // Lets the runtime have objects of the kind "RESOURCE.GROUP" as well.
  void Allow(const std::string& resource) const;

  e2e::Cluster& cluster() { return *cluster_; }
  runtime::v1::Runtime::Stub& runtime() { return *runtime_; }
  const std::string& installation() const { return installation_; }

 private:
  void MakeAccount();

  const e2e::Cluster::Kind kind_;
  std::unique_ptr<e2e::Cluster> cluster_;
  std::string data_;
  std::string installation_;
  pid_t pid_ = -1;
  std::unique_ptr<runtime::v1::Runtime::Stub> runtime_;
};

// A steered leaf with this value, or, with `set` false, this seed.
void Steer(runtime::v1::AppliedObject& object, const std::string& pointer, const std::string& value,
           bool set);

}  // namespace weft::kubernetes
