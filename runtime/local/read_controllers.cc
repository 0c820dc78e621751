// Reads what keeps pods: Kubernetes API, apps/v1 Deployment and StatefulSet, batch/v1 Job.
#include <cstdint>
#include <limits>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/json_list.h"
#include "runtime/local/read_pod.h"
#include "runtime/local/reader.h"

namespace weft::local {
namespace {

constexpr int64_t kMostReplicas = 1000;
constexpr int64_t kMostFailures = 1000;
// Source: Kubernetes, HasProgressDeadline.
constexpr int64_t kNoDeadline = std::numeric_limits<int32_t>::max();

int ReadReplicas(Reader reader) {
  return static_cast<int>(reader.Integer("replicas", 1, 0, kMostReplicas));
}

absl::Duration ReadMinReady(Reader reader) {
  return absl::Seconds(reader.Integer("minReadySeconds", 0, 0, kMostSeconds));
}

// Of what replaces its pods under their names.
void ReadUpdateStrategy(const json::value& object, std::vector<Problem>& problems) {
  if (const json::value* strategy = json::FindPath(object, {"spec", "updateStrategy"}))
    Reader(*strategy, "/spec/updateStrategy", problems)
        .OneOf("type", "RollingUpdate", {"RollingUpdate"});
}

// A number, or a percentage of `whole`, rounded up or down; `fallback` in percent.
int ReadCount(const json::value& object, const char* field, int fallback, int whole, bool up,
              std::vector<Problem>& problems) {
  const json::value* v = json::FindPath(object, {"spec", "strategy", "rollingUpdate", field});
  int percent = fallback;
  if (v != nullptr) {
    const std::string pointer = absl::StrCat("/spec/strategy/rollingUpdate/", field);
    const std::string all = v->is_string() ? std::string(v->get_string()) : json::Canonical(*v);
    absl::string_view text = all;
    const bool is_percent = absl::ConsumeSuffix(&text, "%");
    int number = 0;
    if (!absl::SimpleAtoi(text, &number) || number < 0 || number > kMostReplicas ||
        (v->is_string() && !is_percent)) {
      Refuse(problems, pointer, "neither a number nor a percentage", all,
             absl::StrCat("such as 2 or 25%, at most ", kMostReplicas));
      return 0;
    }
    if (!is_percent) return number;
    percent = number;
  }
  return (whole * percent + (up ? 99 : 0)) / 100;
}

bool IsZero(const json::value& object, const char* field) {
  const json::value* v = json::FindPath(object, {"spec", "strategy", "rollingUpdate", field});
  return v != nullptr && (*v == 0 || *v == "0%");
}

// Source: Kubernetes, apps/v1 defaults, validation and ResolveFenceposts.
void ReadStrategy(const json::value& object, DeploymentSpec& spec, std::vector<Problem>& problems) {
  static const auto* const none = new json::value(json::object());
  const json::value* strategy = json::FindPath(object, {"spec", "strategy"});
  const std::string type =
      Reader(strategy == nullptr ? *none : *strategy, "/spec/strategy", problems)
          .OneOf("type", "RollingUpdate", {"RollingUpdate", "Recreate"});
  spec.recreate = type == "Recreate";
  if (spec.recreate && json::FindPath(object, {"spec", "strategy", "rollingUpdate"}) != nullptr)
    Refuse(problems, "/spec/strategy/rollingUpdate", "not of a Recreate");
  if (spec.recreate) {
    spec.max_surge = spec.max_unavailable = 0;
    return;
  }
  spec.max_surge = ReadCount(object, "maxSurge", 25, spec.replicas, true, problems);
  spec.max_unavailable = ReadCount(object, "maxUnavailable", 25, spec.replicas, false, problems);
  if (spec.max_surge > 0 || spec.max_unavailable > 0) return;
  if (spec.replicas > 0 && IsZero(object, "maxSurge") && IsZero(object, "maxUnavailable"))
    Refuse(problems, "/spec/strategy/rollingUpdate/maxUnavailable",
           "nothing could ever change: maxSurge is 0 too", "0", "at least 1");
  spec.max_unavailable = 1;
}

}  // namespace

Spec ReadDeployment(const json::value& object, const Machine& machine,
                    std::vector<Problem>& problems) {
  DeploymentSpec spec;
  Reader reader = SpecOf(object, problems);
  spec.replicas = ReadReplicas(reader);
  spec.min_ready = ReadMinReady(reader);
  const int64_t deadline = reader.Integer("progressDeadlineSeconds", 600, 1, kNoDeadline);
  spec.progress_deadline =
      deadline == kNoDeadline ? absl::InfiniteDuration() : absl::Seconds(deadline);
  if (spec.progress_deadline <= spec.min_ready)
    Refuse(problems, "/spec/progressDeadlineSeconds", "not longer than minReadySeconds");
  ReadStrategy(object, spec, problems);
  spec.pod = ReadPodTemplate(object, "Deployment", {"Always"}, machine, problems);
  CheckSelector(object, "Deployment", spec.pod.labels, problems);
  return spec;
}

Spec ReadDaemonSet(const json::value& object, const Machine& machine,
                   std::vector<Problem>& problems) {
  DeploymentSpec rollout;
  rollout.recreate = true;
  rollout.min_ready = ReadMinReady(SpecOf(object, problems));
  ReadUpdateStrategy(object, problems);
  rollout.pod = ReadPodTemplate(object, "DaemonSet", {"Always"}, machine, problems);
  CheckSelector(object, "DaemonSet", rollout.pod.labels, problems);
  return DaemonSetSpec{std::move(rollout)};
}

namespace {

// The volumes that each pod has of its own.
std::vector<Volume> ReadClaimTemplates(const json::value& object, const Machine& machine,
                                       StatefulSetSpec& spec, std::vector<Problem>& problems) {
  std::vector<Volume> volumes;
  std::set<std::string> names;
  const json::value* in = json::Find(object, "spec");
  if (in == nullptr) return volumes;
  for (const json::value& v : json::ListAt(*in, "volumeClaimTemplates")) {
    const std::string at = absl::StrCat("/spec/volumeClaimTemplates/", volumes.size());
    const std::string name = json::GetString(v, {"metadata", "name"});
    if (!IsDnsLabel(name)) Refuse(problems, at + "/metadata/name", "not a DNS label", name);
    if (!names.insert(name).second)
      Refuse(problems, at + "/metadata/name", "another template has this name", name);
    spec.claims.push_back({name, ReadNested(object, v, at, "v1", "PersistentVolumeClaim",
                                            &ReadPersistentVolumeClaim, machine, problems)});
    volumes.push_back({.name = name, .claim = name});
  }
  return volumes;
}

}  // namespace

Spec ReadStatefulSet(const json::value& object, const Machine& machine,
                     std::vector<Problem>& problems) {
  StatefulSetSpec spec;
  Reader reader = SpecOf(object, problems);
  spec.replicas = ReadReplicas(reader);
  spec.ordered = reader.OneOf("podManagementPolicy", "OrderedReady",
                              {"OrderedReady", "Parallel"}) == "OrderedReady";
  ReadUpdateStrategy(object, problems);
  const std::vector<Volume> own = ReadClaimTemplates(object, machine, spec, problems);
  const char* field = "persistentVolumeClaimRetentionPolicy";
  if (const json::value* policy = json::FindPath(object, {"spec", field})) {
    Reader retention(*policy, absl::StrCat("/spec/", field), problems);
    const auto goes = [&](const char* when) {
      return retention.OneOf(when, "Retain", {"Retain", "Delete"}) == "Delete";
    };
    spec.claims_go_when_deleted = goes("whenDeleted");
    spec.claims_go_when_scaled = goes("whenScaled");
  }
  spec.pod = ReadPodTemplate(object, "StatefulSet", {"Always"}, machine, problems, own);
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
