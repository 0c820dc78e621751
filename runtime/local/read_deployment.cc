// Reads a Deployment: Kubernetes API, apps/v1 Deployment and core/v1 PodTemplateSpec.
#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/local/admission.h"
#include "runtime/local/json_list.h"
#include "runtime/local/quantity.h"

namespace weft::local {
namespace {

constexpr int64_t kMostReplicas = 1000;
constexpr char kPod[] = "/spec/template/spec";

// Reads numbers within bounds and remembers what is wrong.
class Reader {
 public:
  Reader(const json::value& v, std::string pointer, std::vector<Problem>& problems)
      : v_(v), pointer_(std::move(pointer)), problems_(problems) {}

  int64_t Integer(std::string_view key, int64_t fallback, int64_t least, int64_t most) {
    const int64_t value = json::GetInt(v_, {key}, fallback);
    if (value < least || value > most) {
      const std::string pointer = pointer_ + json::PointerToken(key);
      Refuse(problems_, pointer, absl::StrCat(pointer, " is out of bounds"), std::to_string(value),
             absl::StrCat(least, " to ", most));
      return fallback;
    }
    return value;
  }

  std::string OneOf(std::string_view key, const std::string& fallback,
                    const std::vector<std::string>& allowed) {
    std::string value = json::GetString(v_, {key}, fallback);
    if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
      const std::string pointer = pointer_ + json::PointerToken(key);
      std::string expected;
      for (const std::string& a : allowed)
        absl::StrAppend(&expected, expected.empty() ? "" : " or ", a);
      Refuse(problems_, pointer,
             absl::StrCat("the local runtime does not support this value of ", pointer), value,
             expected, "UNSUPPORTED_VALUE");
      return fallback;
    }
    return value;
  }

