#include "runtime/local/autoscaler_controller.h"

#include <algorithm>
#include <optional>
#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/base/status.h"
#include "runtime/local/names.h"

namespace weft::local {
namespace {

// As kube-controller-manager: --horizontal-pod-autoscaler-sync-period.
constexpr absl::Duration kPeriod = absl::Seconds(15);
// What a processor was used for is the difference of two looks, not nearer than this.
constexpr absl::Duration kNearest = absl::Seconds(3);

std::string QuantityOf(const std::string& resource, int64_t milli) {
  return resource == "cpu" ? absl::StrCat(milli, "m") : absl::StrCat(milli / 1000);
}

json::object Condition(const char* type, bool status, const char* reason,
                       const std::string& message) {
  return {{"type", type},
          {"status", status ? "True" : "False"},
          {"reason", reason},
          {"message", message}};
}

const PodTemplate* TemplateOf(const Spec& spec) {
  if (const auto* deployment = std::get_if<DeploymentSpec>(&spec)) return &deployment->pod;
  if (const auto* set = std::get_if<StatefulSetSpec>(&spec)) return &set->pod;
  return nullptr;
}

int ReplicasOf(const Spec& spec) {
  if (const auto* deployment = std::get_if<DeploymentSpec>(&spec)) return deployment->replicas;
  const auto* set = std::get_if<StatefulSetSpec>(&spec);
  return set == nullptr ? 0 : set->replicas;
}

// Of all containers; 0: one of them asks for nothing.
int64_t RequestOf(const PodTemplate& pod_template, const std::string& resource) {
  int64_t sum = 0;
  for (const PodContainer& container : pod_template.containers) {
    const int64_t request = resource == "cpu" ? container.cpu_milli : container.memory_bytes * 1000;
    const int64_t limit =
        resource == "cpu" ? container.cpu_limit_milli : container.memory_limit_bytes * 1000;
    const int64_t one = request > 0 ? request : limit;  // As Kubernetes reads it.
    if (one == 0) return 0;
    sum += one;
  }
  return sum;
}

}  // namespace

AutoscalerController::State& AutoscalerController::StateOf(const std::string& key) {
  std::lock_guard lock(mutex_);
  return states_[key];
}

std::vector<Pod> AutoscalerController::PodsOf(const ObjectRef& target) const {
  std::vector<Pod> pods = parts_.pods.InNamespace(target.ns);
  const std::string controller = ControllerOf(LocalKey(target));
  std::erase_if(pods, [&](const Pod& pod) {
    return pod.controller != controller || pod.terminating || Finished(pod);
  });
  return pods;
}

absl::StatusOr<absl::Duration> AutoscalerController::Reconcile(const std::string& key) {
  const ObjectPtr object = parts_.objects.Find(key);
  if (object == nullptr || object->deleting) {
    {
      std::lock_guard lock(mutex_);
      states_.erase(key);
    }
    if (object == nullptr) return absl::InfiniteDuration();
    WEFT_RETURN_IF_ERROR(parts_.objects.Forget(object->ref));
    parts_.wake(LocalKey("Network", object->ref.ns, ""));
    return absl::InfiniteDuration();
  }
  const auto* spec = std::get_if<AutoscalerSpec>(&object->spec);
  if (spec == nullptr) return absl::InfiniteDuration();
  State& state = StateOf(key);
  // Two looks that are near each other say little of what is used between them.
  const absl::Duration since = parts_.now() - state.looked;
  if (since >= absl::ZeroDuration() && since < kNearest) return kNearest - since;
  Finding finding;
  const ObjectPtr target = parts_.objects.Find(LocalKey(spec->kind, object->ref.ns, spec->name));
  const PodTemplate* pod_template =
      target == nullptr || target->deleting ? nullptr : TemplateOf(target->spec);
  if (pod_template == nullptr) {
    finding.active =
        absl::NotFoundError(absl::StrCat("there is no ", spec->kind, " ", spec->name, " to scale"));
    state.status = StatusJson(state, finding);
    parts_.board.SetStatus(key, object->generation, state.status, true);
    return kPeriod;
  }
  finding.current = ReplicasOf(target->spec);
  bool fresh = false;
  WEFT_ASSIGN_OR_RETURN(const auto metrics,
                        Measure(PodsOf(target->ref), *pod_template, state, fresh));
  state.looked = parts_.now();
  finding.desired = Desire(*spec, metrics, state, finding);
  if (finding.desired != finding.current) {
    const absl::Status scaled = parts_.objects.Scale(target, finding.desired);
    if (absl::IsAborted(scaled)) return kNearest;  // Somebody else changed it meanwhile.
    WEFT_RETURN_IF_ERROR(scaled);
    state.history.Changed(finding.current, finding.desired, parts_.now());
    state.last_scaled = absl::FormatTime(absl::RFC3339_sec, parts_.now(), absl::UTCTimeZone());
    spdlog::info("msg=\"scaled\" object={} by={} from={} to={}", LocalKey(target->ref), key,
                 finding.current, finding.desired);
  }
  // Of containers that are looked at for the first time the next look knows more.
  if (!fresh || finding.active.ok() || state.status.empty())
    state.status = StatusJson(state, finding);
  parts_.board.SetStatus(key, object->generation, state.status, true);
  return fresh ? kNearest : kPeriod;
}

int AutoscalerController::Desire(const AutoscalerSpec& spec,
                                 const std::map<std::string, std::vector<PodMetric>>& metrics,
                                 State& state, Finding& finding) const {
  if (finding.current == 0) return 0;  // Somebody has stopped it.
  const std::optional<int> wanted = Decide(spec, metrics, finding);
  // Without anything to go by only the bounds hold.
  if (!wanted.has_value()) return std::clamp(finding.current, spec.least, spec.most);
  return state.history.Limit(spec, finding.current, *wanted, parts_.now(), finding.limited);
}

// What the pods use, by resource. `fresh`: a container was looked at for the first time. An error:
// the engine is away.
absl::StatusOr<std::map<std::string, std::vector<PodMetric>>> AutoscalerController::Measure(
    const std::vector<Pod>& pods, const PodTemplate& pod_template, State& state, bool& fresh) {
  std::map<std::string, std::vector<PodMetric>> metrics;
  std::map<std::string, Sample> samples;
  for (const Pod& pod : pods) {
    PodMetric cpu{pod.readiness() == Readiness::kReady, std::nullopt,
                  RequestOf(pod_template, "cpu")};
    // What a pod holds counts whether it is ready or not.
    PodMetric memory{true, std::nullopt, RequestOf(pod_template, "memory")};
    absl::Duration used;  // A second.
    bool cpu_known = true, memory_known = true;
    int64_t bytes = 0;
    for (const Member& member : pod.members) {
      if (member.init) continue;
      const absl::StatusOr<engine::Usage> usage = parts_.engine.GetUsage(member.run.container);
      if (absl::IsUnavailable(usage.status())) return usage.status();
      if (!usage.ok()) {  // It does not run.
        cpu_known = memory_known = false;
        continue;
      }
      const std::string run = RunKey(member.run.container);
      const absl::Time now = parts_.now();
      bytes += usage->memory_bytes;
      const auto before = state.samples.find(run);
      fresh |= before == state.samples.end();
      // A clock that was set back says nothing either.
      if (before == state.samples.end() || now <= before->second.at)
        cpu_known = false;
      else
        used += absl::Seconds(
            absl::FDivDuration(usage->cpu - before->second.cpu, now - before->second.at));
      samples[run] = Sample{now, usage->cpu};
    }
    if (cpu_known) cpu.usage = absl::ToInt64Milliseconds(used);
    if (memory_known) memory.usage = bytes * 1000;
    metrics["cpu"].push_back(cpu);
    metrics["memory"].push_back(memory);
  }
  state.samples = std::move(samples);
  return metrics;
}

// The most that any metric asks for; one that cannot be told of keeps it from shrinking. Nothing:
// none can. Source: Kubernetes, computeReplicasForMetrics.
std::optional<int> AutoscalerController::Decide(
    const AutoscalerSpec& spec, const std::map<std::string, std::vector<PodMetric>>& metrics,
    Finding& finding) {
  std::optional<int> most;
  for (const MetricTarget& target : spec.metrics) {
    const auto of_resource = metrics.find(target.resource);
    const absl::StatusOr<MetricVerdict> verdict = ReplicasFor(
        target, of_resource == metrics.end() ? std::vector<PodMetric>() : of_resource->second,
        finding.current);
    if (!verdict.ok()) {
      if (finding.active.ok()) finding.active = verdict.status();
      continue;
    }
    finding.metrics.emplace_back(target, *verdict);
    most = std::max(most.value_or(0), verdict->replicas);
  }
  if (!most.has_value() || finding.active.ok()) return most;
  finding.active = absl::OkStatus();  // One is enough to go by.
  return std::max(*most, finding.current);
}

// Source: Kubernetes API, autoscaling/v2 HorizontalPodAutoscalerStatus.
std::string AutoscalerController::StatusJson(const State& state, const Finding& finding) const {
  json::object status{{"currentReplicas", finding.current}, {"desiredReplicas", finding.desired}};
  json::array metrics;
  for (const auto& [target, verdict] : finding.metrics) {
    json::object current{{"averageValue", QuantityOf(target.resource, verdict.average)}};
    if (verdict.utilization.has_value()) current["averageUtilization"] = *verdict.utilization;
    metrics.push_back(json::object{
        {"type", "Resource"},
        {"resource", json::object{{"name", target.resource}, {"current", std::move(current)}}}});
  }
  if (!metrics.empty()) status["currentMetrics"] = std::move(metrics);
  if (!state.last_scaled.empty()) status["lastScaleTime"] = state.last_scaled;
  json::array conditions;
  if (absl::IsNotFound(finding.active)) {
    conditions.push_back(
        Condition("AbleToScale", false, "FailedGetScale", std::string(finding.active.message())));
  } else if (!finding.active.ok()) {
    conditions.push_back(Condition("ScalingActive", false, "FailedGetResourceMetric",
                                   std::string(finding.active.message())));
  } else if (finding.current == 0) {
    conditions.push_back(Condition("ScalingActive", false, "ScalingDisabled",
                                   "it has 0 replicas: whoever set that starts it again"));
  } else {
    conditions.push_back(Condition("ScalingActive", true, "ValidMetricFound", ""));
  }
  if (!finding.limited.empty())
    conditions.push_back(Condition("ScalingLimited", true, "Limited", finding.limited));
  status["conditions"] = std::move(conditions);
  return json::Canonical(status);
}

}  // namespace weft::local
