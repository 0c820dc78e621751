#include "plugins/workloads/singleton/singleton.h"

#include <gtest/gtest.h>

namespace weft::singleton {
namespace {

sdk::WorkloadRequest Request(bool port) {
  sdk::WorkloadRequest request;
  request.instance = {"d/a/db", "d", "a", "db", json::object{}};
  request.containers.push_back({.name = "main", .image = "db:1"});
  if (port) request.containers[0].ports = {{"sql", 5432, "TCP"}};
  return request;
}

const sdk::Workload& Find(const std::string& alias) {
  for (const sdk::Workload* workload : kSingleton)
    if (workload->aliases[0] == alias) return *workload;
  ADD_FAILURE() << alias;
  return *kSingleton[0];
}

TEST(Singleton, AServerIsAStatefulSetOfOneAndAService) {
  sdk::Diagnostics diagnostics;
  const sdk::Parts parts = Find("SingletonServer").render(Request(true), diagnostics);
  ASSERT_EQ(parts.parts().size(), 2u);
  EXPECT_EQ(parts.parts()[0].object, (sdk::ObjectRef{"apps/v1", "StatefulSet", "db", ""}));
  EXPECT_EQ(json::GetInt(parts.parts()[0].value, {"spec", "replicas"}), 1);
  EXPECT_EQ(json::GetString(parts.parts()[0].value, {"spec", "serviceName"}), "db");
  EXPECT_EQ(parts.parts()[1].object.kind, "Service");
  EXPECT_TRUE(diagnostics.all().empty());
}

TEST(Singleton, AWorkerHasNoPort) {
  sdk::Diagnostics diagnostics;
  EXPECT_EQ(Find("SingletonWorker").render(Request(false), diagnostics).parts().size(), 1u);
  EXPECT_TRUE(diagnostics.all().empty());
  Find("SingletonWorker").render(Request(true), diagnostics);
  ASSERT_EQ(diagnostics.all().size(), 1u);
  EXPECT_EQ(diagnostics.all()[0].code, "WORKER_WITH_PORT");
}

TEST(Singleton, ATaskIsAJobThatRunsOneAtOnce) {
  sdk::Diagnostics diagnostics;
  const sdk::Parts parts = Find("SingletonTask").render(Request(false), diagnostics);
  EXPECT_EQ(parts.parts()[0].object.kind, "Job");
  EXPECT_EQ(json::FindPath(parts.parts()[0].value, {"spec", "parallelism"}), nullptr);
}

TEST(Singleton, IsNotHealthyWhileItsPodIsReplaced) {
  const sdk::Workload& worker = Find("SingletonWorker");
  sdk::AssessRequest request{{"d/a/db", "d", "a", "db", json::object{}}, worker.shape, {}, {}};
  const auto assess = [&](const char* status) {
    request.observed = {
        {{"apps/v1", "StatefulSet", "db", "d"}, {}, *json::Parse(status), true, false}};
    return worker.assess(request);
  };
  EXPECT_EQ(assess(R"({"replicas":1,"readyReplicas":1})").reason, "RollingOut");
  EXPECT_EQ(assess(R"({"replicas":0})").reason, "PodsNotReady");
  EXPECT_EQ(assess(R"({"replicas":1,"updatedReplicas":1})").reason, "PodsNotReady");
  EXPECT_EQ(assess(R"({"replicas":1,"readyReplicas":1,"updatedReplicas":1})").verdict,
            sdk::Verdict::kHealthy);
}

TEST(Singleton, NobodyMayScaleThem) {
  for (const sdk::Workload* workload : kSingleton) EXPECT_EQ(workload->shape.scale, "");
}

}  // namespace
}  // namespace weft::singleton
