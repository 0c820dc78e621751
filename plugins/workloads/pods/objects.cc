#include "plugins/workloads/pods/objects.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace weft::pods {
namespace {

constexpr char kConfigVolume[] = "weft-config";
constexpr char kConfigHash[] = "weft.dev/config";
constexpr size_t kLongestBaseName = 150;  // A key has at most 253 characters.

json::object Labels(const sdk::Instance& instance) {
  return {{"weft.dev/application", instance.application}, {"weft.dev/component", instance.name}};
}

json::array Strings(const std::vector<std::string>& strings) {
  json::array result;
  for (const std::string& string : strings) result.emplace_back(string);
  return result;
}

json::object HttpGet(const sdk::Probe& probe) {
  json::object get{{"path", probe.path}, {"port", probe.port}};
  json::array headers;
  for (const sdk::HttpHeader& header : probe.headers)
    headers.push_back(json::object{{"name", header.name}, {"value", header.value}});
  if (!headers.empty()) get["httpHeaders"] = std::move(headers);
  return get;
}

json::object Probe(const sdk::Probe& probe) {
  json::object result{{"initialDelaySeconds", probe.initial_delay_seconds},
                      {"periodSeconds", probe.period_seconds},
                      {"timeoutSeconds", probe.timeout_seconds},
                      {"successThreshold", probe.success_threshold},
                      {"failureThreshold", probe.failure_threshold}};
  switch (probe.action) {
    case sdk::ProbeAction::kHttpGet:
      result["httpGet"] = HttpGet(probe);
      break;
    case sdk::ProbeAction::kTcp:
      result["tcpSocket"] = json::object{{"port", probe.port}};
      break;
    case sdk::ProbeAction::kExec:
      result["exec"] = json::object{{"command", Strings(probe.command)}};
      break;
  }
  return result;
}

json::object Requests(const sdk::Container& container) {
  json::object requests;
  if (container.cpu_millicores > 0) requests["cpu"] = absl::StrCat(container.cpu_millicores, "m");
  if (container.memory_bytes > 0) requests["memory"] = absl::StrCat(container.memory_bytes);
  return requests;
}

json::object ContainerPort(const sdk::Port& port) {
  json::object result{{"containerPort", port.container_port}, {"protocol", port.protocol}};
  if (!port.name.empty()) result["name"] = port.name;
  return result;
}

// Unique within the component, and says to people what it is: "main.0.nginx.conf".
std::string ConfigKey(const sdk::Container& container, size_t index) {
  const std::string& path = container.config_files[index].path;
  std::string name = path.substr(path.rfind('/') + 1).substr(0, kLongestBaseName);
  for (char& c : name)
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '.') c = '_';
  return absl::StrCat(container.name, ".", index, ".", name);
}

json::array VolumeMounts(const sdk::Container& container) {
  json::array mounts;
  for (const sdk::Volume& volume : container.volumes) {
    json::object mount{{"name", volume.name}, {"mountPath", volume.mount_path}};
    if (volume.read_only) mount["readOnly"] = true;
    mounts.push_back(std::move(mount));
  }
  for (size_t i = 0; i < container.config_files.size(); ++i)
    mounts.push_back(json::object{{"name", kConfigVolume},
                                  {"mountPath", container.config_files[i].path},
                                  {"subPath", ConfigKey(container, i)},
                                  {"readOnly", true}});
  return mounts;
}

json::object Container(const sdk::Container& container) {
  json::object result{{"name", container.name}, {"image", container.image}};
  if (!container.command.empty()) result["command"] = Strings(container.command);
  if (!container.args.empty()) result["args"] = Strings(container.args);
  json::array env;
  for (const auto& variable : container.env)
    env.push_back(json::object{{"name", variable.name}, {"value", variable.value}});
  if (!env.empty()) result["env"] = std::move(env);
  json::array ports;
  for (const sdk::Port& port : container.ports) ports.push_back(ContainerPort(port));
  if (!ports.empty()) result["ports"] = std::move(ports);
  if (json::object requests = Requests(container); !requests.empty()) {
    result["resources"] = json::object{{"requests", std::move(requests)}};
  }
  if (container.readiness.has_value()) result["readinessProbe"] = Probe(*container.readiness);
  if (container.liveness.has_value()) result["livenessProbe"] = Probe(*container.liveness);
  if (json::array mounts = VolumeMounts(container); !mounts.empty())
    result["volumeMounts"] = std::move(mounts);
  return result;
}

// The `data` of the ConfigMap; empty: no container has config files.
json::object ConfigData(const sdk::WorkloadRequest& request) {
  json::object data;
  for (const sdk::Container& container : request.containers)
    for (size_t i = 0; i < container.config_files.size(); ++i)
      data[ConfigKey(container, i)] = container.config_files[i].content;
  return data;
}

json::array Volumes(const sdk::WorkloadRequest& request) {
  std::set<std::string> names;  // Those of one name are one.
  for (const sdk::Container& container : request.containers)
    for (const sdk::Volume& volume : container.volumes) names.insert(volume.name);
  json::array volumes;
  // What a component asks for is no limit.
  for (const std::string& name : names)
    volumes.push_back(json::object{{"name", name}, {"emptyDir", json::object()}});
  if (!ConfigData(request).empty())
    volumes.push_back(json::object{{"name", kConfigVolume},
                                   {"configMap", json::object{{"name", request.instance.name}}}});
  return volumes;
}

