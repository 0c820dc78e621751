#include "plugins/workloads/server/server.h"

#include "plugins/workloads/pods/health.h"
#include "plugins/workloads/pods/objects.h"
#include "plugins/workloads/pods/volumes.h"
#include "plugins/workloads/server/schema.json.h"

namespace weft::server {
namespace {

// Renders no replicas: a scaler does (docs/oam.md).
sdk::Parts Render(const sdk::WorkloadRequest& request, sdk::Diagnostics& diagnostics) {
  sdk::Parts parts;
  pods::AddDeployment(request, parts);
  pods::AddVolumeSources(request, diagnostics, parts);
  pods::AddService(request, diagnostics, parts);
  return parts;
}

}  // namespace

const sdk::Workload kServer = {
    .type = "core.oam.dev/v1alpha1.Server",
    .aliases = {"Server"},
    .summary = "A scalable service that answers on its ports",
    .schema = kServerSchema,
    .shape = {"apps/v1", "Deployment", "/spec/replicas", "/spec/template"},
    .writes = pods::Writes({sdk::Create("apps/v1", "Deployment"), sdk::Create("v1", "Service")}),
    .carries = pods::kCarries,
    .render = Render,
    .assess = pods::Assess,
};

}  // namespace weft::server
