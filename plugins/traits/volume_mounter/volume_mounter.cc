#include "plugins/traits/volume_mounter/volume_mounter.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "plugins/traits/volume_mounter/schema.json.h"
#include "plugins/workloads/pods/volumes.h"

namespace weft::volume_mounter {
namespace {

// What the workload type claims for the volume.
sdk::ObjectRef ClaimOf(const sdk::Instance& instance) {
  return {"v1", "PersistentVolumeClaim",
          pods::ClaimName(instance.name, instance.GetString("volumeName")), ""};
}

sdk::Parts Render(const sdk::TraitRequest& request, sdk::Diagnostics& diagnostics) {
  sdk::Parts parts;
  const sdk::ObjectRef claim = ClaimOf(request.instance);
  std::vector<std::string> claims;
  for (const sdk::ObjectRef& object : request.workload.objects)
    if (object.kind == claim.kind) claims.push_back(object.name);
  if (std::find(claims.begin(), claims.end(), claim.name) == claims.end()) {
    diagnostics.Error(
        "NO_SUCH_VOLUME",
        absl::StrCat("the component has no volume ", request.instance.GetString("volumeName"),
                     " that outlives its replicas"),
        "/volumeName",
        claims.empty() ? "declare it under `resources.volumes` of a container, without `ephemeral`"
                       : absl::StrCat("what its volumes claim: ", absl::StrJoin(claims, ", ")));
    return parts;
  }
  parts.Merge(claim, "/spec/storageClassName",
              json::value(request.instance.GetString("storageClass")));
  return parts;
}

sdk::Health Assess(const sdk::AssessRequest& request) {
  const sdk::ObjectRef ref = ClaimOf(request.instance);
  const sdk::Projection* claim = request.Find(ref);
  const std::string phase = claim == nullptr ? "" : json::GetString(claim->status, {"phase"});
  if (phase == "Bound" && claim->up_to_date)
    return {
        sdk::Verdict::kHealthy, "Bound",
        absl::StrCat(json::GetString(claim->status, {"capacity", "storage"}), " for ", ref.name)};
  // Source: Kubernetes API, core/v1 PersistentVolumeClaimPhase.
  if (phase == "Lost")
    return {sdk::Verdict::kFailed, "Lost", absl::StrCat("the volume of ", ref.name, " is gone")};
  return {sdk::Verdict::kProgressing, "NotBound",
          absl::StrCat(ref.name, " has no volume of the class ",
                       request.instance.GetString("storageClass"), " yet")};
}

}  // namespace

const sdk::Trait kVolumeMounter = {
    .type = "volume-mounter",
    .summary = "The class of storage that a volume comes from",
    .schema = kVolumeMounterSchema,
    .applies_to = {sdk::kAnythingWithPodTemplate},
    .writes = {{"v1", "PersistentVolumeClaim", "/spec/storageClassName", sdk::WriteMode::kAdd}},
    .reads_workload = true,
    .render = Render,
    .assess = Assess,
};

}  // namespace weft::volume_mounter
