#include "plugins/workloads/faas/faas.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/workloads/faas/settings.h"

namespace weft::faas {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const sdk::Workload& TypeOf(const std::string& name) {
  for (const sdk::Workload* type : kFaas)
    if (type->type == name) return *type;
  ADD_FAILURE() << "no type " << name;
  return *kFaas.at(0);
}

sdk::WorkloadRequest Request(const std::string& properties) {
  sdk::WorkloadRequest request;
  request.instance = {"d/a/fn", "d", "a", "fn", *json::Parse(properties)};
  return request;
}

struct Rendered {
  std::vector<std::string> parts;        // "KIND POINTER VALUE", or "KIND POINTER steered".
  std::vector<std::string> diagnostics;  // "CODE POINTER"
};

Rendered Render(const std::string& type, const sdk::WorkloadRequest& request) {
  Rendered rendered;
  sdk::Diagnostics diagnostics;
  const sdk::Parts parts = TypeOf(type).render(request, diagnostics);
  for (const sdk::Parts::Part& part : parts.parts()) {
    EXPECT_EQ(part.object.name, "fn");
    EXPECT_NE(part.steering, sdk::Steering::kPlatform);
    rendered.parts.push_back(part.object.kind + " " + part.pointer + " " +
                             (part.steering ? "steered" : json::Canonical(part.value)));
  }
  for (const sdk::Diagnostics::Diagnostic& diagnostic : diagnostics.all())
    rendered.diagnostics.push_back(diagnostic.code + " " + diagnostic.pointer);
  return rendered;
}

std::vector<std::string> Variables(const Settings& settings) {
  std::vector<std::string> variables;
  for (const sdk::EnvironmentVariable& variable : settings.environment)
    variables.push_back(variable.name + "=" + variable.value);
  return variables;
}

TEST(FunctionSettings, HaveDefaults) {
  const Settings settings = ReadSettings(kFunctionType, *json::Parse(R"({"image":"i"})"));
  EXPECT_EQ(settings.image, "i");
  EXPECT_EQ(settings.port, 8080);
  EXPECT_EQ(settings.minimum, 0);
  EXPECT_EQ(settings.maximum, 0);
  EXPECT_EQ(settings.concurrency, 10);
  EXPECT_EQ(settings.idle, absl::Minutes(5));
  EXPECT_EQ(settings.health_path, "");
  EXPECT_THAT(Variables(settings), IsEmpty());
}

TEST(FunctionSettings, AreRead) {
  const Settings settings = ReadSettings(kFunctionType, *json::Parse(R"({"image":"i","port":80,
      "minimum":2,"maximum":5,"concurrency":3,"idleSeconds":7,"healthPath":"/h",
      "cpuMillicores":100,"memoryMiB":16,"environment":[{"name":"A","value":"a"},
      {"name":"B","value":2},{"name":"C","value":true}]})"));
  EXPECT_EQ(settings.port, 80);
  EXPECT_EQ(settings.minimum, 2);
  EXPECT_EQ(settings.maximum, 5);
  EXPECT_EQ(settings.concurrency, 3);
  EXPECT_EQ(settings.idle, absl::Seconds(7));
  EXPECT_EQ(settings.health_path, "/h");
  EXPECT_EQ(settings.cpu_millicores, 100);
  EXPECT_EQ(settings.memory_mib, 16);
  EXPECT_THAT(Variables(settings), ElementsAre("A=a", "B=2", "C=true"));
}

// As the core passes what openfaas.com/v1alpha2 documents say.
TEST(OpenFaasSettings, NeverGoToZeroAndPassTheHandlerToTheWatchdog) {
  const Settings settings = ReadSettings(kOpenFaasType, *json::Parse(R"({
      "image":"functions/nodeinfo","handler":"node main.js",
      "environment":[{"name":"write_debug","type":"string","value":"false"}]})"));
  EXPECT_EQ(settings.image, "functions/nodeinfo");
  EXPECT_EQ(settings.port, 8080);
  EXPECT_EQ(settings.minimum, 1);
  EXPECT_THAT(Variables(settings), ElementsAre("write_debug=false", "fprocess=node main.js"));
  // Without a handler the image's own is left alone.
  EXPECT_THAT(Variables(ReadSettings(kOpenFaasType, *json::Parse(R"({"image":"i","handler":""})"))),
              IsEmpty());
}

// The scale's static value, which a scaler's overrides, is the minimum.
TEST(Function, BecomesAServerWhoseScaleIsSteeredFromItsMinimum) {
  const Rendered rendered =
      Render(kFunctionType, Request(R"({"image":"i","minimum":3,"healthPath":"/h",
                                        "cpuMillicores":100,"memoryMiB":16})"));
  EXPECT_THAT(rendered.diagnostics, IsEmpty());
  EXPECT_THAT(
      rendered.parts,
      ElementsAre(
          R"(Deployment  {"spec":{"selector":{"matchLabels":{"weft.dev/application":"a",)"
          R"("weft.dev/component":"fn"}},"template":{"metadata":{"labels":)"
          R"({"weft.dev/application":"a","weft.dev/component":"fn"}},"spec":{"containers":)"
          R"([{"image":"i","name":"function","ports":[{"containerPort":8080,"name":"http",)"
          R"("protocol":"TCP"}],"readinessProbe":{"failureThreshold":3,"httpGet":{"path":"/h",)"
          R"("port":8080},"initialDelaySeconds":0,"periodSeconds":1,"successThreshold":1,)"
          R"("timeoutSeconds":1},"resources":{"requests":{"cpu":"100m","memory":"16777216"}},)"
          R"("terminationMessagePolicy":"FallbackToLogsOnError"}]}}}})",
          R"(Service  {"spec":{"ports":[{"name":"http","port":8080,"protocol":"TCP",)"
          R"("targetPort":8080}],"selector":{"weft.dev/application":"a","weft.dev/component":"fn"}}})",
          "Deployment /spec/replicas 3", "Deployment /spec/replicas steered"));
}

TEST(Function, RunsNothingUntilItIsAsked) {
  EXPECT_THAT(Render(kFunctionType, Request(R"({"image":"i"})")).parts,
              testing::Contains("Deployment /spec/replicas 0"));
}

TEST(OpenFaasFunction, RunsOnce) {
  EXPECT_THAT(Render(kOpenFaasType, Request(R"({"image":"i"})")).parts,
              testing::Contains("Deployment /spec/replicas 1"));
}

TEST(Function, RefusesWhatContradictsItself) {
  EXPECT_THAT(
      Render(kFunctionType, Request(R"({"image":"i","minimum":3,"maximum":2})")).diagnostics,
      ElementsAre("FUNCTION_BOUNDS /workloadSettings"));
  EXPECT_THAT(Render(kFunctionType, Request(R"({"image":"i","healthPath":"h"})")).diagnostics,
              ElementsAre("FUNCTION_HEALTH_PATH /workloadSettings"));
  sdk::WorkloadRequest request = Request(R"({"image":"i"})");
  request.containers.push_back({.name = "main", .image = "other"});
  EXPECT_THAT(Render(kOpenFaasType, request).diagnostics,
              ElementsAre("FUNCTION_CONTAINERS /containers"));
}

TEST(Function, IsHealthyWhileNothingRuns) {
  const sdk::Workload& type = TypeOf(kFunctionType);
  sdk::AssessRequest request{{"d/a/fn", "d", "a", "fn", json::object{}}, type.shape, {}, {}};
  request.observed.push_back(
      {{"apps/v1", "Deployment", "fn", ""}, {}, *json::Parse(R"({"replicas":0})"), true, false});
  const sdk::Health health = type.assess(request);
  EXPECT_EQ(health.verdict, sdk::Verdict::kHealthy);
  EXPECT_EQ(health.reason, "Idle");
}

}  // namespace
}  // namespace weft::faas
