#include "plugins/traits/auto_scaler/auto_scaler.h"

#include "absl/strings/str_cat.h"
#include "core/base/json_list.h"
#include "plugins/traits/auto_scaler/schema.json.h"

namespace weft::auto_scaler {
namespace {

constexpr int64_t kMinimum = 1;
constexpr int64_t kMaximum = 10;
constexpr int64_t kCpu = 80;  // Percent, where nothing is said.

sdk::ObjectRef AutoscalerOf(const sdk::Instance& instance) {
  return {"autoscaling/v2", "HorizontalPodAutoscaler", instance.name, ""};
}

json::array Metrics(const sdk::Instance& instance) {
  json::array metrics;
  const auto add = [&](const char* resource, int64_t percent) {
    const json::object target{{"type", "Utilization"}, {"averageUtilization", percent}};
    metrics.push_back(json::object{
        {"type", "Resource"}, {"resource", json::object{{"name", resource}, {"target", target}}}});
  };
  for (const char* resource : {"cpu", "memory"})
    if (json::Find(instance.properties, resource) != nullptr)
      add(resource, instance.GetInt(resource));
  if (metrics.empty()) add("cpu", kCpu);
  return metrics;
}

sdk::Parts Render(const sdk::TraitRequest& request, sdk::Diagnostics& diagnostics) {
  const sdk::Instance& instance = request.instance;
  const sdk::Shape& shape = request.workload.shape;
  const int64_t least = json::GetInt(instance.properties, {"minimum"}, kMinimum);
  const int64_t most = json::GetInt(instance.properties, {"maximum"}, kMaximum);
  if (most < least)
    diagnostics.Error("MAXIMUM_BELOW_MINIMUM",
                      absl::StrCat("the maximum ", most, " is below the minimum ", least),
                      "/maximum");
  sdk::Parts parts;
  parts.Merge(AutoscalerOf(instance), "",
              json::object{{"spec", json::object{{"scaleTargetRef",
                                                  json::object{{"apiVersion", shape.api_version},
                                                               {"kind", shape.kind},
                                                               {"name", instance.name}}},
                                                 {"minReplicas", least},
                                                 {"maxReplicas", most},
                                                 {"metrics", Metrics(instance)}}}});
  parts.Steer(request.workload.Primary(), shape.scale, sdk::Steering::kPlatform);
  return parts;
}

// "cpu 40 %, memory 12 %"; empty: nothing is known yet.
std::string Used(const json::value& status) {
  std::string text;
  for (const json::value& metric : json::ListAt(status, "currentMetrics")) {
    const json::value* percent =
        json::FindPath(metric, {"resource", "current", "averageUtilization"});
    if (percent == nullptr) continue;
    absl::StrAppend(&text, text.empty() ? "" : ", ", json::GetString(metric, {"resource", "name"}),
                    " ", json::GetInt(*percent, {}), " %");
  }
  return text;
}

// Source: Kubernetes API, autoscaling/v2 HorizontalPodAutoscalerCondition.
sdk::Health Assess(const sdk::AssessRequest& request) {
  const sdk::Projection* scaler = request.Find(AutoscalerOf(request.instance));
  if (scaler == nullptr)
    return {sdk::Verdict::kProgressing, "NotCreated", "the platform has not taken it yet"};
  bool active = false;
  for (const json::value& condition : json::ListAt(scaler->status, "conditions")) {
    const std::string type = json::GetString(condition, {"type"});
    if (type != "AbleToScale" && type != "ScalingActive") continue;
    // It has nothing to go by, which may be for a moment: metrics come after the pods. Or somebody
    // has stopped what it scales.
    if (const std::string reason = json::GetString(condition, {"reason"});
        json::GetString(condition, {"status"}) == "False")
      return {reason == "ScalingDisabled" ? sdk::Verdict::kHealthy : sdk::Verdict::kProgressing,
              reason, json::GetString(condition, {"message"})};
    active |= type == "ScalingActive";
  }
  if (!active) return {sdk::Verdict::kProgressing, "NoMetrics", "nothing is measured yet"};
  const std::string used = Used(scaler->status);
  return {sdk::Verdict::kHealthy, "Scaling",
          absl::StrCat(json::GetInt(scaler->status, {"desiredReplicas"}), " wanted",
                       used.empty() ? "" : ": ", used)};
}

}  // namespace

const sdk::Trait kAutoScaler = {
    .type = "auto-scaler",
    .summary = "As many replicas as what they use asks for",
    .schema = kAutoScalerSchema,
    .applies_to = {"core.oam.dev/v1alpha1.Server", "core.oam.dev/v1alpha1.Worker"},
    .conflicts_with = {"manual-scaler"},
    .writes = {sdk::Create("autoscaling/v2", "HorizontalPodAutoscaler"), sdk::SteerScale()},
    .reads_shape = true,
    .render = Render,
    .assess = Assess,
};

}  // namespace weft::auto_scaler
