// Sizes that follow the clock on a cluster whose pods run: as cron_test.cc has it for an engine.
#include "tests/e2e/cron_steps.h"
#include "tests/e2e/kubernetes_mesh.h"

namespace weft::e2e {
namespace {

class CronOnKubernetes : public CronSteps<KubernetesMesh> {
 protected:
  CronOnKubernetes() : CronSteps(Cluster::Kind::kNode, "kubernetes") {}
};

TEST_F(CronOnKubernetes, MovesAComponentUpAndDownAndUpAgain) { MovesUpAndDownAndUpAgain(); }

TEST_F(CronOnKubernetes, ApplyingAgainDoesNotResetTheLiveSize) {
  KeepsTheLiveSizeWhenAppliedAgain();
}

TEST_F(CronOnKubernetes, WhoDiesOverAFireIsRightAtOnceAfterwards) {
  IsRightAtOnceWhoeverDiesOverAFire({kCron, kCore, kKubernetesRuntime});
}

TEST_F(CronOnKubernetes, WithoutTheTraitItHasTheDocumentsSize) {
  HasTheDocumentsSizeWithoutTheTrait();
}

}  // namespace
}  // namespace weft::e2e
