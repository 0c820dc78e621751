#include "plugins/workloads/worker/worker.h"

#include "plugins/workloads/pods/health.h"
#include "plugins/workloads/pods/objects.h"
#include "plugins/workloads/pods/volumes.h"
#include "plugins/workloads/worker/schema.json.h"

namespace weft::worker {
namespace {

// Renders no replicas: a scaler does.
sdk::Parts Render(const sdk::WorkloadRequest& request, sdk::Diagnostics& diagnostics) {
  sdk::Parts parts;
  pods::RefusePorts(request, "worker", diagnostics);
  pods::AddVolumeSources(request, diagnostics, parts);
  pods::AddDeployment(request, parts);
  return parts;
}

}  // namespace

const sdk::Workload kWorker = {
    .type = "core.oam.dev/v1alpha1.Worker",
    .aliases = {"Worker"},
    .summary = "A scalable process that nobody calls",
    .schema = kWorkerSchema,
    .shape = {"apps/v1", "Deployment", "/spec/replicas", "/spec/template"},
    .writes = pods::Writes({sdk::Create("apps/v1", "Deployment")}),
    .carries = pods::kCarries,
    .render = Render,
    .assess = pods::Assess,
};

}  // namespace weft::worker
