#include "plugins/workloads/faas/faas.h"

#include "absl/strings/str_cat.h"
#include "plugins/workloads/faas/life.h"
#include "plugins/workloads/faas/openfaas_schema.json.h"
#include "plugins/workloads/faas/schema.json.h"
#include "plugins/workloads/faas/settings.h"
#include "plugins/workloads/pods/health.h"
#include "plugins/workloads/server/server.h"

namespace weft::faas {
namespace {

constexpr char kScale[] = "/spec/replicas";

sdk::Container MakeContainer(const Settings& settings) {
  sdk::Container container{.name = "function",
                           .image = settings.image,
                           .command = {},
                           .args = {},
                           .env = settings.environment,
                           .ports = {{"http", settings.port, "TCP"}},
                           .cpu_millicores = settings.cpu_millicores,
                           .memory_bytes = settings.memory_mib << 20};
  if (!settings.health_path.empty())
    container.readiness =
        sdk::Probe{.path = settings.health_path, .port = settings.port, .period_seconds = 1};
  return container;
}

void Check(const sdk::WorkloadRequest& request, const Settings& settings,
           sdk::Diagnostics& diagnostics) {
  if (!request.containers.empty())
    diagnostics.Error(
        "FUNCTION_CONTAINERS",
        "a function has no containers of its own: its workload settings say what runs",
        "/containers", "leave \"containers\" out and set \"image\"");
  if (settings.maximum != 0 && settings.maximum < settings.minimum)
    diagnostics.Error("FUNCTION_BOUNDS",
                      absl::StrCat("the maximum, ", settings.maximum,
                                   ", is less than the minimum, ", settings.minimum),
                      "/workloadSettings");
  if (!settings.health_path.empty() && settings.health_path.front() != '/')
    diagnostics.Error(
        "FUNCTION_HEALTH_PATH",
        absl::StrCat("the healthPath ", settings.health_path, " does not begin with /"),
        "/workloadSettings");
}

// A function is a server whose container its settings describe, and whose scale this provider
// steers; its static value, and so what a scaler says instead, is the minimum.
sdk::Parts Render(const std::string& type, const sdk::WorkloadRequest& request,
                  sdk::Diagnostics& diagnostics) {
  const Settings settings = ReadSettings(type, request.instance.properties);
  Check(request, settings, diagnostics);
  sdk::WorkloadRequest server = request;
  server.containers = {MakeContainer(settings)};
  sdk::Parts parts = server::kServer.render(server, diagnostics);
  const sdk::ObjectRef deployment{"apps/v1", "Deployment", request.instance.name, ""};
  parts.Merge(deployment, kScale, settings.minimum);
  parts.Steer(deployment, kScale, sdk::Steering::kActions);
  return parts;
}

sdk::Health Assess(const sdk::AssessRequest& request) {
  sdk::Health health = pods::Assess(request);
  if (health.reason == "ScaledToZero") {
    health.reason = "Idle";
    health.message = "no replica runs; the next request starts one";
  }
  return health;
}

sdk::Workload MakeWorkload(const char* type, const char* summary, const char* schema) {
  return {
      .type = type,
      .aliases = {},
      .summary = summary,
      .schema = schema,
      .shape = {"apps/v1", "Deployment", kScale, "/spec/template"},
      .writes = {sdk::Create("apps/v1", "Deployment"), sdk::Create("v1", "Service"),
                 sdk::SteerScale()},
      .render = [type](
                    const sdk::WorkloadRequest& request,
                    sdk::Diagnostics& diagnostics) { return Render(type, request, diagnostics); },
      .assess = Assess,
      .timeline = {},
      .live = [type](sdk::Instances& instances) { return MakeLife(type, instances); },
  };
}

sdk::Workload MakeFunction() {
  sdk::Workload function = MakeWorkload(
      kFunctionType, "A function that runs while it is asked, from and to zero", kFaasSchema);
  function.aliases = {"Function"};
  return function;
}

const sdk::Workload kFunction = MakeFunction();
const sdk::Workload kOpenFaas =
    MakeWorkload(kOpenFaasType, "A function made for OpenFaaS", kOpenFaasSchema);

}  // namespace

const std::vector<const sdk::Workload*> kFaas = {&kFunction, &kOpenFaas};

}  // namespace weft::faas
