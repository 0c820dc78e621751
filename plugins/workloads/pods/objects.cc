#include "plugins/workloads/pods/objects.h"

#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "plugins/workloads/pods/volumes.h"

namespace weft::pods {
namespace {

constexpr char kConfigHash[] = "weft.dev/config";

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

json::object Container(const sdk::Container& container) {
  json::object result{{"name", container.name},
                      {"image", container.image},
                      // Whoever looks at what failed finds there what it wrote last.
                      {"terminationMessagePolicy", "FallbackToLogsOnError"}};
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

// Where a component says on what it runs, only such nodes are taken.
json::object NodeSelector(const sdk::WorkloadRequest& request) {
  json::object selector;
  if (!request.os_type.empty()) selector["kubernetes.io/os"] = request.os_type;
  if (!request.arch.empty())
    selector["kubernetes.io/arch"] = request.arch == "i386" ? "386" : request.arch;
  return selector;
}

// Of all containers, each once: any of them may be used for any image of the pod.
json::array ImagePullSecrets(const sdk::WorkloadRequest& request) {
  std::set<std::string> names;
  for (const sdk::Container& container : request.containers)
    if (!container.image_pull_secret.empty()) names.insert(container.image_pull_secret);
  json::array secrets;
  for (const std::string& name : names) secrets.push_back(json::object{{"name", name}});
  return secrets;
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
  if (json::array secrets = ImagePullSecrets(request); !secrets.empty())
    pod["imagePullSecrets"] = std::move(secrets);
  json::object metadata{{"labels", Labels(request.instance)}};
  if (std::string hash = ConfigHash(request); !hash.empty())
    metadata["annotations"] = json::object{{kConfigHash, std::move(hash)}};
  return {{"metadata", std::move(metadata)}, {"spec", std::move(pod)}};
}

json::object Scalable(const sdk::WorkloadRequest& request) {
  return {
      {"spec", json::object{{"selector", json::object{{"matchLabels", Labels(request.instance)}}},
                            {"template", PodTemplate(request)}}}};
}

void AddDeployment(const sdk::WorkloadRequest& request, sdk::Parts& parts) {
  json::object deployment = Scalable(request);
  // Two at once could not have it, or would both write to it.
  if (HasExclusiveVolume(request))
    deployment["spec"].as_object()["strategy"] = json::object{{"type", "Recreate"}};
  parts.Merge({"apps/v1", "Deployment", request.instance.name, ""}, "", std::move(deployment));
}

std::vector<sdk::Write> Writes(std::vector<sdk::Write> own) {
  own.push_back(sdk::Create("v1", "ConfigMap"));
  own.push_back(sdk::Create("v1", "PersistentVolumeClaim"));
  return own;
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
