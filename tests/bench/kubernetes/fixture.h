#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/bench/kubernetes/bare_client.h"
#include "tests/e2e/kubernetes/cluster.h"
#include "tests/e2e/mesh.h"
#include "weft/runtime/v1/runtime.pb.h"

namespace weft::bench {

// A mesh beside a cluster whose pods are only said to run.
class ClusterBench : public e2e::Mesh {
 protected:
  // `runtimes`: as `weft up --runtime` takes them.
  explicit ClusterBench(std::string runtimes) : runtimes_(std::move(runtimes)) {}

  void SetUp() override;
  std::vector<std::string> UpOptions() override;

  BareClient& bare() const { return *bare_; }
  const e2e::Cluster& cluster() const { return *cluster_; }
  // What the core has a runtime make of a new application, as it is stored. Fails the test where
  // that cannot be read.
  std::vector<runtime::v1::AppliedObject> Desired(const std::string& ns,
                                                  const std::string& application) const;
  // Where the API server has objects of a kind: deployments or services.
  static std::string Collection(const std::string& kind, const std::string& ns);

 private:
  const std::string runtimes_;
  std::unique_ptr<e2e::Cluster> cluster_;
  std::unique_ptr<BareClient> bare_;
};

}  // namespace weft::bench
