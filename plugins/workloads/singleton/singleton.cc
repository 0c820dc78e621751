#include "plugins/workloads/singleton/singleton.h"

#include "plugins/workloads/pods/health.h"
#include "plugins/workloads/pods/objects.h"
#include "plugins/workloads/pods/volumes.h"
#include "plugins/workloads/singleton/schema.json.h"
#include "plugins/workloads/task/health.h"
#include "plugins/workloads/task/task.h"

namespace weft::singleton {
namespace {

// One pod with a name of its own, which is gone before it is made anew.
void AddStatefulSet(const sdk::WorkloadRequest& request, sdk::Parts& parts) {
  json::object set = pods::Scalable(request);
  json::object& spec = set["spec"].as_object();
  spec["replicas"] = 1;
  spec["serviceName"] = request.instance.name;
  parts.Merge({"apps/v1", "StatefulSet", request.instance.name, ""}, "", std::move(set));
}

sdk::Parts RenderServer(const sdk::WorkloadRequest& request, sdk::Diagnostics& diagnostics) {
  sdk::Parts parts;
  pods::AddVolumeSources(request, diagnostics, parts);
  AddStatefulSet(request, parts);
  pods::AddService(request, diagnostics, parts);
  return parts;
}

sdk::Parts RenderWorker(const sdk::WorkloadRequest& request, sdk::Diagnostics& diagnostics) {
  sdk::Parts parts;
  pods::RefusePorts(request, "worker", diagnostics);
  pods::AddVolumeSources(request, diagnostics, parts);
  AddStatefulSet(request, parts);
  return parts;
}

sdk::Workload Stateful(const char* name, const char* summary,
                       sdk::Parts (*render)(const sdk::WorkloadRequest&, sdk::Diagnostics&)) {
  return {
      .type = std::string("core.oam.dev/v1alpha1.") + name,
      .aliases = {name},
      .summary = summary,
      .schema = kSingletonSchema,
      .shape = {"apps/v1", "StatefulSet", "", "/spec/template"},
      .writes = pods::Writes({sdk::Create("apps/v1", "StatefulSet"), sdk::Create("v1", "Service")}),
      .carries = pods::kCarries,
      .render = render,
      .assess = pods::AssessSingleton,
  };
}

const sdk::Workload kServer =
    Stateful("SingletonServer", "A service of which never two run at once", RenderServer);
const sdk::Workload kWorker =
    Stateful("SingletonWorker", "A process of which never two run at once", RenderWorker);

// A Job runs one at once unless it says otherwise, and nobody may scale it.
const sdk::Workload kTask = {
    .type = "core.oam.dev/v1alpha1.SingletonTask",
    .aliases = {"SingletonTask"},
    .summary = "A process that comes to an end, of which never two run at once",
    .schema = kSingletonSchema,
    .shape = {"batch/v1", "Job", "", "/spec/template"},
    .writes = pods::Writes({sdk::Create("batch/v1", "Job")}),
    .carries = pods::kCarries,
    .render = task::Render,
    .assess = task::Assess,
};

}  // namespace

const std::vector<const sdk::Workload*> kSingleton = {&kServer, &kWorker, &kTask};

}  // namespace weft::singleton
