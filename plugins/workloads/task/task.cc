#include "plugins/workloads/task/task.h"

#include "plugins/workloads/pods/objects.h"
#include "plugins/workloads/pods/volumes.h"
#include "plugins/workloads/task/health.h"
#include "plugins/workloads/task/schema.json.h"

namespace weft::task {
namespace {

constexpr int kFailures = 4;  // Before it is given up. Source: docs/oam.md.

}  // namespace

// A platform does not change what a Job runs: a changed one is made anew, and runs again.
sdk::Parts Render(const sdk::WorkloadRequest& request, sdk::Diagnostics& diagnostics) {
  sdk::Parts parts;
  pods::AddVolumeSources(request, diagnostics, parts);
  json::object pod_template = pods::PodTemplate(request);
  pod_template["spec"].as_object()["restartPolicy"] = "Never";
  const sdk::ObjectRef job{"batch/v1", "Job", request.instance.name, ""};
  parts.Merge(job, "",
              json::object{{"spec", json::object{{"backoffLimit", kFailures},
                                                 // A pod that still ends has its place.
                                                 {"podReplacementPolicy", "Failed"},
                                                 {"template", std::move(pod_template)}}}});
  parts.ReplaceIfImmutable(job);
  return parts;
}

const sdk::Workload kTask = {
    .type = "core.oam.dev/v1alpha1.Task",
    .aliases = {"Task"},
    .summary = "A process that comes to an end",
    .schema = kTaskSchema,
    .shape = {"batch/v1", "Job", "/spec/parallelism", "/spec/template"},
    .writes = pods::Writes({sdk::Create("batch/v1", "Job")}),
    .carries = pods::kCarries,
    .render = Render,
    .assess = Assess,
};

}  // namespace weft::task
