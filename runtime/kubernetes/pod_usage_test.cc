#include "runtime/kubernetes/pod_usage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

namespace weft::kubernetes {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const PodOnNode kWeb = {"shop", "web-1", "node-a"};

// Answers by path; 404 as an API server says it to a path that it does not have.
class AnsweringServer final : public ApiServer {
 public:
  absl::StatusOr<HttpResponse> Send(const HttpRequest& request) override {
    asked_.push_back(request.path);
    const auto answer = answers_.find(request.path);
    return answer == answers_.end() ? HttpResponse{404, "404 page not found\n"} : answer->second;
  }

  std::map<std::string, HttpResponse> answers_;
  std::vector<std::string> asked_;
};

constexpr char kSummaryPath[] = "/api/v1/nodes/node-a/proxy/stats/summary";
constexpr char kMetricsPath[] = "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods/web-1";
constexpr char kSummary[] = R"({"node":{"nodeName":"node-a"},"pods":[
  {"podRef":{"name":"web-1","namespace":"shop"},"containers":[
    {"name":"main","cpu":{"usageNanoCores":2500000},"memory":{"workingSetBytes":4096},
     "rootfs":{"usedBytes":24576}},
    {"name":"new","memory":{"workingSetBytes":100}},
    {"name":"ended"}],
   "network":{"name":"eth0","rxBytes":10,"txBytes":20,"interfaces":[
     {"name":"eth0","rxBytes":10,"txBytes":20},{"name":"net1","rxBytes":1,"txBytes":2}]}},
  {"podRef":{"name":"web-1","namespace":"other"},"containers":[
    {"name":"main","memory":{"workingSetBytes":1}}]}]})";
constexpr char kForbidden[] =
    R"({"kind":"Status","status":"Failure","code":403,"reason":"Forbidden","message":"may not"})";

TEST(PodUsage, IsWhatTheNodeSaysOfThePod) {
  AnsweringServer server;
  server.answers_[kSummaryPath] = {200, kSummary};
  const auto usage = MeasureNode(server, {kWeb});
  ASSERT_TRUE(usage.ok()) << usage.status();
  ASSERT_EQ(usage->size(), 1u);
  const runtime::PodUsage& web = usage->front();
  EXPECT_EQ(web.pod, (runtime::ObjectRef{"v1", "Pod", "shop", "web-1"}));
  ASSERT_EQ(web.containers.size(), 2u);
  EXPECT_EQ(web.containers[0].name, "main");
  EXPECT_EQ(web.containers[0].cpu_nanocores, 2500000);
  EXPECT_EQ(web.containers[0].memory_bytes, 4096);
  EXPECT_EQ(web.containers[0].disk_bytes, 24576);
  EXPECT_EQ(web.containers[1].name, "new");
  EXPECT_EQ(web.containers[1].cpu_nanocores, std::nullopt);
  EXPECT_EQ(web.containers[1].disk_bytes, std::nullopt);
  ASSERT_TRUE(web.network.has_value());
  EXPECT_EQ(web.network->received_bytes, 11);
  EXPECT_EQ(web.network->sent_bytes, 22);
}

TEST(PodUsage, OfANodeThatMayNotBeAskedIsWhatTheMetricsApiSays) {
  AnsweringServer server;
  server.answers_[kSummaryPath] = {403, kForbidden};
  server.answers_[kMetricsPath] = {200, R"({"kind":"PodMetrics","containers":[
      {"name":"main","usage":{"cpu":"2500001n","memory":"4Ki"}}]})"};
  const auto usage = MeasureNode(server, {kWeb});
  ASSERT_TRUE(usage.ok()) << usage.status();
  ASSERT_EQ(usage->size(), 1u);
  ASSERT_EQ(usage->front().containers.size(), 1u);
  EXPECT_EQ(usage->front().containers[0].cpu_nanocores, 2500001);
  EXPECT_EQ(usage->front().containers[0].memory_bytes, 4096);
  EXPECT_FALSE(usage->front().network.has_value());
  EXPECT_THAT(server.asked_, ElementsAre(kSummaryPath, kMetricsPath));
}

TEST(PodUsage, APodThatWasNotMeasuredYetIsLeftOut) {
  AnsweringServer server;
  server.answers_[kSummaryPath] = {403, kForbidden};
  server.answers_[kMetricsPath] = {404, R"({"kind":"Status","status":"Failure","code":404,
      "reason":"NotFound","message":"podmetrics.metrics.k8s.io \"shop/web-1\" not found"})"};
  const auto usage = MeasureNode(server, {kWeb});
  ASSERT_TRUE(usage.ok()) << usage.status();
  EXPECT_TRUE(usage->empty());
  server.answers_[kMetricsPath] = {200, R"({"kind":"PodMetrics","containers":[]})"};
  EXPECT_EQ(MeasureNode(server, {kWeb})->size(), 0u) << "nothing of it runs";
}

TEST(PodUsage, OfANodeThatDoesNotAnswerNothingIsTold) {
  AnsweringServer server;
  server.answers_[kSummaryPath] = {502, "error trying to reach service"};
  const auto usage = MeasureNode(server, {kWeb});
  ASSERT_TRUE(usage.ok()) << usage.status();
  EXPECT_TRUE(usage->empty());
}

TEST(PodUsage, SaysWhatAClusterLacksThatDoesNotMeasure) {
  AnsweringServer server;
  server.answers_[kSummaryPath] = {403, kForbidden};
  const absl::Status status = MeasureNode(server, {kWeb}).status();
  EXPECT_TRUE(absl::IsUnimplemented(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("metrics-server"));
  server.answers_[kMetricsPath] = {403, kForbidden};
  EXPECT_TRUE(absl::IsPermissionDenied(MeasureNode(server, {kWeb}).status()));
}

}  // namespace
}  // namespace weft::kubernetes
