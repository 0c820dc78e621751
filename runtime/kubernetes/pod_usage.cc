#include "runtime/kubernetes/pod_usage.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/json_list.h"
#include "core/base/status.h"
#include "runtime/base/quantity.h"
#include "runtime/kubernetes/api_status.h"

namespace weft::kubernetes {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(5);
constexpr char kMetrics[] = "/apis/metrics.k8s.io/v1beta1";
constexpr int64_t kNano = 1'000'000'000;

std::optional<int64_t> NumberAt(const json::value& from,
                                std::initializer_list<std::string_view> path) {
  const json::value* at = json::FindPath(from, path);
  if (at == nullptr) return std::nullopt;
  boost::system::error_code error;
  const auto number = at->to_number<int64_t>(error);
  return error ? std::nullopt : std::make_optional(number);
}

// All interfaces of a pod; nothing: none is told of.
std::optional<runtime::NetworkUsage> NetworkFrom(const json::value& pod) {
  const json::value* network = json::Find(pod, "network");
  if (network == nullptr) return std::nullopt;
  std::optional<runtime::NetworkUsage> sum;
  for (const json::value& one : json::ListAt(*network, "interfaces")) {
    if (!sum.has_value()) sum.emplace();
    sum->received_bytes += NumberAt(one, {"rxBytes"}).value_or(0);
    sum->sent_bytes += NumberAt(one, {"txBytes"}).value_or(0);
  }
  return sum;
}

absl::StatusOr<std::vector<runtime::PodUsage>> AskMetrics(ApiServer& server,
                                                          const std::vector<PodOnNode>& pods) {
  std::vector<runtime::PodUsage> result;
  for (const PodOnNode& pod : pods) {
    WEFT_ASSIGN_OR_RETURN(
        const HttpResponse response,
        server.Send({.path = absl::StrCat(kMetrics, "/namespaces/", pod.ns, "/pods/", pod.name),
                     .timeout = kTimeout}));
    if (response.status == 404) {
      // The API server has no such API, or that nothing of the pod yet, which it says in an object.
      if (!json::Parse(response.body).ok())
        return absl::UnimplementedError(
            "the cluster does not tell what pods use: it has no metrics API (metrics-server), and "
            "its nodes may not be asked (docs/runtime-kubernetes.md)");
      continue;
    }
    WEFT_ASSIGN_OR_RETURN(const json::value metrics, ReadObject(response, "ask what pods use"));
    runtime::PodUsage usage = UsageFromMetrics(metrics, pod);
    if (!usage.containers.empty()) result.push_back(std::move(usage));
  }
  return result;
}

}  // namespace

std::vector<runtime::PodUsage> UsageFromSummary(const json::value& summary,
                                                const std::vector<PodOnNode>& pods) {
  std::vector<runtime::PodUsage> result;
  for (const json::value& pod : json::ListAt(summary, "pods")) {
    const std::string ns = json::GetString(pod, {"podRef", "namespace"});
    const std::string name = json::GetString(pod, {"podRef", "name"});
    const auto is_it = [&](const PodOnNode& one) { return one.ns == ns && one.name == name; };
    if (std::none_of(pods.begin(), pods.end(), is_it)) continue;
    runtime::PodUsage usage{{"v1", "Pod", ns, name}};
    for (const json::value& container : json::ListAt(pod, "containers")) {
      const std::optional<int64_t> memory = NumberAt(container, {"memory", "workingSetBytes"});
      if (!memory.has_value()) continue;  // It has ended, or is new.
      usage.containers.push_back({.name = json::GetString(container, {"name"}),
                                  .cpu_nanocores = NumberAt(container, {"cpu", "usageNanoCores"}),
                                  .memory_bytes = *memory,
                                  .disk_bytes = NumberAt(container, {"rootfs", "usedBytes"})});
    }
    usage.network = NetworkFrom(pod);
    if (!usage.containers.empty()) result.push_back(std::move(usage));
  }
  return result;
}

runtime::PodUsage UsageFromMetrics(const json::value& metrics, const PodOnNode& pod) {
  runtime::PodUsage usage{{"v1", "Pod", pod.ns, pod.name}};
  for (const json::value& container : json::ListAt(metrics, "containers")) {
    const auto amount = [&](const char* resource, int64_t parts) {
      return runtime::ParseQuantity(json::GetString(container, {"usage", resource}), parts);
    };
    usage.containers.push_back({.name = json::GetString(container, {"name"}),
                                .cpu_nanocores = amount("cpu", kNano),
                                .memory_bytes = amount("memory", 1).value_or(0)});
  }
  return usage;
}

absl::StatusOr<std::vector<runtime::PodUsage>> MeasureNode(ApiServer& server,
                                                           const std::vector<PodOnNode>& pods) {
  if (pods.empty()) return std::vector<runtime::PodUsage>();
  const std::string path =
      absl::StrCat("/api/v1/nodes/", UrlEncode(pods[0].node), "/proxy/stats/summary");
  const absl::StatusOr<json::value> summary =
      ReadObject(server.Send({.path = path, .timeout = kTimeout}), "ask the node " + pods[0].node);
  if (summary.ok()) return UsageFromSummary(*summary, pods);
  absl::StatusOr<std::vector<runtime::PodUsage>> asked = AskMetrics(server, pods);
  // That a node does not answer says nothing of the others.
  if (absl::IsUnimplemented(asked.status()) && !absl::IsPermissionDenied(summary.status()))
    return std::vector<runtime::PodUsage>();
  return asked;
}

}  // namespace weft::kubernetes
