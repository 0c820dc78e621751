#include "plugins/workloads/task/health.h"

#include "absl/strings/str_cat.h"
#include "core/base/json_list.h"
#include "plugins/workloads/pods/health.h"

namespace weft::task {

sdk::Health Assess(const sdk::AssessRequest& request) {
  const sdk::Projection* job =
      request.Find({request.shape.api_version, request.shape.kind, request.instance.name, ""});
  if (job == nullptr || !job->up_to_date)
    return {sdk::Verdict::kProgressing, "NotCreated", "the platform has not taken it yet"};
  // Source: Kubernetes API, batch/v1 JobStatus.
  for (const json::value& condition : json::ListAt(job->status, "conditions")) {
    if (json::GetString(condition, {"status"}) != "True") continue;
    const std::string type = json::GetString(condition, {"type"});
    const std::string message = json::GetString(condition, {"message"});
    if (type == "Complete") return {sdk::Verdict::kHealthy, "Completed", message};
    if (type == "Failed")
      return {sdk::Verdict::kFailed, json::GetString(condition, {"reason"}, type), message};
    if (type == "Suspended") return {sdk::Verdict::kHealthy, "Suspended", message};
  }
  const int64_t failed = json::GetInt(job->status, {"failed"});
  sdk::Health health{
      sdk::Verdict::kProgressing, "Running",
      absl::StrCat(json::GetInt(job->status, {"active"}), " active, ",
                   json::GetInt(job->status, {"succeeded"}), " succeeded, ", failed, " failed")};
  if (const pods::Trouble trouble = pods::TroubleOf(request); !trouble.reason.empty())
    return {sdk::Verdict::kDegraded, trouble.reason,
            absl::StrCat(health.message, "; ", trouble.message)};
  if (failed > 0) health.reason = "Retrying";
  return health;
}

}  // namespace weft::task
