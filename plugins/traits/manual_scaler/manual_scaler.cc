#include "plugins/traits/manual_scaler/manual_scaler.h"

#include "absl/strings/str_cat.h"
#include "plugins/traits/manual_scaler/schema.json.h"

namespace weft::manual_scaler {
namespace {

sdk::Parts Render(const sdk::TraitRequest& request, sdk::Diagnostics&) {
  sdk::Parts parts;
  parts.Merge(request.workload.Primary(), request.workload.shape.scale,
              request.instance.GetInt("replicaCount"));
  return parts;
}

sdk::Health Assess(const sdk::AssessRequest& request) {
  const sdk::SteeredValue* steered = request.SteeredScale();
  const int64_t wanted = steered == nullptr ? request.instance.GetInt("replicaCount")
                                            : json::GetInt(steered->value, {});
  const sdk::Projection* scaled =
      request.Find({request.shape.api_version, request.shape.kind, request.instance.name, ""});
  if (scaled == nullptr || !scaled->up_to_date)
    return {sdk::Verdict::kProgressing, "Scaling", absl::StrCat("to ", wanted)};
  // The pods of a Job come to an end: so many run at once, while there is something to do.
  if (request.shape.kind == "Job")
    return {sdk::Verdict::kHealthy, "Scaled", absl::StrCat("at most ", wanted, " at once")};
  const int64_t ready = json::GetInt(scaled->status, {"readyReplicas"});
  std::string message = absl::StrCat(ready, " of ", wanted, " ready");
  if (steered != nullptr) absl::StrAppend(&message, ": ", steered->reason);
  if (ready == wanted) return {sdk::Verdict::kHealthy, "Scaled", message};
  return {sdk::Verdict::kProgressing, "Scaling", message};
}

}  // namespace

const sdk::Trait kManualScaler = {
    .type = "manual-scaler",
    .summary = "A fixed number of replicas",
    .schema = kManualScalerSchema,
    .applies_to = {sdk::kAnythingWithScale},
    .writes = {sdk::OverrideScale()},
    .reads_shape = true,
    .render = Render,
    .assess = Assess,
};

}  // namespace weft::manual_scaler
