#include "runtime/local/job_controller.h"

#include <algorithm>

#include "core/base/status.h"

namespace weft::local {

absl::StatusOr<absl::Duration> JobController::Keep(const ObjectPtr& object, std::vector<Pod> pods) {
  const std::string key = LocalKey(object->ref);
  const auto& spec = std::get<JobSpec>(object->spec);
  WEFT_ASSIGN_OR_RETURN(const std::string text, parts_.objects.ReadSetting(RecordSetting(key)));
  JobPlan plan = PlanJob(object->ref, spec, JobRecordFromJson(text), pods, parts_.now());
  if (std::string next = JobRecordToJson(plan.record); next != text) {
    WEFT_RETURN_IF_ERROR(parts_.objects.WriteSetting(RecordSetting(key), next));
    if (!object->parent.empty()) parts_.wake(object->parent);
  }
  WEFT_ASSIGN_OR_RETURN(
      const absl::Duration again,
      Carry(object, spec.pod, std::move(plan.pods), pods,
            [&](const std::vector<Pod>& all) { return JobStatusJson(spec, plan.record, all); }));
  return std::min(again, plan.again);
}

absl::Status JobController::Gone(const Object& job) {
  return parts_.objects.RemoveSetting(RecordSetting(LocalKey(job.ref)));
}

}  // namespace weft::local
