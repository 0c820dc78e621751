// Functions on a cluster whose pods run, as function_test.cc has it for an engine. Weft runs on the
// node: there its gateway reaches the addresses of Services, and knows none of their names.
#include "tests/e2e/function_steps.h"
#include "tests/e2e/kubernetes_mesh.h"

namespace weft::e2e {
namespace {

class FunctionOnKubernetes : public FunctionSteps<KubernetesMesh> {
 protected:
  FunctionOnKubernetes() : FunctionSteps(Cluster::Kind::kNode, "kubernetes") {}

  CommandResult RunUp(const std::vector<std::string>& words) override {
    return cluster().RunInNetwork(words);
  }
};

TEST_F(FunctionOnKubernetes, ThatWasPublishedRunsAtItsManualScalersValue) {
  RunsThePublishedOneAtItsManualScalersValue();
}

TEST_F(FunctionOnKubernetes, AnswersTheFirstRequestFromZeroAndGoesBackWhenIdle) {
  ASSERT_NO_FATAL_FAILURE(ApplyIdleExample());
  for (int round = 0; round < 2; ++round) AnswerFromZeroAndGoBack();
  SaysThatItIsIdle();
}

TEST_F(FunctionOnKubernetes, LosesNoRequestAcrossItsScaleUp) { LosesNoRequestAcrossItsScaleUp(); }

}  // namespace
}  // namespace weft::e2e
