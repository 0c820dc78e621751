// Reads a pod template: Kubernetes API, core/v1 PodTemplateSpec, PodSpec and Container.
#include "runtime/local/read_pod.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "core/base/json_list.h"
#include "runtime/base/quantity.h"
#include "runtime/local/environment.h"
#include "runtime/local/reader.h"

namespace weft::local {
namespace {

std::vector<ContainerPort> ReadPorts(const json::value& container, const std::string& at,
                                     std::vector<Problem>& problems) {
  std::vector<ContainerPort> ports;
  for (const json::value& v : json::ListAt(container, "ports")) {
    Reader reader(v, absl::StrCat(at, "/ports/", ports.size()), problems);
    ports.push_back({json::GetString(v, {"name"}),
                     static_cast<int>(reader.Integer("containerPort", 0, 1, 65535)),
                     reader.OneOf("protocol", "TCP", {"TCP", "UDP"})});
  }
  return ports;
}

// Where a variable's value stands, if it stands elsewhere.
void ReadValueFrom(const json::value& from, const std::string& at, EnvironmentVariable& variable,
                   std::vector<Problem>& problems) {
  const json::value* field = json::Find(from, "fieldRef");
  for (const auto& [kind, ref] :
       {std::pair("ConfigMap", "configMapKeyRef"), std::pair("Secret", "secretKeyRef")}) {
    const json::value* key = json::Find(from, ref);
    if (key == nullptr) continue;
    variable.key =
        EnvironmentVariable::Key{kind, json::GetString(*key, {"name"}),
                                 json::GetString(*key, {"key"}), json::GetBool(*key, {"optional"})};
    if (variable.key->name.empty() || variable.key->key.empty())
      Refuse(problems, absl::StrCat(at, "/", ref), "a name and a key are needed");
  }
  if (field != nullptr) variable.field = json::GetString(*field, {"fieldPath"});
  if (field != nullptr && !IsPodField(variable.field))
    Refuse(problems, at + "/fieldRef/fieldPath", "the local runtime does not know this field",
           variable.field, "metadata.name, metadata.namespace or status.podIP",
           "UNSUPPORTED_VALUE");
  if (from.as_object().size() != 1)
    Refuse(problems, at, "a value comes from exactly one place", "",
           "configMapKeyRef, secretKeyRef or fieldRef");
}

void ReadEnvironment(const json::value& container, const std::string& at, PodContainer& spec,
                     std::vector<Problem>& problems) {
  for (const json::value& v : json::ListAt(container, "env")) {
    const std::string place = absl::StrCat(at, "/env/", spec.environment.size());
    EnvironmentVariable& variable = spec.environment.emplace_back();
    variable.name = json::GetString(v, {"name"});
    variable.value = json::GetString(v, {"value"});
    if (variable.name.empty() || variable.name.find('=') != std::string::npos ||
        variable.name.find('\0') != std::string::npos)
      Refuse(problems, place + "/name", "not a name of an environment variable", variable.name);
    const json::value* from = json::Find(v, "valueFrom");
    if (from == nullptr) continue;
    if (!variable.value.empty())
      Refuse(problems, place, "a variable has a value or comes from elsewhere, not both");
    ReadValueFrom(*from, place + "/valueFrom", variable, problems);
  }
  for (const json::value& v : json::ListAt(container, "envFrom")) {
    const std::string place = absl::StrCat(at, "/envFrom/", spec.environment_sources.size());
    EnvironmentSource& source = spec.environment_sources.emplace_back();
    source.prefix = json::GetString(v, {"prefix"});
    for (const auto& [kind, ref] :
         {std::pair("ConfigMap", "configMapRef"), std::pair("Secret", "secretRef")}) {
      const json::value* of = json::Find(v, ref);
      if (of == nullptr) continue;
      if (!source.kind.empty()) Refuse(problems, place, "variables come from exactly one place");
      source.kind = kind;
      source.name = json::GetString(*of, {"name"});
      source.optional = json::GetBool(*of, {"optional"});
    }
    if (source.name.empty())
      Refuse(problems, place, "a configMapRef or a secretRef with a name is needed");
  }
}

std::vector<std::string> ReadWords(const json::value& container, std::string_view key) {
  std::vector<std::string> words;
  for (const json::value& v : json::ListAt(container, key)) words.emplace_back(v.get_string());
  return words;
}

// How much of a resource a container asks for, or may have at most; in thousandths, 0 if it does
// not say. `machine_milli`: what there is; 0: not known.
int64_t ReadQuantity(const json::value& container, const std::string& at, const char* list,
                     const char* resource, int64_t machine_milli, std::vector<Problem>& problems) {
  const json::value* v = json::FindPath(container, {"resources", list, resource});
  if (v == nullptr) return 0;
  const std::string text = v->is_string() ? std::string(v->get_string()) : json::Canonical(*v);
  const std::string pointer = absl::StrCat(at, "/resources/", list, "/", resource);
  const std::optional<int64_t> milli = runtime::ParseQuantityMilli(text);
  if (!milli.has_value()) {
    Refuse(problems, pointer, absl::StrCat(pointer, " is not a quantity"), text,
           "such as 100m or 64Mi");
    return 0;
  }
  if (machine_milli > 0 && *milli > machine_milli)
    Refuse(problems, pointer, absl::StrCat("this machine has less ", resource, " than requested"),
           text, absl::StrCat("at most ", machine_milli / 1000), "UNSATISFIABLE");
  return *milli;
}

void ReadResources(const json::value& container, const std::string& at, const Machine& machine,
                   PodContainer& spec, std::vector<Problem>& problems) {
  const auto read = [&](const char* list, const char* resource, int64_t machine_milli) {
    return ReadQuantity(container, at, list, resource, machine_milli, problems);
  };
  spec.cpu_milli = read("requests", "cpu", machine.cpus * 1000);
  spec.cpu_limit_milli = read("limits", "cpu", 0);
  // Bytes, so the thousandths of the quantity are of no use.
  spec.memory_bytes =
      read("requests", "memory", std::min(machine.memory_bytes, INT64_MAX / 1000) * 1000) / 1000;
  spec.memory_limit_bytes = read("limits", "memory", 0) / 1000;
  const auto check = [&](const char* resource, int64_t request, int64_t limit) {
    if (limit == 0 || request <= limit) return;
    Refuse(problems, absl::StrCat(at, "/resources/requests/", resource),
           "more is requested than the limit allows", "", absl::StrCat("at most ", limit));
  };
  check("cpu", spec.cpu_milli, spec.cpu_limit_milli);
  check("memory", spec.memory_bytes, spec.memory_limit_bytes);
}

// The pod's security context, then the container's own, which goes first.
Security ReadSecurity(const json::value& container, const json::value& pod) {
  Security security;
  for (const json::value* of : {&pod, &container}) {
    const json::value* context = json::Find(*of, "securityContext");
    if (context == nullptr) continue;
    if (json::Find(*context, "runAsUser") != nullptr)
      security.user = json::GetInt(*context, {"runAsUser"});
    if (json::Find(*context, "runAsGroup") != nullptr)
      security.group = json::GetInt(*context, {"runAsGroup"});
    security.read_only_root |= json::GetBool(*context, {"readOnlyRootFilesystem"});
    if (const json::value* more = json::Find(*context, "allowPrivilegeEscalation"))
      security.no_new_privileges = !more->get_bool();
    const json::value* capabilities = json::Find(*context, "capabilities");
    if (capabilities == nullptr) continue;
    for (const json::value& name : json::ListAt(*capabilities, "add"))
      security.add.emplace_back(name.get_string());
    for (const json::value& name : json::ListAt(*capabilities, "drop"))
      security.drop.emplace_back(name.get_string());
  }
  return security;
}

void CheckSecurity(const Security& security, const std::string& at,
                   std::vector<Problem>& problems) {
  if (security.user.value_or(0) < 0 || security.group.value_or(0) < 0)
    Refuse(problems, at + "/securityContext", "a user or a group is a number from 0");
  if (security.group.has_value() && !security.user.has_value())
    Refuse(problems, at + "/securityContext/runAsGroup", "a group needs a user: runAsUser");
}

PullPolicy PullPolicyFrom(const std::string& name) {
  if (name == "Always") return PullPolicy::kAlways;
  return name == "Never" ? PullPolicy::kNever : PullPolicy::kIfNotPresent;
}

PodContainer ReadContainer(const json::value& container, const json::value& pod,
                           const std::string& at, const Machine& machine,
                           std::vector<Problem>& problems) {
  PodContainer spec;
  Reader reader(container, at, problems);
  spec.pull = PullPolicyFrom(
      reader.OneOf("imagePullPolicy", "IfNotPresent", {"IfNotPresent", "Never", "Always"}));
  for (const json::value& secret : json::ListAt(pod, "imagePullSecrets"))
    spec.pull_secrets.push_back(json::GetString(secret, {"name"}));
  spec.name = json::GetString(container, {"name"});
  if (!IsDnsLabel(spec.name)) Refuse(problems, at + "/name", "not a DNS label", spec.name);
  spec.image = json::GetString(container, {"image"});
  if (spec.image.empty() || spec.image.find_first_of(" \t\n?#") != std::string::npos)
    Refuse(problems, at + "/image", "not an image reference", spec.image);
  ReadEnvironment(container, at, spec, problems);
  spec.tells_output =
      reader.OneOf("terminationMessagePolicy", "File", {"File", "FallbackToLogsOnError"}) != "File";
  spec.command = ReadWords(container, "command");
  spec.args = ReadWords(container, "args");
  spec.working_directory = json::GetString(container, {"workingDir"});
  spec.ports = ReadPorts(container, at, problems);
  ReadResources(container, at, machine, spec, problems);
  spec.security = ReadSecurity(container, pod);
  CheckSecurity(spec.security, at, problems);
  spec.probes = ReadProbes(container, at, spec, problems);
  spec.pre_stop = ReadPreStop(container, at, spec, problems);
  return spec;
}

struct Containers {
  const json::value& pod;
  const std::string at;
  const Machine& machine;
  const std::vector<Volume>& volumes;
  std::vector<Problem>& problems;
  std::set<std::string> names = {};  // No two containers of a pod share one.

