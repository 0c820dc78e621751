#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/json.h"
#include "runtime/base/pod_usage.h"
#include "runtime/kubernetes/http.h"

namespace weft::kubernetes {

struct PodOnNode {
  std::string ns, name;
  std::string node;
};

// What the pods of a node use, by the summary of its kubelet; only those of `pods`.
// Source: Kubernetes, k8s.io/kubelet/pkg/apis/stats/v1alpha1.
std::vector<runtime::PodUsage> UsageFromSummary(const json::value& summary,
                                                const std::vector<PodOnNode>& pods);

// What one pod uses, by the metrics API. Source: Kubernetes, metrics.k8s.io/v1beta1 PodMetrics.
runtime::PodUsage UsageFromMetrics(const json::value& metrics, const PodOnNode& pod);

// What `pods`, all of one node, use: by the node's own summary, which says most, or, where that
// cannot be had, by the metrics API. Pods that neither knows are left out. UNIMPLEMENTED: the node
// may not be asked, and the cluster has no metrics API; PERMISSION_DENIED; UNAVAILABLE. Blocks for
// the API server.
absl::StatusOr<std::vector<runtime::PodUsage>> MeasureNode(ApiServer& server,
                                                           const std::vector<PodOnNode>& pods);

}  // namespace weft::kubernetes
