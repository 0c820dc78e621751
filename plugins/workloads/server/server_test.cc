#include "plugins/workloads/server/server.h"

#include <gtest/gtest.h>

namespace weft::server {
namespace {

sdk::WorkloadRequest Request() {
  sdk::WorkloadRequest request;
  request.instance = {"d/a/web", "d", "a", "web", json::object{}};
  request.containers.push_back({.name = "main",
                                .image = "nginx:latest",
                                .command = {"/bin/nginx"},
                                .env = {{"A", "1"}},
                                .ports = {{"http", 80, "TCP"}},
                                .cpu_millicores = 100,
                                .memory_bytes = 134217728});
  return request;
}

TEST(Server, BecomesADeploymentAndAService) {
  sdk::Diagnostics diagnostics;
  const sdk::Parts parts = kServer.render(Request(), diagnostics);
  ASSERT_EQ(parts.parts().size(), 2u);
  EXPECT_EQ(
      json::Canonical(parts.parts()[0].value),
      R"({"spec":{"selector":{"matchLabels":{"weft.dev/application":"a","weft.dev/component":"web"}},)"
      R"("template":{"metadata":{"labels":{"weft.dev/application":"a","weft.dev/component":"web"}},)"
      R"("spec":{"containers":[{"command":["/bin/nginx"],"env":[{"name":"A","value":"1"}],"image":"nginx:latest",)"
      R"("name":"main","ports":[{"containerPort":80,"name":"http","protocol":"TCP"}],)"
      R"("resources":{"requests":{"cpu":"100m","memory":"134217728"}}}]}}}})");
  EXPECT_EQ(json::Canonical(parts.parts()[1].value),
            R"({"spec":{"ports":[{"name":"http","port":80,"protocol":"TCP","targetPort":80}],)"
            R"("selector":{"weft.dev/application":"a","weft.dev/component":"web"}}})");
  EXPECT_TRUE(diagnostics.all().empty());
}

TEST(Server, WithoutAPortHasNoServiceAndWarns) {
  sdk::WorkloadRequest request = Request();
  request.containers[0].ports.clear();
  sdk::Diagnostics diagnostics;
  EXPECT_EQ(kServer.render(request, diagnostics).parts().size(), 1u);
  ASSERT_EQ(diagnostics.all().size(), 1u);
  EXPECT_FALSE(diagnostics.all()[0].error);
  EXPECT_EQ(diagnostics.all()[0].code, "SERVER_WITHOUT_PORT");
}

sdk::AssessRequest Observed(const char* status, bool up_to_date) {
  sdk::AssessRequest request{{"d/a/web", "d", "a", "web", json::object{}}, kServer.shape, {}, {}};
  request.observed.push_back(
      {{"apps/v1", "Deployment", "web", "d"}, {}, *json::Parse(status), up_to_date, false});
  return request;
}

TEST(ServerHealth, FollowsItsPods) {
  EXPECT_EQ(kServer.assess({{"d/a/web", "d", "a", "web", {}}, kServer.shape, {}, {}}).reason,
            "NotCreated");
  EXPECT_EQ(kServer.assess(Observed(R"({"replicas":3,"readyReplicas":3})", true)).verdict,
            sdk::Verdict::kHealthy);
  EXPECT_EQ(kServer.assess(Observed(R"({"replicas":3,"readyReplicas":3})", false)).reason,
            "RollingOut");
  EXPECT_EQ(kServer.assess(Observed(R"({"replicas":3,"readyReplicas":2})", true)).reason,
            "PodsNotReady");
  EXPECT_EQ(kServer.assess(Observed(R"({"replicas":0})", true)).reason, "ScaledToZero");
}

TEST(ServerHealth, NamesThePodThatNeedsHelp) {
  sdk::AssessRequest request = Observed(R"({"replicas":2,"readyReplicas":0})", true);
  request.observed.push_back(
      {{"v1", "Pod", "web-1", "d"},
       {"apps/v1", "Deployment", "web", "d"},
       *json::Parse(
           R"({"containerStatuses":[{"state":{"waiting":{"reason":"ImagePullBackOff","message":"no such image"}}}]})"),
       true,
       false});
  const sdk::Health none = kServer.assess(request);
  EXPECT_EQ(none.verdict, sdk::Verdict::kFailed);
  EXPECT_EQ(none.reason, "ImagePullBackOff");
  EXPECT_EQ(none.message, "0 of 2 ready; pod web-1: no such image");
  request.observed[0].status = *json::Parse(R"({"replicas":2,"readyReplicas":1})");
  EXPECT_EQ(kServer.assess(request).verdict, sdk::Verdict::kDegraded);
  // Also when what comes before the others does not come to its end.
  request.observed.back().status = *json::Parse(
      R"({"initContainerStatuses":[{"state":{"waiting":{"reason":"CrashLoopBackOff","message":"exit 1"}}}],
      "containerStatuses":[{"state":{"waiting":{"reason":"PodInitializing"}}}]})");
  EXPECT_EQ(kServer.assess(request).reason, "CrashLoopBackOff");
}

TEST(ServerHealth, TellsWhereItsServiceCanBeReached) {
  sdk::AssessRequest request = Observed(R"({"replicas":1,"readyReplicas":1})", true);
  request.observed.push_back(
      {{"v1", "Service", "web", "d"},
       {},
       *json::Parse(
           R"({"clusterIP":"10.0.0.9","ports":[{"name":"http","port":80},{"name":"db","port":5432}]})"),
       true,
       false});
  const sdk::Health health = kServer.assess(request);
  ASSERT_EQ(health.endpoints.size(), 2u);
  EXPECT_EQ(health.endpoints[0].url, "http://10.0.0.9:80");
  EXPECT_EQ(health.endpoints[1].url, "tcp://10.0.0.9:5432");
}

TEST(ServerHealth, IsHealthyOnlyWhenItsServiceIsThere) {
  sdk::AssessRequest request = Observed(R"({"replicas":1,"readyReplicas":1})", true);
  request.objects = {{"apps/v1", "Deployment", "web", "d"}, {"v1", "Service", "web", "d"}};
  EXPECT_EQ(kServer.assess(request).reason, "ServiceNotReady");
  EXPECT_EQ(kServer.assess(request).verdict, sdk::Verdict::kProgressing);
  request.observed.push_back({{"v1", "Service", "web", "d"}, {}, json::object{}, false, false});
  EXPECT_EQ(kServer.assess(request).reason, "ServiceNotReady");
  request.observed.back().up_to_date = true;
  EXPECT_EQ(kServer.assess(request).verdict, sdk::Verdict::kHealthy);
}

}  // namespace
}  // namespace weft::server
