#include "runtime/kubernetes/projecting.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/kubernetes/managed_fields.h"

namespace weft::kubernetes {
namespace {

using runtime::ObjectRef;
using runtime::Projection;

// The instance that the core's labels name: NAMESPACE/APPLICATION/COMPONENT.
std::string OwnerByLabels(const json::value& object, const std::string& ns) {
  const auto label = [&](std::string_view name) {
    return json::GetString(object, {"metadata", "labels", name});
  };
  const std::string application = label("weft.dev/application");
  const std::string component = label("weft.dev/component");
  if (application.empty() || component.empty()) return "";
  return absl::StrCat(ns, "/", application, "/", component);
}

// The object of ours that made a pod. A ReplicaSet of a Deployment bears its name and the hash of
// the pod template, which is also a label of the pod.
// Source: kubernetes/pkg/controller/deployment/sync.go, getNewReplicaSet.
std::optional<ObjectRef> ControllerOf(const json::value& pod, const std::string& ns) {
  const json::value* owners = json::FindPath(pod, {"metadata", "ownerReferences"});
  if (owners == nullptr || !owners->is_array()) return std::nullopt;
  for (const json::value& owner : owners->get_array()) {
    if (!json::GetBool(owner, {"controller"})) continue;
    ObjectRef ref{json::GetString(owner, {"apiVersion"}), json::GetString(owner, {"kind"}), ns,
                  json::GetString(owner, {"name"})};
    const std::string suffix =
        "-" + json::GetString(pod, {"metadata", "labels", "pod-template-hash"});
    if (ref.kind == "ReplicaSet" && suffix.size() > 1 && absl::EndsWith(ref.name, suffix)) {
      ref.kind = "Deployment";
      ref.name.resize(ref.name.size() - suffix.size());
    }
    return ref;
  }
  return std::nullopt;
}

// The status, canonical; of a Service also where it is reached, which its spec says: clusterIP and
// ports, as every runtime tells them.
std::string StatusOf(const std::string& api_version, const std::string& kind,
                     const json::value& object) {
  const json::value* found = json::Find(object, "status");
  json::value status = found == nullptr ? json::object() : *found;
  const std::string address = json::GetString(object, {"spec", "clusterIP"});
  // "None": it has no address of its own.
  if (api_version != "v1" || kind != "Service" || address.empty() || address == "None" ||
      !status.is_object())
    return json::Canonical(status);
  status.get_object()["clusterIP"] = address;
  if (const json::value* ports = json::FindPath(object, {"spec", "ports"}))
    status.get_object()["ports"] = *ports;
  return json::Canonical(status);
}

// Whether the status speaks of the object as it is. The kinds of apps always say so in the end; of
// others that have not said anything there is nothing to wait for.
bool IsUpToDate(const std::string& api_version, const json::value& object) {
  const bool must_say = absl::StartsWith(api_version, "apps/");
  if (!must_say && json::FindPath(object, {"status", "observedGeneration"}) == nullptr) return true;
  return json::GetInt(object, {"status", "observedGeneration"}) ==
         json::GetInt(object, {"metadata", "generation"});
}

}  // namespace

uint64_t VersionOf(const json::value& object) {
  uint64_t version = 0;
  if (!absl::SimpleAtoi(json::GetString(object, {"metadata", "resourceVersion"}), &version))
    return 0;
  return version;
}

Projection Project(const std::string& api_version, const std::string& kind,
                   const json::value& object) {
  Projection projection;
  const std::string ns = json::GetString(object, {"metadata", "namespace"});
  projection.ref = {api_version, kind, ns, json::GetString(object, {"metadata", "name"})};
  projection.deleting = json::FindPath(object, {"metadata", "deletionTimestamp"}) != nullptr;
  projection.status = StatusOf(api_version, kind, object);
  if (api_version == "v1" && kind == "Pod") {
    projection.owner = OwnerByLabels(object, ns);
    projection.controller = ControllerOf(object, ns);
    projection.up_to_date = true;
    if (projection.controller.has_value()) return projection;
  }
  const ManagedFields fields(object);
  projection.generation = AcceptedGeneration(object, fields);
  projection.digest = Digest(object, fields);
  projection.up_to_date = IsUpToDate(api_version, object);
  projection.owner = OwnAnnotation(object, fields, kOwnerAnnotation);
  if (projection.owner.empty()) projection.owner = OwnerByLabels(object, ns);
  return projection;
}

}  // namespace weft::kubernetes
