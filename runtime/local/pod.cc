#include "runtime/local/pod.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "runtime/local/names.h"

namespace weft::local {
namespace {

// Where a provider's container finds its identity.
constexpr char kIdentityTarget[] = "/etc/weft/tls";

// The kernel's unit of CPU weight against which one CPU is 1024. Source: Docker, --cpu-shares.
int64_t CpuShares(int64_t milli) {
  return milli == 0 ? 0 : std::max<int64_t>(2, milli * 1024 / 1000);
}

// Docker refuses a smaller reservation.
int64_t MemoryReservation(int64_t bytes) {
  return bytes == 0 ? 0 : std::max<int64_t>(bytes, int64_t{6} << 20);
}

json::object ReadinessToJson(const HttpProbe& probe, const PodRules& rules) {
  json::array headers;
  for (const auto& [name, value] : probe.headers) headers.push_back(json::array{name, value});
  int port = probe.port.number;
  if (const auto named = rules.ports.find(probe.port.name); named != rules.ports.end())
    port = named->second;
  return {{"path", probe.path},
          {"port", port},
          {"headers", std::move(headers)},
          {"initialDelay", absl::ToInt64Seconds(probe.initial_delay)},
          {"period", absl::ToInt64Seconds(probe.period)},
          {"timeout", absl::ToInt64Seconds(probe.timeout)},
          {"success", probe.success_threshold},
          {"failure", probe.failure_threshold}};
}

HttpProbe ReadinessFromJson(const json::value& v) {
  HttpProbe probe;
  probe.path = json::GetString(v, {"path"}, "/");
  probe.port.number = static_cast<int>(json::GetInt(v, {"port"}));
  probe.initial_delay = absl::Seconds(json::GetInt(v, {"initialDelay"}));
  probe.period = absl::Seconds(json::GetInt(v, {"period"}, 10));
  probe.timeout = absl::Seconds(json::GetInt(v, {"timeout"}, 1));
  probe.success_threshold = static_cast<int>(json::GetInt(v, {"success"}, 1));
  probe.failure_threshold = static_cast<int>(json::GetInt(v, {"failure"}, 3));
  const json::value* headers = json::Find(v, "headers");
  if (headers == nullptr || !headers->is_array()) return probe;
  for (const json::value& header : headers->get_array()) {
    if (!header.is_array() || header.get_array().size() != 2) continue;
    const auto& pair = header.get_array();
    if (pair[0].is_string() && pair[1].is_string())
      probe.headers.emplace_back(pair[0].get_string(), pair[1].get_string());
  }
  return probe;
}

// What the first container and the sidecars have in common.
engine::ContainerSpec SpecOf(const std::string& installation, const ObjectRef& deployment,
                             const PodContainer& spec, const Pod& pod) {
  engine::ContainerSpec container;
  container.name = ContainerName(installation, deployment.ns, pod.name);
  container.image = spec.image;
  container.entrypoint = spec.command;
  container.command = spec.args;
  for (const auto& [name, value] : spec.environment)
    container.environment.push_back(absl::StrCat(name, "=", value));
  container.labels[kInstallationLabel] = installation;
  container.labels[kNamespaceLabel] = deployment.ns;
  container.labels[kDeploymentLabel] = deployment.name;
  container.labels[kPodLabel] = pod.name;
  container.cpu_shares = CpuShares(spec.cpu_milli);
  container.memory_reservation = MemoryReservation(spec.memory_bytes);
  return container;
}

std::string LabelOf(const engine::Labels& labels, const char* key) {
  const auto found = labels.find(key);
  return found == labels.end() ? "" : found->second;
}

}  // namespace

PodRules RulesOf(const DeploymentSpec& spec) {
  PodRules rules{spec.container.name, {}, {}, spec.container.readiness, spec.grace_seconds};
  for (const ContainerPort& port : spec.container.ports)
    if (!port.name.empty()) rules.ports[port.name] = port.number;
  for (const PodContainer& sidecar : spec.sidecars) {
    rules.sidecars.push_back(sidecar.name);
    for (const ContainerPort& port : sidecar.ports)
      if (!port.name.empty()) rules.ports.emplace(port.name, port.number);
  }
  return rules;
}

std::string PodRulesToJson(const PodRules& rules) {
  json::object ports;
  for (const auto& [name, number] : rules.ports) ports[name] = number;
  json::object object = {
      {"container", rules.container}, {"ports", std::move(ports)}, {"grace", rules.grace_seconds}};
  if (!rules.sidecars.empty())
    object["sidecars"] = json::array(rules.sidecars.begin(), rules.sidecars.end());
  if (rules.readiness.has_value()) object["readiness"] = ReadinessToJson(*rules.readiness, rules);
  return json::Canonical(object);
}

PodRules PodRulesFromJson(const std::string& text) {
  PodRules rules;
  const absl::StatusOr<json::value> v = json::Parse(text);
  if (!v.ok()) return rules;
  rules.container = json::GetString(*v, {"container"});
  rules.grace_seconds = static_cast<int>(json::GetInt(*v, {"grace"}, 10));
  const json::value* ports = json::Find(*v, "ports");
  if (ports != nullptr && ports->is_object()) {
    for (const auto& [name, number] : ports->get_object())
      if (number.is_int64()) rules.ports[std::string(name)] = static_cast<int>(number.get_int64());
  }
  if (const json::value* sidecars = json::Find(*v, "sidecars");
      sidecars != nullptr && sidecars->is_array()) {
    for (const json::value& name : sidecars->get_array())
      if (name.is_string()) rules.sidecars.emplace_back(name.get_string());
  }
  if (const json::value* readiness = json::Find(*v, "readiness"))
    rules.readiness = ReadinessFromJson(*readiness);
  return rules;
}

Pod PlannedPod(const ObjectRef& deployment, const DeploymentSpec& spec, int index) {
  Pod pod;
  pod.ns = deployment.ns;
  pod.deployment = deployment.name;
  pod.name = PodName(deployment.name, spec.template_hash, index);
  pod.template_hash = spec.template_hash;
  pod.labels = spec.template_labels;
  pod.rules = RulesOf(spec);
  pod.container.image = spec.container.image;
  return pod;
}

std::string IdentityOf(const ObjectRef& deployment, const DeploymentSpec& spec) {
  return deployment.ns == kSystemNamespace ? LabelOf(spec.template_labels, kProviderLabel) : "";
}

engine::ContainerSpec ContainerSpecFor(const std::string& installation, const ObjectRef& deployment,
                                       const DeploymentSpec& spec, const Pod& pod,
                                       const std::string& identity) {
  engine::ContainerSpec container = SpecOf(installation, deployment, spec.container, pod);
  container.hostname = pod.name;
  container.labels.insert(spec.template_labels.begin(), spec.template_labels.end());
  container.labels[kTemplateLabel] = spec.template_hash;
  container.labels[kRulesLabel] = PodRulesToJson(pod.rules);
  container.stop_grace_seconds = spec.grace_seconds;
  container.network = NetworkName(installation, deployment.ns);
  container.aliases = {pod.name};
  if (!identity.empty()) {
    container.binds = {{identity, kIdentityTarget}};
    container.environment.push_back(absl::StrCat("WEFT_TLS_DIR=", kIdentityTarget));
  }
  return container;
}

engine::ContainerSpec SidecarSpecFor(const std::string& installation, const ObjectRef& deployment,
                                     const PodContainer& sidecar, const Pod& pod) {
  engine::ContainerSpec container = SpecOf(installation, deployment, sidecar, pod);
  // Dots cannot stand in a pod's name, so this is no pod's container.
  absl::StrAppend(&container.name, ".", sidecar.name);
  container.labels[kSidecarLabel] = sidecar.name;
  container.stop_grace_seconds = pod.rules.grace_seconds;
  container.network_of = pod.container.id;
  return container;
}

std::optional<Pod> PodFromContainer(const std::string& installation,
                                    const engine::Container& container) {
  Pod pod;
  pod.ns = LabelOf(container.labels, kNamespaceLabel);
  pod.deployment = LabelOf(container.labels, kDeploymentLabel);
  pod.name = LabelOf(container.labels, kPodLabel);
  pod.template_hash = LabelOf(container.labels, kTemplateLabel);
  if (LabelOf(container.labels, kInstallationLabel) != installation || pod.deployment.empty() ||
      container.name != ContainerName(installation, pod.ns, pod.name))
    return std::nullopt;
  pod.labels = container.labels;
  pod.rules = PodRulesFromJson(LabelOf(container.labels, kRulesLabel));
  pod.container = container;
  const auto address = container.addresses.find(NetworkName(installation, pod.ns));
  if (container.state == "running" && address != container.addresses.end())
    pod.address = address->second;
  return pod;
}

std::optional<std::pair<std::string, Sidecar>> SidecarFromContainer(
    const std::string& installation, const engine::Container& container) {
  const std::string pod = LabelOf(container.labels, kPodLabel);
  Sidecar sidecar{LabelOf(container.labels, kSidecarLabel), container, {}};
  const std::string of =
      ContainerName(installation, LabelOf(container.labels, kNamespaceLabel), pod);
  if (LabelOf(container.labels, kInstallationLabel) != installation || sidecar.name.empty() ||
      container.name != absl::StrCat(of, ".", sidecar.name))
    return std::nullopt;
  return std::pair(pod, std::move(sidecar));
}

Sidecar* Pod::FindSidecar(const std::string& name) {
  const auto found = std::find_if(sidecars.begin(), sidecars.end(),
                                  [&](const Sidecar& sidecar) { return sidecar.name == name; });
  return found == sidecars.end() ? nullptr : &*found;
}

bool RunsWhole(const Pod& pod, absl::Time now) {
  if (pod.address.empty() || IsCrashLooping(pod.container, now)) return false;
  const auto runs = [&](const Sidecar& sidecar) {
    return sidecar.container.state == "running" && !IsCrashLooping(sidecar.container, now);
  };
  return pod.sidecars.size() >= pod.rules.sidecars.size() &&
         std::all_of(pod.sidecars.begin(), pod.sidecars.end(), runs);
}

}  // namespace weft::local
