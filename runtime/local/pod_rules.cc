// PodRules as JSON, as they travel on a sandbox.
#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/base/json_list.h"
#include "runtime/local/pod.h"

namespace weft::local {
namespace {

constexpr std::pair<const char*, std::optional<Probe> Probes::*> kProbes[] = {
    {"startup", &Probes::startup},
    {"liveness", &Probes::liveness},
    {"readiness", &Probes::readiness}};

json::object ToJson(const HttpGet& get) {
  json::array headers;
  for (const auto& [name, value] : get.headers) headers.push_back(json::array{name, value});
  return {{"path", get.path}, {"port", get.port.number}, {"headers", std::move(headers)}};
}

json::object ToJson(const TcpSocket& tcp) { return {{"tcp", tcp.port.number}}; }

json::object ToJson(const Exec& exec) {
  return {{"exec", json::array(exec.command.begin(), exec.command.end())}};
}

json::object ToJson(const Action& action) {
  return std::visit([](const auto& a) { return ToJson(a); }, action);
}

json::object ToJson(const Probe& probe) {
  json::object v = ToJson(probe.action);
  v["initialDelay"] = absl::ToInt64Seconds(probe.initial_delay);
  v["period"] = absl::ToInt64Seconds(probe.period);
  v["timeout"] = absl::ToInt64Seconds(probe.timeout);
  v["success"] = probe.success_threshold;
  v["failure"] = probe.failure_threshold;
  return v;
}

HttpGet HttpGetFrom(const json::value& v) {
  HttpGet get{json::GetString(v, {"path"}, "/"), {static_cast<int>(json::GetInt(v, {"port"})), ""}};
  for (const json::value& header : json::ListAt(v, "headers")) {
    if (!header.is_array() || header.get_array().size() != 2) continue;
    const auto& pair = header.get_array();
    if (pair[0].is_string() && pair[1].is_string())
      get.headers.emplace_back(pair[0].get_string(), pair[1].get_string());
  }
  return get;
}

Action ActionFrom(const json::value& v) {
  if (json::Find(v, "tcp") != nullptr)
    return TcpSocket{{static_cast<int>(json::GetInt(v, {"tcp"})), ""}};
  if (json::Find(v, "exec") == nullptr) return HttpGetFrom(v);
  Exec exec;
  for (const json::value& word : json::ListAt(v, "exec"))
    if (word.is_string()) exec.command.emplace_back(word.get_string());
  return exec;
}

Probe ProbeFrom(const json::value& v) {
  Probe probe;
  probe.action = ActionFrom(v);
  probe.initial_delay = absl::Seconds(json::GetInt(v, {"initialDelay"}));
  probe.period = absl::Seconds(json::GetInt(v, {"period"}, 10));
  probe.timeout = absl::Seconds(json::GetInt(v, {"timeout"}, 1));
  probe.success_threshold = static_cast<int>(json::GetInt(v, {"success"}, 1));
  probe.failure_threshold = static_cast<int>(json::GetInt(v, {"failure"}, 3));
  return probe;
}

const char* NameOf(RestartPolicy policy) {
  return policy == RestartPolicy::kNever ? "Never" : "OnFailure";
}

json::object ToJson(const Volume& volume) {
  json::object v = {{"name", volume.name}};
  if (volume.memory) v["memory"] = volume.memory_bytes;
  if (!volume.claim.empty()) v["claim"] = volume.claim;
  if (volume.read_only) v["readOnly"] = true;
  if (volume.kind.empty()) return v;
  json::array items;
  for (const Volume::Item& item : volume.items)
    items.push_back(json::object{{"key", item.key}, {"path", item.path}, {"mode", item.mode}});
  v["kind"] = volume.kind;
  v["object"] = volume.object;
  v["optional"] = volume.optional;
  v["mode"] = volume.mode;
  v["items"] = std::move(items);
  return v;
}

Volume VolumeFrom(const json::value& v) {
  Volume volume;
  volume.name = json::GetString(v, {"name"});
  volume.memory = json::Find(v, "memory") != nullptr;
  volume.memory_bytes = json::GetInt(v, {"memory"});
  volume.claim = json::GetString(v, {"claim"});
  volume.read_only = json::GetBool(v, {"readOnly"});
  volume.kind = json::GetString(v, {"kind"});
  volume.object = json::GetString(v, {"object"});
  volume.optional = json::GetBool(v, {"optional"});
  volume.mode = static_cast<int>(json::GetInt(v, {"mode"}, 0644));
  for (const json::value& item : json::ListAt(v, "items"))
    volume.items.push_back({json::GetString(item, {"key"}), json::GetString(item, {"path"}),
                            static_cast<int>(json::GetInt(item, {"mode"}))});
  return volume;
}

// The port of `action` by number, if it has one of these names.
void Number(const std::map<std::string, int>& ports, Action& action) {
  PortRef* port = nullptr;
  if (auto* get = std::get_if<HttpGet>(&action)) port = &get->port;
  if (auto* tcp = std::get_if<TcpSocket>(&action)) port = &tcp->port;
  if (port == nullptr) return;
  if (const auto named = ports.find(port->name); named != ports.end()) *port = {named->second, ""};
}

}  // namespace

PodRules RulesOf(const PodTemplate& pod) {
  PodRules rules;
  rules.grace_seconds = pod.grace_seconds;
  rules.volumes = pod.volumes;
  rules.restart = pod.restart;
  for (const PodContainer& container : pod.init_containers)
    rules.init_containers.push_back(container.name);
  for (const PodContainer& container : pod.containers) {
    std::map<std::string, int> ports;  // Of this one: another may have one of the same name.
    for (const ContainerPort& port : container.ports)
      if (!port.name.empty()) ports.emplace(port.name, port.number);
    PodRules::Member member{container.name, container.probes, container.pre_stop};
    for (const auto& [name, probe] : kProbes)
      if ((member.probes.*probe).has_value()) Number(ports, (member.probes.*probe)->action);
    if (member.pre_stop.has_value()) Number(ports, *member.pre_stop);
    rules.containers.push_back(std::move(member));
    rules.ports.merge(ports);
  }
  return rules;
}

std::string PodRulesToJson(const PodRules& rules) {
  json::object ports;
  for (const auto& [name, number] : rules.ports) ports[name] = number;
  json::array containers;
  for (const PodRules::Member& member : rules.containers) {
    json::object container = {{"name", member.name}};
    for (const auto& [name, probe] : kProbes)
      if ((member.probes.*probe).has_value()) container[name] = ToJson(*(member.probes.*probe));
    if (member.pre_stop.has_value()) container["preStop"] = ToJson(*member.pre_stop);
    containers.push_back(std::move(container));
  }
  json::object object = {{"containers", std::move(containers)},
                         {"ports", std::move(ports)},
                         {"grace", rules.grace_seconds}};
  if (!rules.init_containers.empty())
    object["init"] = json::array(rules.init_containers.begin(), rules.init_containers.end());
  if (rules.restart != RestartPolicy::kAlways) object["restart"] = NameOf(rules.restart);
  if (!rules.volumes.empty()) {
    json::array volumes;
    for (const Volume& volume : rules.volumes) volumes.push_back(ToJson(volume));
    object["volumes"] = std::move(volumes);
  }
  return json::Canonical(object);
}

PodRules PodRulesFromJson(const std::string& text) {
  PodRules rules;
  const absl::StatusOr<json::value> v = json::Parse(text);
  if (!v.ok()) return rules;
  rules.grace_seconds = static_cast<int>(json::GetInt(*v, {"grace"}, 10));
  const json::value* ports = json::Find(*v, "ports");
  if (ports != nullptr && ports->is_object()) {
    for (const auto& [name, number] : ports->get_object())
      if (number.is_int64()) rules.ports[std::string(name)] = static_cast<int>(number.get_int64());
  }
  for (const json::value& name : json::ListAt(*v, "init"))
    if (name.is_string()) rules.init_containers.emplace_back(name.get_string());
  rules.restart = RestartPolicyFrom(json::GetString(*v, {"restart"}));
  for (const json::value& volume : json::ListAt(*v, "volumes"))
    rules.volumes.push_back(VolumeFrom(volume));
  for (const json::value& container : json::ListAt(*v, "containers")) {
    PodRules::Member& member = rules.containers.emplace_back();
    member.name = json::GetString(container, {"name"});
    for (const auto& [name, probe] : kProbes)
      if (const json::value* found = json::Find(container, name))
        member.probes.*probe = ProbeFrom(*found);
    if (const json::value* pre_stop = json::Find(container, "preStop"))
      member.pre_stop = ActionFrom(*pre_stop);
  }
  return rules;
}

}  // namespace weft::local
