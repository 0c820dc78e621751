// Reads what keeps pods: Kubernetes API, apps/v1 Deployment and StatefulSet, batch/v1 Job.
#include "runtime/local/read_pod.h"
#include "runtime/local/reader.h"

namespace weft::local {
namespace {

constexpr int64_t kMostReplicas = 1000;
constexpr int64_t kMostFailures = 1000;
constexpr int64_t kMostSeconds = int64_t{10} * 366 * 24 * 3600;

Reader SpecOf(const json::value& object, std::vector<Problem>& problems) {
  static const auto* const none = new json::value(json::object());
  const json::value* spec = json::Find(object, "spec");
  return Reader(spec == nullptr ? *none : *spec, "/spec", problems);
}

int ReadReplicas(Reader reader) {
  return static_cast<int>(reader.Integer("replicas", 1, 0, kMostReplicas));
}

}  // namespace

Spec ReadDeployment(const json::value& object, const Machine& machine,
                    std::vector<Problem>& problems) {
  DeploymentSpec spec;
  spec.replicas = ReadReplicas(SpecOf(object, problems));
  spec.pod = ReadPodTemplate(object, "Deployment", {"Always"}, machine, problems);
  CheckSelector(object, "Deployment", spec.pod.labels, problems);
  return spec;
}

Spec ReadStatefulSet(const json::value& object, const Machine& machine,
                     std::vector<Problem>& problems) {
  StatefulSetSpec spec;
  Reader reader = SpecOf(object, problems);
  spec.replicas = ReadReplicas(reader);
  spec.ordered = reader.OneOf("podManagementPolicy", "OrderedReady",
                              {"OrderedReady", "Parallel"}) == "OrderedReady";
  if (const json::value* strategy = json::FindPath(object, {"spec", "updateStrategy"}))
    Reader(*strategy, "/spec/updateStrategy", problems)
        .OneOf("type", "RollingUpdate", {"RollingUpdate"});
  spec.pod = ReadPodTemplate(object, "StatefulSet", {"Always"}, machine, problems);
  spec.pod.subdomain = json::GetString(object, {"spec", "serviceName"});
  CheckSelector(object, "StatefulSet", spec.pod.labels, problems);
  return spec;
}

Spec ReadJob(const json::value& object, const Machine& machine, std::vector<Problem>& problems) {
  JobSpec spec;
  Reader reader = SpecOf(object, problems);
  spec.completions = static_cast<int>(reader.Integer("completions", 1, 1, kMostReplicas));
  spec.parallelism = static_cast<int>(reader.Integer("parallelism", 1, 0, kMostReplicas));
  if (json::FindPath(object, {"spec", "completions"}) == nullptr && spec.parallelism != 1)
    spec.completions.reset();
  spec.backoff_limit = static_cast<int>(reader.Integer("backoffLimit", 6, 0, kMostFailures));
  if (json::FindPath(object, {"spec", "activeDeadlineSeconds"}) != nullptr)
    spec.active_deadline =
        absl::Seconds(reader.Integer("activeDeadlineSeconds", 1, 1, kMostSeconds));
  if (json::FindPath(object, {"spec", "ttlSecondsAfterFinished"}) != nullptr)
    spec.ttl = absl::Seconds(reader.Integer("ttlSecondsAfterFinished", 0, 0, kMostSeconds));
  spec.suspend = json::GetBool(object, {"spec", "suspend"});
  spec.pod = ReadPodTemplate(object, "Job", {"Never", "OnFailure"}, machine, problems);
  if (json::FindPath(object, {"spec", "template", "spec", "restartPolicy"}) == nullptr)
    Refuse(problems, "/spec/template/spec/restartPolicy", "a Job says whether it runs again", "",
           "Never or OnFailure");
  return spec;
}

}  // namespace weft::local
