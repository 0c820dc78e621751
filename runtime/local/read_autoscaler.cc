// Reads a HorizontalPodAutoscaler: Kubernetes API, autoscaling/v2, with its defaults.
#include "absl/strings/str_cat.h"
#include "core/base/json_list.h"
#include "runtime/base/quantity.h"
#include "runtime/local/reader.h"

namespace weft::local {
namespace {

constexpr int kMost = 1000;
constexpr int kLongestPeriod = 1800;
constexpr int kLongestWindow = 3600;
constexpr int kMostPercent = 100000;

MetricTarget ReadMetric(const json::value& v, const std::string& at,
                        std::vector<Problem>& problems) {
  MetricTarget metric;
  Reader(v, at, problems).OneOf("type", "", {"Resource"});
  const std::string place = at + "/resource";
  static const auto* const none = new json::value(json::object());
  const json::value* found = json::Find(v, "resource");
  const json::value& resource = found == nullptr ? *none : *found;
  metric.resource = Reader(resource, place, problems).OneOf("name", "", {"cpu", "memory"});
  const json::value* target_found = json::Find(resource, "target");
  Reader target(target_found == nullptr ? *none : *target_found, place + "/target", problems);
  const std::string type = target.OneOf("type", "", {"Utilization", "AverageValue"});
  if (type == "Utilization") {
    metric.utilization = static_cast<int>(target.Integer("averageUtilization", 0, 1, kMostPercent));
    if (json::FindPath(resource, {"target", "averageUtilization"}) == nullptr)
      Refuse(problems, place + "/target/averageUtilization", "a percentage is needed");
  } else if (type == "AverageValue") {
    const json::value* value = json::FindPath(resource, {"target", "averageValue"});
    const std::string text = value == nullptr     ? ""
                             : value->is_string() ? std::string(value->get_string())
                                                  : json::Canonical(*value);
    metric.average_milli = runtime::ParseQuantityMilli(text).value_or(0);
    if (metric.average_milli <= 0)
      Refuse(problems, place + "/target/averageValue", "a quantity above 0 is needed", text,
             "such as 500m or 64Mi");
  }
  return metric;
}

ScalingRules ReadRules(const json::value& object, const char* direction, ScalingRules rules,
                       std::vector<Problem>& problems) {
  const json::value* v = json::FindPath(object, {"spec", "behavior", direction});
  if (v == nullptr) return rules;
  const std::string at = absl::StrCat("/spec/behavior/", direction);
  Reader reader(*v, at, problems);
  rules.window = absl::Seconds(reader.Integer(
      "stabilizationWindowSeconds", absl::ToInt64Seconds(rules.window), 0, kLongestWindow));
  const std::string select = reader.OneOf("selectPolicy", "Max", {"Max", "Min", "Disabled"});
  rules.select = select == "Max"   ? ScalingRules::Select::kMost
                 : select == "Min" ? ScalingRules::Select::kLeast
                                   : ScalingRules::Select::kDisabled;
  const json::array& policies = json::ListAt(*v, "policies");
  if (!policies.empty()) rules.policies.clear();
  for (const json::value& policy : policies) {
    const std::string place = absl::StrCat(at, "/policies/", rules.policies.size());
    Reader in(policy, place, problems);
    rules.policies.push_back({in.OneOf("type", "", {"Pods", "Percent"}) == "Percent",
                              static_cast<int>(in.Integer("value", 0, 1, kMostPercent)),
                              absl::Seconds(in.Integer("periodSeconds", 0, 1, kLongestPeriod))});
  }
  return rules;
}

}  // namespace

Spec ReadAutoscaler(const json::value& object, const Machine&, std::vector<Problem>& problems) {
  static const auto* const none = new json::value(json::object());
  const json::value* found = json::Find(object, "spec");
  const json::value& v = found == nullptr ? *none : *found;
  AutoscalerSpec spec;
  const json::value* target = json::Find(v, "scaleTargetRef");
  spec.kind = Reader(target == nullptr ? *none : *target, "/spec/scaleTargetRef", problems)
                  .OneOf("kind", "", {"Deployment", "StatefulSet"});
  spec.name = json::GetString(v, {"scaleTargetRef", "name"});
  if (!IsDnsLabel(spec.name))
    Refuse(problems, "/spec/scaleTargetRef/name", "the name of what is scaled is needed",
           spec.name);
  Reader reader(v, "/spec", problems);
  spec.least = static_cast<int>(reader.Integer("minReplicas", 1, 1, kMost));
  spec.most = static_cast<int>(reader.Integer("maxReplicas", 0, 1, kMost));
  if (json::Find(v, "maxReplicas") == nullptr)
    Refuse(problems, "/spec/maxReplicas", "the most replicas are needed");
  else if (spec.most > 0 && spec.most < spec.least)
    Refuse(problems, "/spec/maxReplicas", "fewer than minReplicas", std::to_string(spec.most),
           absl::StrCat("at least ", spec.least));
  for (const json::value& metric : json::ListAt(v, "metrics"))
    spec.metrics.push_back(
        ReadMetric(metric, absl::StrCat("/spec/metrics/", spec.metrics.size()), problems));
  if (spec.metrics.empty()) spec.metrics.push_back({"cpu", 80, 0});
  const absl::Duration period = absl::Seconds(15);
  spec.up = ReadRules(object, "scaleUp",
                      {absl::ZeroDuration(),
                       ScalingRules::Select::kMost,
                       {{false, 4, period}, {true, 100, period}}},
                      problems);
  spec.down =
      ReadRules(object, "scaleDown",
                {absl::Seconds(300), ScalingRules::Select::kMost, {{true, 100, period}}}, problems);
  return spec;
}

}  // namespace weft::local
