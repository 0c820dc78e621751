#include "core/merge/object_schema.h"

#include <algorithm>
#include <iterator>

namespace weft::merge {
namespace {

// The table. Keys are Kubernetes' own (`patchMergeKey` and `x-kubernetes-list-map-keys` of its API)
// and, marked so, ours where Kubernetes replaces the whole list.

constexpr ListKey kByName[] = {{"name"}};
constexpr ListKey kByDevicePath[] = {{"devicePath"}};
constexpr ListKey kByMountPath[] = {{"mountPath"}};
constexpr ListKey kByContainerPort[] = {{"containerPort", true}, {"protocol", false, "TCP"}};
constexpr ListKey kByServicePort[] = {{"port", true}, {"protocol", false, "TCP"}};
constexpr ListKey kByIp[] = {{"ip"}};
constexpr ListKey kBySpread[] = {{"topologyKey"}, {"whenUnsatisfiable"}};
// Ours. Everything that makes a toleration is a key, so that the list is a set.
constexpr ListKey kByToleration[] = {
    {"key", false, ""}, {"operator", false, "Equal"}, {"value", false, ""}, {"effect", false, ""}};
constexpr ListKey kByHost[] = {{"host", false, ""}};                // Ours.
constexpr ListKey kByPath[] = {{"path", false, ""}, {"pathType"}};  // Ours.

constexpr std::string_view kProbeArms[] = {"exec", "grpc", "httpGet", "tcpSocket"};
constexpr Schema kProbe{{}, kProbeArms};

constexpr std::string_view kHandlerArms[] = {"exec", "httpGet", "sleep", "tcpSocket"};
constexpr Schema kHandler{{}, kHandlerArms};
constexpr SchemaField kLifecycleFields[] = {{"postStart", {}, &kHandler},
                                            {"preStop", {}, &kHandler}};
constexpr Schema kLifecycle{kLifecycleFields, {}};

constexpr std::string_view kEnvArms[] = {"value", "valueFrom"};
constexpr Schema kEnv{{}, kEnvArms};

constexpr SchemaField kResourcesFields[] = {{"claims", kByName}};
constexpr Schema kResources{kResourcesFields, {}};

constexpr SchemaField kContainerFields[] = {
    {"env", kByName, &kEnv},         {"lifecycle", {}, &kLifecycle},
    {"livenessProbe", {}, &kProbe},  {"ports", kByContainerPort},
    {"readinessProbe", {}, &kProbe}, {"resources", {}, &kResources},
    {"startupProbe", {}, &kProbe},   {"volumeDevices", kByDevicePath},
    {"volumeMounts", kByMountPath}};
constexpr Schema kContainer{kContainerFields, {}};

constexpr std::string_view kVolumeArms[] = {
    "configMap", "csi", "downwardAPI",           "emptyDir",  "ephemeral", "hostPath",
    "image",     "nfs", "persistentVolumeClaim", "projected", "secret"};
constexpr Schema kVolume{{}, kVolumeArms};

constexpr SchemaField kPodSpecFields[] = {{"containers", kByName, &kContainer},
                                          {"ephemeralContainers", kByName, &kContainer},
                                          {"hostAliases", kByIp},
                                          {"imagePullSecrets", kByName},
                                          {"initContainers", kByName, &kContainer},
                                          {"resourceClaims", kByName},
                                          {"schedulingGates", kByName},
                                          {"tolerations", kByToleration},
                                          {"topologySpreadConstraints", kBySpread},
                                          {"volumes", kByName, &kVolume}};
constexpr Schema kPodSpec{kPodSpecFields, {}};

// An object, or a pod template, whose `spec` is that of a pod.
constexpr SchemaField kPodFields[] = {{"spec", {}, &kPodSpec}};
constexpr Schema kPod{kPodFields, {}};

// Deployment, StatefulSet, DaemonSet, ReplicaSet, Job; and the `jobTemplate` of a CronJob.
constexpr SchemaField kTemplatedSpecFields[] = {{"template", {}, &kPod}};
constexpr Schema kTemplatedSpec{kTemplatedSpecFields, {}};
constexpr SchemaField kTemplatedFields[] = {{"spec", {}, &kTemplatedSpec}};
constexpr Schema kTemplated{kTemplatedFields, {}};

constexpr SchemaField kCronJobSpecFields[] = {{"jobTemplate", {}, &kTemplated}};
constexpr Schema kCronJobSpec{kCronJobSpecFields, {}};
constexpr SchemaField kCronJobFields[] = {{"spec", {}, &kCronJobSpec}};
constexpr Schema kCronJob{kCronJobFields, {}};

constexpr SchemaField kServiceSpecFields[] = {{"ports", kByServicePort}};
constexpr Schema kServiceSpec{kServiceSpecFields, {}};
constexpr SchemaField kServiceFields[] = {{"spec", {}, &kServiceSpec}};
constexpr Schema kService{kServiceFields, {}};

constexpr SchemaField kIngressHttpFields[] = {{"paths", kByPath}};
constexpr Schema kIngressHttp{kIngressHttpFields, {}};
constexpr SchemaField kIngressRuleFields[] = {{"http", {}, &kIngressHttp}};
constexpr Schema kIngressRule{kIngressRuleFields, {}};
constexpr SchemaField kIngressSpecFields[] = {{"rules", kByHost, &kIngressRule}};
constexpr Schema kIngressSpec{kIngressSpecFields, {}};
constexpr SchemaField kIngressFields[] = {{"spec", {}, &kIngressSpec}};
constexpr Schema kIngress{kIngressFields, {}};

struct Kind {
  std::string_view api_version;
  std::string_view kind;
  const Schema* schema;
};
constexpr Kind kKinds[] = {{"apps/v1", "DaemonSet", &kTemplated},
                           {"apps/v1", "Deployment", &kTemplated},
                           {"apps/v1", "ReplicaSet", &kTemplated},
                           {"apps/v1", "StatefulSet", &kTemplated},
                           {"batch/v1", "CronJob", &kCronJob},
                           {"batch/v1", "Job", &kTemplated},
                           {"networking.k8s.io/v1", "Ingress", &kIngress},
                           {"v1", "Pod", &kPod},
                           {"v1", "Service", &kService}};

}  // namespace

const SchemaField* Schema::Find(std::string_view field) const {
  const auto found = std::ranges::find(fields, field, &SchemaField::name);
  return found == fields.end() ? nullptr : &*found;
}

bool Schema::IsArm(std::string_view field) const {
  return std::ranges::find(arms, field) != arms.end();
}

const Schema* FindSchema(std::string_view api_version, std::string_view kind) {
  const auto found = std::ranges::find_if(
      kKinds, [&](const Kind& k) { return k.api_version == api_version && k.kind == kind; });
  return found == std::end(kKinds) ? nullptr : found->schema;
}

}  // namespace weft::merge