 private:
  const json::value& v_;
  const std::string pointer_;
  std::vector<Problem>& problems_;
};

std::vector<ContainerPort> ReadPorts(const json::value& container, const std::string& at,
                                     std::vector<Problem>& problems) {
  std::vector<ContainerPort> ports;
  for (const json::value& v : ListAt(container, "ports")) {
    Reader reader(v, absl::StrCat(at, "/ports/", ports.size()), problems);
    ports.push_back({json::GetString(v, {"name"}),
                     static_cast<int>(reader.Integer("containerPort", 0, 1, 65535)),
                     reader.OneOf("protocol", "TCP", {"TCP", "UDP"})});
  }
  return ports;
}

void ReadEnvironment(const json::value& container, const std::string& at, PodContainer& spec,
                     std::vector<Problem>& problems) {
  size_t index = 0;
  for (const json::value& v : ListAt(container, "env")) {
    const std::string name = json::GetString(v, {"name"});
    if (name.empty() || name.find('=') != std::string::npos || name.find('\0') != std::string::npos)
      Refuse(problems, absl::StrCat(at, "/env/", index, "/name"),
             "not a name of an environment variable", name);
    ++index;
    // A variable sees those before it.
    spec.environment.emplace_back(name,
                                  ExpandVariables(json::GetString(v, {"value"}), spec.environment));
  }
}

std::vector<std::string> ReadWords(const json::value& container, std::string_view key,
                                   const PodContainer& spec) {
  std::vector<std::string> words;
  for (const json::value& v : ListAt(container, key))
    words.push_back(ExpandVariables(std::string(v.get_string()), spec.environment));
  return words;
}

// In thousandths; 0 if there is none.
int64_t ReadRequest(const json::value& container, const std::string& at, const char* resource,
                    int64_t machine_milli, std::vector<Problem>& problems) {
  const json::value* v = json::FindPath(container, {"resources", "requests", resource});
  if (v == nullptr) return 0;
  const std::string text = v->is_string() ? std::string(v->get_string()) : json::Canonical(*v);
  const std::string pointer = absl::StrCat(at, "/resources/requests/", resource);
  const std::optional<int64_t> milli = ParseQuantityMilli(text);
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

// Reads one of a container's probes.
class ProbeReader {
 public:
  ProbeReader(const json::value& probe, std::string pointer, const PodContainer& container,
              std::vector<Problem>& problems)
      : probe_(probe), pointer_(std::move(pointer)), container_(container), problems_(problems) {}

  Probe Read(bool successes) {
    Probe probe;
    ReadAction(probe);
    Reader numbers(probe_, pointer_, problems_);
    probe.initial_delay = absl::Seconds(numbers.Integer("initialDelaySeconds", 0, 0, 86400));
    probe.period = absl::Seconds(numbers.Integer("periodSeconds", 10, 1, 86400));
    probe.timeout = absl::Seconds(numbers.Integer("timeoutSeconds", 1, 1, 86400));
    probe.success_threshold =
        static_cast<int>(numbers.Integer("successThreshold", 1, 1, successes ? 1000 : 1));
    probe.failure_threshold = static_cast<int>(numbers.Integer("failureThreshold", 3, 1, 1000));
    return probe;
  }

 private:
  void ReadAction(Probe& probe) {
    std::vector<std::string> said;
    for (const char* action : {"httpGet", "tcpSocket", "exec"})
      if (json::Find(probe_, action) != nullptr) said.emplace_back(action);
    if (said.size() != 1) {
      Refuse(problems_, pointer_, "a probe needs exactly one of httpGet, tcpSocket and exec",
             absl::StrJoin(said, ", "));
    } else if (said[0] == "httpGet") {
      probe.action = ReadHttpGet(*json::Find(probe_, "httpGet"));
    } else if (said[0] == "tcpSocket") {
      probe.action = TcpSocket{ReadPort(*json::Find(probe_, "tcpSocket"), "/tcpSocket")};
    } else {
      Exec exec;
      for (const json::value& word : ListAt(*json::Find(probe_, "exec"), "command"))
        exec.command.emplace_back(word.get_string());
      if (exec.command.empty())
        Refuse(problems_, pointer_ + "/exec/command", "a command is needed");
      probe.action = std::move(exec);
    }
  }

  HttpGet ReadHttpGet(const json::value& v) {
    HttpGet get;
    Reader(v, pointer_ + "/httpGet", problems_).OneOf("scheme", "HTTP", {"HTTP"});
    get.path = json::GetString(v, {"path"}, "/");
    if (get.path.empty() || get.path[0] != '/') get.path = "/" + get.path;
    get.port = ReadPort(v, "/httpGet");
    for (const json::value& header : ListAt(v, "httpHeaders"))
      get.headers.emplace_back(json::GetString(header, {"name"}),
                               json::GetString(header, {"value"}));
    return get;
  }

  PortRef ReadPort(const json::value& v, const char* below) {
    const std::string at = pointer_ + below;
    const json::value* port = json::Find(v, "port");
    if (port == nullptr) {
      Refuse(problems_, at + "/port", "a port is needed");
      return {};
    }
    if (!port->is_string())
      return {static_cast<int>(Reader(v, at, problems_).Integer("port", 0, 1, 65535)), ""};
    PortRef ref{0, json::GetString(v, {"port"})};
    const auto& ports = container_.ports;
    if (std::none_of(ports.begin(), ports.end(),
                     [&](const ContainerPort& p) { return p.name == ref.name; }))
      Refuse(problems_, at + "/port", "the container has no port of this name", ref.name);
    return ref;
  }

  const json::value& probe_;
  const std::string pointer_;
  const PodContainer& container_;
  std::vector<Problem>& problems_;
};

Probes ReadProbes(const json::value& container, const std::string& at, const PodContainer& spec,
                  std::vector<Problem>& problems) {
  const auto read = [&](const char* key, bool successes) -> std::optional<Probe> {
    const json::value* probe = json::Find(container, key);
    if (probe == nullptr) return std::nullopt;
    return ProbeReader(*probe, absl::StrCat(at, "/", key), spec, problems).Read(successes);
  };
  return {read("startupProbe", false), read("livenessProbe", false), read("readinessProbe", true)};
}

PodContainer ReadContainer(const json::value& container, const std::string& at,
                           const Machine& machine, std::vector<Problem>& problems) {
  PodContainer spec;
  Reader reader(container, at, problems);
  spec.pull = reader.OneOf("imagePullPolicy", "IfNotPresent", {"IfNotPresent", "Never"}) != "Never";
  spec.name = json::GetString(container, {"name"});
  if (!IsDnsLabel(spec.name)) Refuse(problems, at + "/name", "not a DNS label", spec.name);
  spec.image = json::GetString(container, {"image"});
  if (spec.image.empty() || spec.image.find_first_of(" \t\n?#") != std::string::npos)
    Refuse(problems, at + "/image", "not an image reference", spec.image);
  ReadEnvironment(container, at, spec, problems);
  spec.command = ReadWords(container, "command", spec);
  spec.args = ReadWords(container, "args", spec);
  spec.ports = ReadPorts(container, at, problems);
  spec.cpu_milli = ReadRequest(container, at, "cpu", machine.cpus * 1000, problems);
  // Bytes, so the thousandths of the quantity are of no use.
  spec.memory_bytes =
      ReadRequest(container, at, "memory", std::min(machine.memory_bytes, INT64_MAX / 1000) * 1000,
                  problems) /
      1000;
  spec.probes = ReadProbes(container, at, spec, problems);
  return spec;
}

struct Containers {
  const json::value& pod;
  const Machine& machine;
  std::vector<Problem>& problems;
  std::set<std::string> names = {};  // No two containers of a pod share one.

  std::vector<PodContainer> Read(std::string_view key) {
    std::vector<PodContainer> list;
    for (const json::value& v : ListAt(pod, key)) {
      const std::string at = absl::StrCat(kPod, json::PointerToken(key), "/", list.size());
      list.push_back(ReadContainer(v, at, machine, problems));
      const std::string& name = list.back().name;
      if (!names.insert(name).second)
        Refuse(problems, at + "/name", "another container of the pod has this name", name);
    }
    return list;
  }
};

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

// A selector of a machine that this one is not can never be satisfied.
void CheckNodeSelector(const json::value& pod, const Machine& machine,
                       std::vector<Problem>& problems) {
  for (const auto& [key, value] : ReadLabels(json::Find(pod, "nodeSelector"))) {
    const std::string pointer = absl::StrCat(kPod, "/nodeSelector", json::PointerToken(key));
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

std::string TemplateHash(const json::value& pod_template) {
  return json::Sha256(json::Canonical(pod_template)).substr(sizeof("sha256:") - 1, 10);
}

}  // namespace

Spec ReadDeployment(const json::value& object, const Machine& machine,
                    std::vector<Problem>& problems) {
  DeploymentSpec spec;
  const json::value* pod_template = json::FindPath(object, {"spec", "template"});
  const json::value* pod = json::FindPath(object, {"spec", "template", "spec"});
  if (pod == nullptr || ListAt(*pod, "containers").empty()) {
    Refuse(problems, absl::StrCat(kPod, "/containers"), "a pod needs a container");
    return {};
  }
  spec.replicas = static_cast<int>(Reader(*json::Find(object, "spec"), "/spec", problems)
                                       .Integer("replicas", 1, 0, kMostReplicas));
  spec.pod.labels = ReadLabels(json::FindPath(*pod_template, {"metadata", "labels"}));
  spec.pod.hash = TemplateHash(*pod_template);
  CheckSelector(object, spec.pod.labels, problems);
  CheckNodeSelector(*pod, machine, problems);
  Reader in_pod(*pod, kPod, problems);
  in_pod.OneOf("restartPolicy", "Always", {"Always"});
  spec.pod.grace_seconds =
      static_cast<int>(in_pod.Integer("terminationGracePeriodSeconds", 10, 0, 3600));
  Containers containers{*pod, machine, problems};
  spec.pod.init_containers = containers.Read("initContainers");
  spec.pod.containers = containers.Read("containers");
  for (size_t i = 0; i < spec.pod.init_containers.size(); ++i)
    if (spec.pod.init_containers[i].probes != Probes{})
      Refuse(problems, absl::StrCat(kPod, "/initContainers/", i),
             "a container that runs before the others cannot have probes");
  return spec;
}

}  // namespace weft::local