// Where a component says on what it runs, only such nodes are taken.
json::object NodeSelector(const sdk::WorkloadRequest& request) {
  json::object selector;
  if (!request.os_type.empty()) selector["kubernetes.io/os"] = request.os_type;
  if (!request.arch.empty())
    selector["kubernetes.io/arch"] = request.arch == "i386" ? "386" : request.arch;
  return selector;
}

// What a platform takes as the place of a mount.
bool IsPlace(const std::string& path) {
  const std::vector<std::string> parts = absl::StrSplit(path, '/');
  return path.size() > 1 && path.front() == '/' && path.back() != '/' &&
         path.find(':') == std::string::npos &&
         std::none_of(parts.begin(), parts.end(),
                      [](const std::string& part) { return part == ".."; });
}

void CheckFiles(const sdk::WorkloadRequest& request, sdk::Diagnostics& diagnostics) {
  for (size_t c = 0; c < request.containers.size(); ++c) {
    const sdk::Container& container = request.containers[c];
    std::set<std::string> taken;
    const auto check = [&](const std::string& path, const std::string& field) {
      const std::string pointer = absl::StrCat("/containers/", c, field);
      if (!IsPlace(path))
        diagnostics.Error("BAD_MOUNT_PATH", absl::StrCat(path, " is not a place for a file"),
                          pointer, "an absolute path without \"..\", \":\" and a \"/\" at its end");
      if (!taken.insert(path).second)
        diagnostics.Error("MOUNT_PATH_TAKEN",
                          absl::StrCat("two things of the container are at ", path), pointer);
    };
    for (size_t i = 0; i < container.volumes.size(); ++i) {
      const std::string field = absl::StrCat("/resources/volumes/", i);
      check(container.volumes[i].mount_path, field + "/mountPath");
      if (container.volumes[i].name == kConfigVolume)
        diagnostics.Error("VOLUME_NAME_TAKEN",
                          absl::StrCat("the name ", kConfigVolume, " is that of config files"),
                          absl::StrCat("/containers/", c, field, "/name"));
    }
    for (size_t i = 0; i < container.config_files.size(); ++i)
      check(container.config_files[i].path, absl::StrCat("/config/", i, "/path"));
  }
}

json::array ServicePorts(const sdk::WorkloadRequest& request) {
  json::array ports;
  for (const sdk::Container& container : request.containers) {
    for (const sdk::Port& port : container.ports) {
      json::object result{{"port", port.container_port},
                          {"targetPort", port.container_port},
                          {"protocol", port.protocol}};
      if (!port.name.empty()) result["name"] = port.name;
      ports.push_back(std::move(result));
    }
  }
  return ports;
}

}  // namespace

json::object PodTemplate(const sdk::WorkloadRequest& request) {
  json::array containers;
  for (const sdk::Container& container : request.containers)
    containers.push_back(Container(container));
  json::object pod{{"containers", std::move(containers)}};
  if (json::object selector = NodeSelector(request); !selector.empty())
    pod["nodeSelector"] = std::move(selector);
  if (json::array volumes = Volumes(request); !volumes.empty()) pod["volumes"] = std::move(volumes);
  json::object metadata{{"labels", Labels(request.instance)}};
  if (const json::object data = ConfigData(request); !data.empty())
    metadata["annotations"] =
        json::object{{kConfigHash, json::Sha256(json::Canonical(json::value(data)))}};
  return {{"metadata", std::move(metadata)}, {"spec", std::move(pod)}};
}

json::object Scalable(const sdk::WorkloadRequest& request) {
  return {
      {"spec", json::object{{"selector", json::object{{"matchLabels", Labels(request.instance)}}},
                            {"template", PodTemplate(request)}}}};
}

void AddConfig(const sdk::WorkloadRequest& request, sdk::Diagnostics& diagnostics,
               sdk::Parts& parts) {
  CheckFiles(request, diagnostics);
  if (json::object data = ConfigData(request); !data.empty())
    parts.Merge({"v1", "ConfigMap", request.instance.name, ""}, "",
                json::object{{"data", std::move(data)}});
}

void AddService(const sdk::WorkloadRequest& request, sdk::Diagnostics& diagnostics,
                sdk::Parts& parts) {
  json::array ports = ServicePorts(request);
  if (ports.empty()) {
    // OAM v1alpha1, "Server": SHOULD declare a port.
    diagnostics.Warning(
        "SERVER_WITHOUT_PORT", "no container declares a port: nothing can reach this server",
        "/containers", "declare `ports`, or use a workload type that serves nothing");
    return;
  }
  parts.Merge({"v1", "Service", request.instance.name, ""}, "",
              json::object{{"spec", json::object{{"selector", Labels(request.instance)},
                                                 {"ports", std::move(ports)}}}});
}

void RefusePorts(const sdk::WorkloadRequest& request, const std::string& what,
                 sdk::Diagnostics& diagnostics) {
  for (size_t i = 0; i < request.containers.size(); ++i)
    if (!request.containers[i].ports.empty())
      diagnostics.Error("WORKER_WITH_PORT",
                        absl::StrCat("the container ", request.containers[i].name,
                                     " declares a port, but nobody calls a ", what),
                        absl::StrCat("/containers/", i, "/ports"),
                        "leave `ports` out, or use a workload type that serves");
}

}  // namespace weft::pods
