#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/kubernetes/cluster.h"
#include "tests/e2e/mesh.h"

namespace weft::e2e {

inline constexpr char kKubernetesRuntime[] = "weft-runtime-kubernetes";

// A mesh with a cluster of the test's own; skips the test where there is no Kubernetes.
class KubernetesMesh : public Mesh {
 protected:
  // `runtimes`: as `weft up --runtime` takes them.
  KubernetesMesh(Cluster::Kind kind, std::string runtimes)
      : kind_(kind), runtimes_(std::move(runtimes)) {}

  void SetUp() override;
  std::vector<std::string> UpOptions() override;
  // On the node, and on the engine where the mesh has one.
  void ImportHello(const std::string& name = "weft/hello:v1") const override;
  // The cluster's, but where the mesh has an engine too that one's.
  absl::StatusOr<Runs> FindPods(const std::string& instance) const override;

  Cluster& cluster() const { return *cluster_; }

 private:
  bool HasEngine() const { return runtimes_ != "kubernetes"; }

  const Cluster::Kind kind_;
  const std::string runtimes_;
  std::unique_ptr<Cluster> cluster_;
};

}  // namespace weft::e2e
