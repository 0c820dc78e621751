// The runtimes on a platform, as programs. Their fixtures start and end everything.
#include <cstdlib>
#include <gtest/gtest.h>

#include "absl/strings/substitute.h"
#include "runtime/kubernetes/integration_fixture.h"
#include "runtime/local/integration_fixture.h"
#include "tests/conformance/runtime/target.h"

namespace weft::conformance {
namespace {

constexpr uid_t kNobody = 65534;
constexpr int kVolumes = 8;

class LocalTarget final : public Target, private local::RealRuntime {
 public:
  LocalTarget() = default;
  explicit LocalTarget(const std::string& podman) : RealRuntime(podman) {
    abilities_.erase(Ability::kNames);
  }
  explicit LocalTarget(uid_t user) : RealRuntime(user) {}

  void Start() override {
    RealRuntime::SetUp();
    if (!HasFatalFailure() && !IsSkipped()) Import(kImage, WEFT_CONFORMANCE_IMAGE, {"/pod"});
  }
  void Stop() override { RealRuntime::TearDown(); }
  runtime::v1::Runtime::StubInterface& runtime() override { return RealRuntime::runtime(); }
  std::set<Ability> abilities() const override { return abilities_; }
  std::string installation() const override { return "0123456789ab"; }

 private:
  void TestBody() override {}

  std::set<Ability> abilities_ = {Ability::kAdmission, Ability::kPrograms, Ability::kFiles,
                                  Ability::kNetwork,   Ability::kMemory,   Ability::kPolicies,
                                  Ability::kNames};
};

class KubernetesTarget final : public Target, private kubernetes::RealCluster {
 public:
  KubernetesTarget() : RealCluster(e2e::Cluster::Kind::kNode) {}
  void Start() override {
    RealCluster::SetUp();
    if (HasFatalFailure() || IsSkipped()) return;
    Allow("daemonsets.apps");
    Allow("cronjobs.batch");
    const auto usage =
        cluster().Kubectl({"apply", "-f", WEFT_SOURCE_DIR "/deploy/kubernetes/rbac-usage.yaml"});
    ASSERT_EQ(usage.status, 0) << usage.err;
    // What its administrator gives it: one volume for each that a case claims.
    for (int i = 0; i < kVolumes; ++i) {
      const auto given = cluster().Apply(absl::Substitute(
          R"({"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"shelf-$0"},"spec":{)"
          R"("accessModes":["ReadWriteOnce"],"capacity":{"storage":"1Mi"},"hostPath":{)"
          R"("path":"$1/shelf-$0","type":"DirectoryOrCreate"}}})",
          i, cluster().folder()));
      ASSERT_EQ(given.status, 0) << given.err;
    }
    const absl::Status loaded = cluster().LoadImage(WEFT_CONFORMANCE_IMAGE, kImage, "/pod");
    ASSERT_TRUE(loaded.ok()) << loaded;
  }
  void Stop() override { RealCluster::TearDown(); }
  runtime::v1::Runtime::StubInterface& runtime() override { return RealCluster::runtime(); }
  std::set<Ability> abilities() const override {
    return {Ability::kAdmission, Ability::kPrograms, Ability::kFiles, Ability::kNetwork,
            Ability::kNames};
  }
  std::string installation() const override { return RealCluster::installation(); }
  absl::Duration patience() const override { return absl::Seconds(90); }

 private:
  void TestBody() override {}
};

}  // namespace

std::unique_ptr<Target> MakeLocalTarget() { return std::make_unique<LocalTarget>(); }
std::unique_ptr<Target> MakeLocalUserTarget() { return std::make_unique<LocalTarget>(kNobody); }
std::unique_ptr<Target> MakePodmanTarget() {
  const char* socket = getenv("WEFT_CONFORMANCE_ENGINE");
  return std::make_unique<LocalTarget>(socket == nullptr ? "/run/podman/podman.sock" : socket);
}

std::unique_ptr<Target> MakeKubernetesTarget() { return std::make_unique<KubernetesTarget>(); }

}  // namespace weft::conformance
