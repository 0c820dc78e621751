#include "runtime/local/kinds.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace weft::local {
namespace {

using enum LeafType;

// What a container may say, below its element of a list.
constexpr std::pair<const char*, LeafType> kContainerLeaves[] = {
    {"name", kString},
    {"image", kString},
    {"imagePullPolicy", kString},
    {"command/[]", kString},
    {"args/[]", kString},
    {"env/[]/name", kString},
    {"env/[]/value", kString},
    {"env/[]/valueFrom/configMapKeyRef/name", kString},
    {"env/[]/valueFrom/configMapKeyRef/key", kString},
    {"env/[]/valueFrom/configMapKeyRef/optional", kBoolean},
    {"env/[]/valueFrom/secretKeyRef/name", kString},
    {"env/[]/valueFrom/secretKeyRef/key", kString},
    {"env/[]/valueFrom/secretKeyRef/optional", kBoolean},
    {"env/[]/valueFrom/fieldRef/fieldPath", kString},
    {"env/[]/valueFrom/fieldRef/apiVersion", kString},
    {"envFrom/[]/prefix", kString},
    {"envFrom/[]/configMapRef/name", kString},
    {"envFrom/[]/configMapRef/optional", kBoolean},
    {"envFrom/[]/secretRef/name", kString},
    {"envFrom/[]/secretRef/optional", kBoolean},
    {"ports/[]/name", kString},
    {"ports/[]/containerPort", kInteger},
    {"ports/[]/protocol", kString},
    {"workingDir", kString},
    {"terminationMessagePolicy", kString},
    {"volumeMounts/[]/name", kString},
    {"volumeMounts/[]/mountPath", kString},
    {"volumeMounts/[]/subPath", kString},
    {"volumeMounts/[]/readOnly", kBoolean},
    {"resources/requests/cpu", kQuantity},
    {"resources/limits/cpu", kQuantity},
    {"resources/limits/memory", kQuantity},
    {"lifecycle/preStop/httpGet/path", kString},
    {"lifecycle/preStop/httpGet/port", kPort},
    {"lifecycle/preStop/httpGet/scheme", kString},
    {"lifecycle/preStop/httpGet/httpHeaders/[]/name", kString},
    {"lifecycle/preStop/httpGet/httpHeaders/[]/value", kString},
    {"lifecycle/preStop/exec/command/[]", kString},
    {"securityContext/runAsUser", kInteger},
    {"securityContext/runAsGroup", kInteger},
    {"securityContext/readOnlyRootFilesystem", kBoolean},
    {"securityContext/allowPrivilegeEscalation", kBoolean},
    {"securityContext/capabilities/add/[]", kString},
    {"securityContext/capabilities/drop/[]", kString},
    {"resources/requests/memory", kQuantity}};

// What a probe may say.
constexpr std::pair<const char*, LeafType> kProbeLeaves[] = {
    {"httpGet/path", kString},
    {"httpGet/port", kPort},
    {"httpGet/scheme", kString},
    {"httpGet/httpHeaders/[]/name", kString},
    {"httpGet/httpHeaders/[]/value", kString},
    {"tcpSocket/port", kPort},
    {"exec/command/[]", kString},
    {"initialDelaySeconds", kInteger},
    {"periodSeconds", kInteger},
    {"timeoutSeconds", kInteger},
    {"successThreshold", kInteger},
    {"failureThreshold", kInteger}};

// What a volume may say.
constexpr std::pair<const char*, LeafType> kVolumeLeaves[] = {
    {"name", kString},
    {"configMap/name", kString},
    {"configMap/optional", kBoolean},
    {"configMap/defaultMode", kInteger},
    {"configMap/items/[]/key", kString},
    {"configMap/items/[]/path", kString},
    {"configMap/items/[]/mode", kInteger},
    {"secret/secretName", kString},
    {"secret/optional", kBoolean},
    {"secret/defaultMode", kInteger},
    {"secret/items/[]/key", kString},
    {"secret/items/[]/path", kString},
    {"secret/items/[]/mode", kInteger},
    {"emptyDir/medium", kString},
    {"persistentVolumeClaim/claimName", kString},
    {"persistentVolumeClaim/readOnly", kBoolean}};

// What a pod template may say.
void AddPodTemplate(std::vector<Leaf>& leaves) {
  const std::string at = "/spec/template";
  leaves.insert(leaves.end(), {{at + "/metadata/labels/*", kString},
                               {at + "/metadata/annotations/*", kString},
                               {at + "/spec/restartPolicy", kString},
                               {at + "/spec/terminationGracePeriodSeconds", kInteger},
                               {at + "/spec/nodeSelector/*", kString},
                               {at + "/spec/imagePullSecrets/[]/name", kString},
                               {at + "/spec/securityContext/runAsUser", kInteger},
                               {at + "/spec/securityContext/runAsGroup", kInteger},
                               // Kept of what is in memory; the engine has no limit for a disk.
                               {at + "/spec/volumes/[]/emptyDir/sizeLimit", kQuantity, false},
                               // Names of an API server; nothing here depends on them.
                               {at + "/metadata/name", kString, false},
                               {at + "/metadata/namespace", kString, false}});
  for (const char* list : {"/spec/initContainers/[]/", "/spec/containers/[]/"})
    for (const auto& [leaf, type] : kContainerLeaves) leaves.push_back({at + list + leaf, type});
  for (const auto& [leaf, type] : kVolumeLeaves)
    leaves.push_back({absl::StrCat(at, "/spec/volumes/[]/", leaf), type});
  for (const char* probe : {"startupProbe/", "livenessProbe/", "readinessProbe/"})
    for (const auto& [leaf, type] : kProbeLeaves)
      leaves.push_back({absl::StrCat(at, "/spec/containers/[]/", probe, leaf), type});
}

// A kind, with what every object may say.
Kind KindOf(const char* api_version, const char* kind, std::vector<Leaf> leaves) {
  for (const char* pointer : {"/apiVersion", "/kind", "/metadata/name", "/metadata/namespace",
                              "/metadata/labels/*", "/metadata/annotations/*"})
    leaves.push_back({pointer, kString});
  return {api_version, kind, std::move(leaves)};
}

// What an object says of those that its controller makes.
void AddNested(Kind of, const std::string& at, std::vector<Leaf>& leaves) {
  for (Leaf& leaf : of.leaves) {
    leaf.pointer.insert(0, at);
    leaves.push_back(std::move(leaf));
  }
}

Kind PersistentVolumeClaimKind() {
  return KindOf("v1", "PersistentVolumeClaim",
                {{"/spec/accessModes/[]", kString},
                 {"/spec/resources/requests/storage", kQuantity},
                 {"/spec/volumeMode", kString},
                 // There is one place for all of them: the engine's.
                 {"/spec/storageClassName", kString, false}});
}

Kind DeploymentKind() {
  Kind kind = KindOf("apps/v1", "Deployment",
                     {{"/spec/replicas", kInteger},
                      {"/spec/selector/matchLabels/*", kString},
                      {"/spec/strategy/type", kString},
                      {"/spec/strategy/rollingUpdate/maxSurge", kCount},
                      {"/spec/strategy/rollingUpdate/maxUnavailable", kCount},
                      {"/spec/minReadySeconds", kInteger},
                      {"/spec/progressDeadlineSeconds", kInteger},
                      // The history that an API server keeps.
                      {"/spec/revisionHistoryLimit", kInteger, false}});
  AddPodTemplate(kind.leaves);
  return kind;
}

Kind DaemonSetKind() {
  Kind kind = KindOf("apps/v1", "DaemonSet",
                     {{"/spec/selector/matchLabels/*", kString},
                      {"/spec/minReadySeconds", kInteger},
                      {"/spec/updateStrategy/type", kString},
                      // There is one pod: it is replaced, whatever this says.
                      {"/spec/updateStrategy/rollingUpdate/maxUnavailable", kCount, false},
                      {"/spec/revisionHistoryLimit", kInteger, false}});
  AddPodTemplate(kind.leaves);
  return kind;
}

Kind StatefulSetKind() {
  Kind kind = KindOf("apps/v1", "StatefulSet",
                     {{"/spec/replicas", kInteger},
                      {"/spec/selector/matchLabels/*", kString},
                      {"/spec/serviceName", kString},
                      {"/spec/podManagementPolicy", kString},
                      {"/spec/updateStrategy/type", kString},
                      {"/spec/persistentVolumeClaimRetentionPolicy/whenDeleted", kString},
                      {"/spec/persistentVolumeClaimRetentionPolicy/whenScaled", kString},
                      {"/spec/revisionHistoryLimit", kInteger, false}});
  AddPodTemplate(kind.leaves);
  AddNested(PersistentVolumeClaimKind(), "/spec/volumeClaimTemplates/[]", kind.leaves);
  return kind;
}

Kind JobKind() {
  Kind kind = KindOf("batch/v1", "Job",
                     {{"/spec/completions", kInteger},
                      {"/spec/parallelism", kInteger},
                      {"/spec/backoffLimit", kInteger},
                      {"/spec/activeDeadlineSeconds", kInteger},
                      {"/spec/ttlSecondsAfterFinished", kInteger},
                      {"/spec/suspend", kBoolean},
                      // It is always "Failed" here: what still ends has its place.
                      {"/spec/podReplacementPolicy", kString, false}});
  AddPodTemplate(kind.leaves);
  return kind;
}

Kind CronJobKind() {
  Kind kind = KindOf("batch/v1", "CronJob",
                     {{"/spec/schedule", kString},
                      {"/spec/timeZone", kString},
                      {"/spec/concurrencyPolicy", kString},
                      {"/spec/startingDeadlineSeconds", kInteger},
                      {"/spec/suspend", kBoolean},
                      {"/spec/successfulJobsHistoryLimit", kInteger},
                      {"/spec/failedJobsHistoryLimit", kInteger}});
  AddNested(JobKind(), "/spec/jobTemplate", kind.leaves);
  return kind;
}

Kind ServiceKind() {
  return KindOf("v1", "Service",
                {{"/spec/type", kString},
                 {kClusterIp, kString},
                 {"/spec/publishNotReadyAddresses", kBoolean},
                 {"/spec/selector/*", kString},
                 {"/spec/ports/[]/name", kString},
                 {"/spec/ports/[]/port", kInteger},
                 {"/spec/ports/[]/targetPort", kPort},
                 {"/spec/ports/[]/protocol", kString}});
}

Kind ConfigMapKind() {
  return KindOf("v1", "ConfigMap", {{"/data/*", kString}, {"/binaryData/*", kString}});
}

Kind SecretKind() {
  return KindOf("v1", "Secret",
                {{"/data/*", kString},
                 {"/stringData/*", kString},
                 // What it is for; nothing here depends on it.
                 {"/type", kString, false}});
}

Kind IngressKind() {
  std::vector<Leaf> leaves = {// There is one proxy for all of them.
                              {"/spec/ingressClassName", kString, false},
                              {"/spec/rules/[]/host", kString},
                              {"/spec/rules/[]/http/paths/[]/path", kString},
                              {"/spec/rules/[]/http/paths/[]/pathType", kString},
                              {"/spec/tls/[]/hosts/[]", kString},
                              {"/spec/tls/[]/secretName", kString}};
  for (const char* backend : {"/spec/defaultBackend", "/spec/rules/[]/http/paths/[]/backend"}) {
    const std::string service = absl::StrCat(backend, "/service");
    leaves.push_back({service + "/name", kString});
    leaves.push_back({service + "/port/name", kString});
    leaves.push_back({service + "/port/number", kInteger});
  }
  return KindOf("networking.k8s.io/v1", "Ingress", std::move(leaves));
}

Kind NetworkPolicyKind() {
  const std::string rule = "/spec/ingress/[]";
  return KindOf("networking.k8s.io/v1", "NetworkPolicy",
                {{"/spec/podSelector/matchLabels/*", kString},
                 {"/spec/policyTypes/[]", kString},
                 {rule + "/from/[]/podSelector/matchLabels/*", kString},
                 {rule + "/ports/[]/port", kPort},
                 {rule + "/ports/[]/endPort", kInteger},
                 {rule + "/ports/[]/protocol", kString}});
}

Kind AutoscalerKind() {
  const std::string resource = "/spec/metrics/[]/resource";
  std::vector<Leaf> leaves = {{"/spec/scaleTargetRef/apiVersion", kString},
                              {"/spec/scaleTargetRef/kind", kString},
                              {"/spec/scaleTargetRef/name", kString},
                              {"/spec/minReplicas", kInteger},
                              {"/spec/maxReplicas", kInteger},
                              {"/spec/metrics/[]/type", kString},
                              {resource + "/name", kString},
                              {resource + "/target/type", kString},
                              {resource + "/target/averageUtilization", kInteger},
                              {resource + "/target/averageValue", kQuantity}};
  for (const std::string at : {"/spec/behavior/scaleUp", "/spec/behavior/scaleDown"}) {
    leaves.push_back({at + "/stabilizationWindowSeconds", kInteger});
    leaves.push_back({at + "/selectPolicy", kString});
    leaves.push_back({at + "/policies/[]/type", kString});
    leaves.push_back({at + "/policies/[]/value", kInteger});
    leaves.push_back({at + "/policies/[]/periodSeconds", kInteger});
  }
  return KindOf("autoscaling/v2", "HorizontalPodAutoscaler", std::move(leaves));
}

}  // namespace

const std::vector<Kind>& Kinds() {
  static const auto* const kinds = new std::vector<Kind>{
      DeploymentKind(), DaemonSetKind(),  StatefulSetKind(),   JobKind(),
      CronJobKind(),    ServiceKind(),    ConfigMapKind(),     SecretKind(),
      IngressKind(),    AutoscalerKind(), NetworkPolicyKind(), PersistentVolumeClaimKind()};
  return *kinds;
}

const Kind* FindKind(std::string_view api_version, std::string_view kind) {
  for (const Kind& k : Kinds())
    if (k.api_version == api_version && k.kind == kind) return &k;
  return nullptr;
}

std::string ProtocolPointer(std::string_view pointer) {
  return absl::StrReplaceAll(absl::string_view(pointer.data(), pointer.size()), {{"[]", "*"}});
}

}  // namespace weft::local
