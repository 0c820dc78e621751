#include "plugins/traits/auto_scaler/auto_scaler.h"

#include <gtest/gtest.h>

namespace weft::auto_scaler {
namespace {

sdk::TraitRequest With(const char* properties) {
  return {{"d/a/web/auto-scaler#0", "d", "a", "web", *json::Parse(properties)},
          {"web", {"apps/v1", "Deployment", "/spec/replicas", "/spec/template"}}};
}

TEST(AutoScaler, BecomesAnAutoscalerAndLeavesTheScaleToThePlatform) {
  sdk::Diagnostics diagnostics;
  const sdk::Parts parts =
      kAutoScaler.render(With(R"({"minimum":2,"maximum":6,"cpu":50,"memory":70})"), diagnostics);
  ASSERT_EQ(parts.parts().size(), 2u);
  EXPECT_EQ(parts.parts()[0].object,
            (sdk::ObjectRef{"autoscaling/v2", "HorizontalPodAutoscaler", "web", ""}));
  EXPECT_EQ(
      json::Canonical(parts.parts()[0].value),
      R"({"spec":{"maxReplicas":6,"metrics":[{"resource":{"name":"cpu","target":)"
      R"({"averageUtilization":50,"type":"Utilization"}},"type":"Resource"},{"resource":{"name":"memory",)"
      R"("target":{"averageUtilization":70,"type":"Utilization"}},"type":"Resource"}],"minReplicas":2,)"
      R"("scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"}}})");
  EXPECT_EQ(parts.parts()[1].object, (sdk::ObjectRef{"apps/v1", "Deployment", "web", ""}));
  EXPECT_EQ(parts.parts()[1].pointer, "/spec/replicas");
  EXPECT_EQ(parts.parts()[1].steering, sdk::Steering::kPlatform);
  EXPECT_TRUE(diagnostics.all().empty());
}

TEST(AutoScaler, ByDefaultKeepsOneToTenAtEightyPercentOfTheirProcessors) {
  sdk::Diagnostics diagnostics;
  const json::value spec = kAutoScaler.render(With("{}"), diagnostics).parts().at(0).value;
  EXPECT_EQ(json::GetInt(spec, {"spec", "minReplicas"}), 1);
  EXPECT_EQ(json::GetInt(spec, {"spec", "maxReplicas"}), 10);
  EXPECT_EQ(
      json::Canonical(*json::FindPath(spec, {"spec", "metrics"})),
      R"([{"resource":{"name":"cpu","target":{"averageUtilization":80,"type":"Utilization"}},)"
      R"("type":"Resource"}])");
}

TEST(AutoScaler, RefusesBoundsThatCross) {
  sdk::Diagnostics diagnostics;
  kAutoScaler.render(With(R"({"minimum":4,"maximum":3})"), diagnostics);
  ASSERT_EQ(diagnostics.all().size(), 1u);
  EXPECT_EQ(diagnostics.all()[0].code, "MAXIMUM_BELOW_MINIMUM");
  kAutoScaler.render(With(R"({"minimum":11})"), diagnostics);
  EXPECT_EQ(diagnostics.all().size(), 2u) << "of the default maximum too";
}

TEST(AutoScaler, IsHealthyWhenItHasSomethingToGoBy) {
  sdk::AssessRequest request{With("{}").instance, {}, {}, {}};
  EXPECT_EQ(kAutoScaler.assess(request).reason, "NotCreated");
  request.observed.push_back(
      {{"autoscaling/v2", "HorizontalPodAutoscaler", "web", "d"}, {}, json::object{}, true, false});
  EXPECT_EQ(kAutoScaler.assess(request).reason, "NoMetrics");
  request.observed[0].status = *json::Parse(
      R"({"conditions":[{"type":"ScalingActive","status":"False","reason":"FailedGetResourceMetric",
          "message":"missing request for cpu"}]})");
  EXPECT_EQ(kAutoScaler.assess(request).verdict, sdk::Verdict::kProgressing);
  EXPECT_EQ(kAutoScaler.assess(request).message, "missing request for cpu");
  request.observed[0].status = *json::Parse(
      R"({"conditions":[{"type":"ScalingActive","status":"False","reason":"ScalingDisabled"}]})");
  EXPECT_EQ(kAutoScaler.assess(request).verdict, sdk::Verdict::kHealthy);
  request.observed[0].status = *json::Parse(
      R"({"conditions":[{"type":"ScalingActive","status":"True"}],"desiredReplicas":3,"currentMetrics":[
          {"type":"Resource","resource":{"name":"cpu","current":{"averageUtilization":40}}}]})");
  EXPECT_EQ(kAutoScaler.assess(request).verdict, sdk::Verdict::kHealthy);
  EXPECT_EQ(kAutoScaler.assess(request).message, "3 wanted: cpu 40 %");
}

}  // namespace
}  // namespace weft::auto_scaler
