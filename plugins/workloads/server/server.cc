#include "plugins/workloads/server/server.h"

#include "plugins/workloads/server/health.h"
#include "plugins/workloads/server/pod.h"
#include "plugins/workloads/server/schema.json.h"

namespace weft::server {
namespace {

json::object Labels(const sdk::Instance& instance) {
  return {{"weft.dev/application", instance.application}, {"weft.dev/component", instance.name}};
}

json::object Deployment(const sdk::WorkloadRequest& request) {
  const json::object labels = Labels(request.instance);
  return {{"spec", json::object{{"selector", json::object{{"matchLabels", labels}}},
                                {"template", PodTemplate(request, labels)}}}};
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
  CheckFiles(request, diagnostics);
  sdk::Parts parts;
  parts.Merge({"apps/v1", "Deployment", request.instance.name, ""}, "", Deployment(request));
  if (json::object data = ConfigData(request); !data.empty())
    parts.Merge({"v1", "ConfigMap", request.instance.name, ""}, "",
                json::object{{"data", std::move(data)}});
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
    .writes = {sdk::Create("apps/v1", "Deployment"), sdk::Create("v1", "Service"),
               sdk::Create("v1", "ConfigMap")},
    .carries = {.probes = true, .config_files = true, .ephemeral_volumes = true},
    .render = Render,
    .assess = Assess,
};

}  // namespace weft::server
