#include "runtime/local/admission.h"

#include <map>

#include "absl/strings/str_cat.h"

namespace weft::local {
namespace {

void CheckMetadata(const ObjectRef& ref, const json::value& object,
                   std::vector<Problem>& problems) {
  const auto agree = [&](const char* pointer, const std::string& in_object,
                         const std::string& in_ref) {
    if (in_object != in_ref)
      Refuse(problems, pointer,
             absl::StrCat(pointer, " does not agree with the object's reference"), in_object,
             in_ref);
  };
  agree("/apiVersion", json::GetString(object, {"apiVersion"}), ref.api_version);
  agree("/kind", json::GetString(object, {"kind"}), ref.kind);
  agree("/metadata/name", json::GetString(object, {"metadata", "name"}), ref.name);
  agree("/metadata/namespace", json::GetString(object, {"metadata", "namespace"}), ref.ns);
  if (!IsDnsLabel(ref.name))
    Refuse(problems, "/metadata/name", "the name is not a DNS label of at most 63 characters",
           ref.name, "lower-case letters, digits and dashes, with a letter or digit at both ends");
  if (!IsDnsLabel(ref.ns))
    Refuse(problems, "/metadata/namespace", "the namespace is not a DNS label", ref.ns,
           "lower-case letters, digits and dashes, with a letter or digit at both ends");
}

bool IsService(const Kind& kind) { return std::string_view(kind.kind) == "Service"; }

// What a machine lacks for a kind; empty: nothing.
std::string LackFor(const Kind& kind, const Machine& machine) {
  const bool by_rules = IsService(kind) || std::string_view(kind.kind) == "NetworkPolicy";
  return by_rules ? machine.no_network_rules : "";
}

}  // namespace

void Refuse(std::vector<Problem>& problems, const std::string& pointer, const std::string& message,
            const std::string& found, const std::string& expected, const std::string& code) {
  problems.push_back({code, pointer, message, found, expected, ""});
}

bool IsDnsLabel(std::string_view name) {
  if (name.empty() || name.size() > 63 || name.front() == '-' || name.back() == '-') return false;
  for (const char c : name) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
  }
  return true;
}

Labels ReadLabels(const json::value* v) {
  Labels labels;
  if (v == nullptr || !v->is_object()) return labels;
  for (const auto& [key, value] : v->get_object()) {
    if (value.is_string()) labels[std::string(key)] = std::string(value.get_string());
  }
  return labels;
}

std::vector<Kind> KindsOn(const Machine& machine) {
  std::vector<Kind> kinds;
  for (const Kind& kind : Kinds()) {
    if (!LackFor(kind, machine).empty()) continue;
    kinds.push_back(kind);
    if (!machine.no_names.empty() && IsService(kind))
      std::erase_if(kinds.back().leaves,
                    [](const Leaf& leaf) { return leaf.pointer == kClusterIp; });
  }
  return kinds;
}

Admitted Admit(const ObjectRef& ref, std::string_view text, const Machine& machine,
               const std::vector<SteeredLeaf>& steered) {
  Admitted admitted;
  const Kind* kind = FindKind(ref.api_version, ref.kind);
  if (kind == nullptr) {
    admitted.problems.push_back(
        {"UNSUPPORTED_KIND", "/kind",
         absl::StrCat("the local runtime does not support ", ref.api_version, " ", ref.kind),
         ref.kind, "",
         "run it on Kubernetes, or use a type whose provider renders one of what `Describe` "
         "tells"});
    return admitted;
  }
  if (const std::string lack = LackFor(*kind, machine); !lack.empty()) {
    admitted.problems.push_back(
        {"UNSUPPORTED_KIND", "/kind",
         absl::StrCat("this machine cannot carry out ", ref.api_version, " ", ref.kind), ref.kind,
         "", lack});
    return admitted;
  }
  absl::StatusOr<json::value> object = json::Parse(text);
  if (!object.ok()) {
    Refuse(admitted.problems, "", std::string(object.status().message()), "", "", "INVALID_JSON");
    return admitted;
  }
  PutSteered(steered, *object, admitted.problems);
  admitted.json = json::Canonical(*object);
  CheckLeaves(*kind, *object, admitted.problems);
  CheckMetadata(ref, *object, admitted.problems);
  if (!admitted.problems.empty()) return admitted;
  static const auto* const readers =
      new std::map<std::string,
                   Spec (*)(const json::value&, const Machine&, std::vector<Problem>&)>{
          {"Deployment", &ReadDeployment},   {"DaemonSet", &ReadDaemonSet},
          {"StatefulSet", &ReadStatefulSet}, {"Job", &ReadJob},
          {"Service", &ReadService},         {"ConfigMap", &ReadConfigMap},
          {"Secret", &ReadSecret},           {"PersistentVolumeClaim", &ReadPersistentVolumeClaim},
          {"Ingress", &ReadIngress},         {"HorizontalPodAutoscaler", &ReadAutoscaler},
          {"CronJob", &ReadCronJob},         {"NetworkPolicy", &ReadNetworkPolicy}};
  admitted.spec = readers->at(ref.kind)(*object, machine, admitted.problems);
  return admitted;
}

}  // namespace weft::local
