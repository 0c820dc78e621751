#include "plugins/workloads/server/server.h"

#include "absl/strings/str_cat.h"
#include "plugins/workloads/server/health.h"
#include "plugins/workloads/server/schema.json.h"

namespace weft::server {
namespace {

json::object Labels(const sdk::Instance& instance) {
  return {{"weft.dev/application", instance.application}, {"weft.dev/component", instance.name}};
}

json::array Strings(const std::vector<std::string>& strings) {
  json::array result;
  for (const std::string& string : strings) result.emplace_back(string);
  return result;
}

json::object Probe(const sdk::HttpProbe& probe) {
  return {{"httpGet", json::object{{"path", probe.path}, {"port", probe.port}}},
          {"initialDelaySeconds", probe.initial_delay_seconds},
          {"periodSeconds", probe.period_seconds},
          {"timeoutSeconds", probe.timeout_seconds},
          {"successThreshold", probe.success_threshold},
          {"failureThreshold", probe.failure_threshold}};
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

json::object Deployment(const sdk::WorkloadRequest& request) {
  json::array containers;
  for (const sdk::Container& container : request.containers)
    containers.push_back(Container(container));
  json::object pod{{"containers", std::move(containers)}};
  if (json::object selector = NodeSelector(request); !selector.empty())
    pod["nodeSelector"] = std::move(selector);
  const json::object labels = Labels(request.instance);
  return {{"spec",
           json::object{{"selector", json::object{{"matchLabels", labels}}},
                        {"template", json::object{{"metadata", json::object{{"labels", labels}}},
                                                  {"spec", std::move(pod)}}}}}};
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

// Renders no replicas: a scaler does (docs/oam.md).
sdk::Parts Render(const sdk::WorkloadRequest& request, sdk::Diagnostics& diagnostics) {
  sdk::Parts parts;
  parts.Merge({"apps/v1", "Deployment", request.instance.name, ""}, "", Deployment(request));
  json::array ports = ServicePorts(request);
  if (ports.empty()) {
    // OAM v1alpha1, "Server": SHOULD declare a port.
    diagnostics.Warning(
        "SERVER_WITHOUT_PORT", "no container declares a port: nothing can reach this server",
        "/containers", "declare `ports`, or use a workload type that serves nothing");
    return parts;
  }
  parts.Merge({"v1", "Service", request.instance.name, ""}, "",
              json::object{{"spec", json::object{{"selector", Labels(request.instance)},
                                                 {"ports", std::move(ports)}}}});
  return parts;
}

}  // namespace

const sdk::Workload kServer = {
    .type = "core.oam.dev/v1alpha1.Server",
    .aliases = {"Server"},
    .summary = "A scalable service that answers on its ports",
    .schema = kServerSchema,
    .shape = {"apps/v1", "Deployment", "/spec/replicas", "/spec/template"},
    .writes = {sdk::Create("apps/v1", "Deployment"), sdk::Create("v1", "Service")},
    .render = Render,
    .assess = Assess,
};

}  // namespace weft::server
