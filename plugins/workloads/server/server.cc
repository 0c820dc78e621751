#include "plugins/workloads/server/server.h"

#include "plugins/workloads/pods/health.h"
#include "plugins/workloads/pods/objects.h"
#include "plugins/workloads/server/schema.json.h"

namespace weft::server {
namespace {

// Renders no replicas: a scaler does (docs/oam.md).
sdk::Parts Render(const sdk::WorkloadRequest& request, sdk::Diagnostics& diagnostics) {
  sdk::Parts parts;
  parts.Merge({"apps/v1", "Deployment", request.instance.name, ""}, "", pods::Scalable(request));
  pods::AddConfig(request, diagnostics, parts);
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
    .writes = {sdk::Create("apps/v1", "Deployment"), sdk::Create("v1", "Service"),
               sdk::Create("v1", "ConfigMap")},
    .carries = pods::kCarries,
    .render = Render,
    .assess = pods::Assess,
};

}  // namespace weft::server
