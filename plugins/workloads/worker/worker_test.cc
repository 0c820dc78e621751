#include "plugins/workloads/worker/worker.h"

#include <gtest/gtest.h>

namespace weft::worker {
namespace {

sdk::WorkloadRequest Request() {
  sdk::WorkloadRequest request;
  request.instance = {"d/a/mill", "d", "a", "mill", json::object{}};
  request.containers.push_back({.name = "main", .image = "mill:1"});
  return request;
}

TEST(Worker, BecomesADeploymentAndNothingElse) {
  sdk::Diagnostics diagnostics;
  const sdk::Parts parts = kWorker.render(Request(), diagnostics);
  ASSERT_EQ(parts.parts().size(), 1u);
  EXPECT_EQ(parts.parts()[0].object, (sdk::ObjectRef{"apps/v1", "Deployment", "mill", ""}));
  EXPECT_EQ(
      json::Canonical(parts.parts()[0].value),
      R"({"spec":{"selector":{"matchLabels":{"weft.dev/application":"a","weft.dev/component":"mill"}},)"
      R"("template":{"metadata":{"labels":{"weft.dev/application":"a","weft.dev/component":"mill"}},)"
      R"("spec":{"containers":[{"image":"mill:1","name":"main",)"
      R"("terminationMessagePolicy":"FallbackToLogsOnError"}]}}}})");
  EXPECT_TRUE(diagnostics.all().empty());
}

// Checklist, rule 11.
TEST(Worker, WithAPortIsAnError) {
  sdk::WorkloadRequest request = Request();
  request.containers.push_back({.name = "side", .image = "side:1", .ports = {{"http", 80, "TCP"}}});
  sdk::Diagnostics diagnostics;
  kWorker.render(request, diagnostics);
  ASSERT_EQ(diagnostics.all().size(), 1u);
  EXPECT_TRUE(diagnostics.all()[0].error);
  EXPECT_EQ(diagnostics.all()[0].code, "WORKER_WITH_PORT");
  EXPECT_EQ(diagnostics.all()[0].pointer, "/containers/1/ports");
}

}  // namespace
}  // namespace weft::worker
