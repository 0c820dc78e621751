// Reads a Deployment: Kubernetes API, apps/v1 Deployment.
#include "core/base/json_list.h"
#include "runtime/local/read_pod.h"
#include "runtime/local/reader.h"

namespace weft::local {
namespace {

constexpr int64_t kMostReplicas = 1000;

void CheckSelector(const json::value& object, const Labels& template_labels,
                   std::vector<Problem>& problems) {
  const Labels selector = ReadLabels(json::FindPath(object, {"spec", "selector", "matchLabels"}));
  if (selector.empty())
    Refuse(problems, "/spec/selector/matchLabels", "a Deployment needs a selector");
  for (const auto& [key, value] : selector) {
    const auto found = template_labels.find(key);
    if (found == template_labels.end() || found->second != value)
      Refuse(problems, "/spec/selector/matchLabels" + json::PointerToken(key),
             "the selector does not match the pod template's labels", value);
  }
}

}  // namespace

Spec ReadDeployment(const json::value& object, const Machine& machine,
                    std::vector<Problem>& problems) {
  DeploymentSpec spec;
  const json::value* pod = json::FindPath(object, {"spec", "template", "spec"});
  if (pod == nullptr || json::ListAt(*pod, "containers").empty()) {
    Refuse(problems, "/spec/template/spec/containers", "a pod needs a container");
    return {};
  }
  spec.replicas = static_cast<int>(Reader(*json::Find(object, "spec"), "/spec", problems)
                                       .Integer("replicas", 1, 0, kMostReplicas));
  spec.pod = ReadPodTemplate(*json::FindPath(object, {"spec", "template"}), "/spec/template",
                             machine, problems);
  CheckSelector(object, spec.pod.labels, problems);
  return spec;
}

}  // namespace weft::local
