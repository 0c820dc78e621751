#include "plugins/workloads/pods/health.h"

#include <gtest/gtest.h>

namespace weft::pods {
namespace {

const sdk::Shape kShape = {"apps/v1", "Deployment", "/spec/replicas", "/spec/template"};

sdk::AssessRequest Observed(const char* status, bool up_to_date) {
  sdk::AssessRequest request{{"d/a/web", "d", "a", "web", json::object{}}, kShape, {}, {}};
  request.observed.push_back(
      {{"apps/v1", "Deployment", "web", "d"}, {}, *json::Parse(status), up_to_date, false});
  return request;
}

TEST(PodsHealth, FollowsItsPods) {
  EXPECT_EQ(Assess({{"d/a/web", "d", "a", "web", {}}, kShape, {}, {}}).reason, "NotCreated");
  EXPECT_EQ(
      Assess(Observed(R"({"replicas":3,"readyReplicas":3,"updatedReplicas":3})", true)).verdict,
      sdk::Verdict::kHealthy);
  EXPECT_EQ(
      Assess(Observed(R"({"replicas":3,"readyReplicas":3,"updatedReplicas":3})", false)).reason,
      "RollingOut");
  EXPECT_EQ(
      Assess(Observed(R"({"replicas":3,"readyReplicas":2,"updatedReplicas":3})", true)).reason,
      "PodsNotReady");
  EXPECT_EQ(Assess(Observed(R"({"replicas":0})", true)).reason, "ScaledToZero");
  EXPECT_EQ(Assess(Observed(R"({"replicas":3,"readyReplicas":3})", true)).reason, "RollingOut")
      << "no new pod is there yet";
  EXPECT_EQ(Assess(Observed(R"({"unavailableReplicas":3})", true)).reason, "PodsNotReady")
      << "no pod is there yet";
}

TEST(PodsHealth, SaysThatARolloutDoesNotGoOn) {
  sdk::AssessRequest request = Observed(
      R"({"replicas":3,"readyReplicas":2,"updatedReplicas":1,"conditions":[{"type":"Available",
      "status":"True"},{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded",
      "message":"it has come no further for 10m"}]})",
      true);
  const sdk::Health some = Assess(request);
  EXPECT_EQ(some.verdict, sdk::Verdict::kDegraded);
  EXPECT_EQ(some.reason, "ProgressDeadlineExceeded");
  EXPECT_EQ(some.message, "2 of 3 ready; it has come no further for 10m");
  request.observed[0].up_to_date = false;
  EXPECT_EQ(Assess(request).reason, "RollingOut") << "of what was asked for before";
}

TEST(PodsHealth, NamesThePodThatNeedsHelp) {
  sdk::AssessRequest request =
      Observed(R"({"replicas":2,"readyReplicas":0,"updatedReplicas":2})", true);
  request.observed.push_back(
      {{"v1", "Pod", "web-1", "d"},
       {"apps/v1", "Deployment", "web", "d"},
       *json::Parse(
           R"({"containerStatuses":[{"state":{"waiting":{"reason":"ImagePullBackOff","message":"no such image"}}}]})"),
       true,
       false});
  const sdk::Health none = Assess(request);
  EXPECT_EQ(none.verdict, sdk::Verdict::kFailed);
  EXPECT_EQ(none.reason, "ImagePullBackOff");
  EXPECT_EQ(none.message, "0 of 2 ready; pod web-1: no such image");
  request.observed[0].status =
      *json::Parse(R"({"replicas":2,"readyReplicas":1,"updatedReplicas":2})");
  EXPECT_EQ(Assess(request).verdict, sdk::Verdict::kDegraded);
  // Also when what comes before the others does not come to its end.
  request.observed.back().status = *json::Parse(
      R"({"initContainerStatuses":[{"state":{"waiting":{"reason":"CrashLoopBackOff","message":"exit 1"}}}],
      "containerStatuses":[{"state":{"waiting":{"reason":"PodInitializing"}}}]})");
  EXPECT_EQ(Assess(request).reason, "CrashLoopBackOff");
  // What is just being made says nothing.
  request.observed.back().status = *json::Parse(
      R"({"containerStatuses":[{"state":{"waiting":{"reason":"ContainerCreating"}}}]})");
  EXPECT_EQ(Assess(request).reason, "PodsNotReady");
  request.observed.back().status = *json::Parse(
      R"({"containerStatuses":[{"state":{"waiting":{"reason":"ContainerCreating","message":"no file"}}}]})");
  EXPECT_EQ(Assess(request).message, "1 of 2 ready; pod web-1: no file");
}

TEST(PodsHealth, SaysWhyNoNodeTakesAPodAndGoesOnWaiting) {
  sdk::AssessRequest request =
      Observed(R"({"replicas":1,"readyReplicas":0,"updatedReplicas":1})", true);
  request.observed.push_back(
      {{"v1", "Pod", "web-1", "d"},
       {"apps/v1", "Deployment", "web", "d"},
       *json::Parse(
           R"({"conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"no node fits"}]})"),
       true,
       false});
  const sdk::Health health = Assess(request);
  EXPECT_EQ(health.verdict, sdk::Verdict::kProgressing);
  EXPECT_EQ(health.reason, "Unschedulable");
  EXPECT_EQ(health.message, "0 of 1 ready; pod web-1: no node fits");
}

TEST(PodsHealth, TellsWhereItsServiceCanBeReached) {
  sdk::AssessRequest request =
      Observed(R"({"replicas":1,"readyReplicas":1,"updatedReplicas":1})", true);
  request.observed.push_back(
      {{"v1", "Service", "web", "d"},
       {},
       *json::Parse(
           R"({"clusterIP":"10.0.0.9","ports":[{"name":"http","port":80},{"name":"db","port":5432}]})"),
       true,
       false});
  const sdk::Health health = Assess(request);
  ASSERT_EQ(health.endpoints.size(), 2u);
  EXPECT_EQ(health.endpoints[0].url, "http://10.0.0.9:80");
  EXPECT_EQ(health.endpoints[1].url, "tcp://10.0.0.9:5432");
}

TEST(PodsHealth, IsHealthyOnlyWhenItsServiceIsThere) {
  sdk::AssessRequest request =
      Observed(R"({"replicas":1,"readyReplicas":1,"updatedReplicas":1})", true);
  request.objects = {{"apps/v1", "Deployment", "web", "d"}, {"v1", "Service", "web", "d"}};
  EXPECT_EQ(Assess(request).reason, "ServiceNotReady");
  EXPECT_EQ(Assess(request).verdict, sdk::Verdict::kProgressing);
  request.observed.push_back({{"v1", "Service", "web", "d"}, {}, json::object{}, false, false});
  EXPECT_EQ(Assess(request).reason, "ServiceNotReady");
  request.observed.back().up_to_date = true;
  EXPECT_EQ(Assess(request).verdict, sdk::Verdict::kHealthy);
}

}  // namespace
}  // namespace weft::pods