  std::vector<PodContainer> Read(std::string_view key) {
    std::vector<PodContainer> list;
    for (const json::value& v : json::ListAt(pod, key)) {
      const std::string place = absl::StrCat(at, json::PointerToken(key), "/", list.size());
      list.push_back(ReadContainer(v, pod, place, machine, problems));
      list.back().mounts = ReadMounts(v, place, volumes, problems);
      const std::string& name = list.back().name;
      if (!names.insert(name).second)
        Refuse(problems, place + "/name", "another container of the pod has this name", name);
    }
    return list;
  }
};

// A selector of a machine that this one is not can never be satisfied.
void CheckNodeSelector(const json::value& pod, const std::string& at, const Machine& machine,
                       std::vector<Problem>& problems) {
  for (const auto& [key, value] : ReadLabels(json::Find(pod, "nodeSelector"))) {
    const std::string pointer = absl::StrCat(at, "/nodeSelector", json::PointerToken(key));
    const bool os = key == "kubernetes.io/os";
    if (!os && key != "kubernetes.io/arch") {
      Refuse(problems, pointer, "this machine bears no such label", value,
             "kubernetes.io/os or kubernetes.io/arch", "UNSUPPORTED_FIELD");
      continue;
    }
    const std::string& have = os ? machine.os : machine.architecture;
    if (!have.empty() && have != value)
      Refuse(problems, pointer, "this machine is another", value, have, "UNSATISFIABLE");
  }
}

std::string HashOf(const json::value& pod_template) {
  return json::Sha256(json::Canonical(pod_template)).substr(sizeof("sha256:") - 1, 10);
}

}  // namespace

PodTemplate ReadPodTemplate(const json::value& object, const char* kind,
                            const std::vector<std::string>& restart, const Machine& machine,
                            std::vector<Problem>& problems, const std::vector<Volume>& own) {
  const std::string in_spec = "/spec/template/spec";
  PodTemplate read;
  const json::value* spec = json::FindPath(object, {"spec", "template", "spec"});
  if (spec == nullptr || json::ListAt(*spec, "containers").empty()) {
    Refuse(problems, in_spec + "/containers", absl::StrCat("a ", kind, " needs a container"));
    return read;
  }
  const json::value& pod = *spec;
  const json::value& pod_template = *json::FindPath(object, {"spec", "template"});
  read.labels = ReadLabels(json::FindPath(pod_template, {"metadata", "labels"}));
  read.hash = HashOf(pod_template);
  CheckNodeSelector(pod, in_spec, machine, problems);
  Reader reader(pod, in_spec, problems);
  read.restart = RestartPolicyFrom(reader.OneOf("restartPolicy", restart[0], restart));
  read.grace_seconds =
      static_cast<int>(reader.Integer("terminationGracePeriodSeconds", 10, 0, 3600));
  read.volumes = ReadVolumes(pod, in_spec, problems);
  for (const Volume& volume : own) {
    std::erase_if(read.volumes, [&](const Volume& other) { return other.name == volume.name; });
    read.volumes.push_back(volume);
  }
  Containers containers{pod, in_spec, machine, read.volumes, problems};
  read.init_containers = containers.Read("initContainers");
  read.containers = containers.Read("containers");
  for (size_t i = 0; i < read.init_containers.size(); ++i)
    if (read.init_containers[i].probes != Probes{} || read.init_containers[i].pre_stop.has_value())
      Refuse(problems, absl::StrCat(in_spec, "/initContainers/", i),
             "a container that runs before the others cannot have probes or preStop");
  return read;
}

void CheckSelector(const json::value& object, const char* kind, const Labels& template_labels,
                   std::vector<Problem>& problems) {
  const Labels selector = ReadLabels(json::FindPath(object, {"spec", "selector", "matchLabels"}));
  if (selector.empty())
    Refuse(problems, "/spec/selector/matchLabels", absl::StrCat("a ", kind, " needs a selector"));
  for (const auto& [key, value] : selector) {
    const auto found = template_labels.find(key);
    if (found == template_labels.end() || found->second != value)
      Refuse(problems, "/spec/selector/matchLabels" + json::PointerToken(key),
             "the selector does not match the pod template's labels", value);
  }
}

}  // namespace weft::local
