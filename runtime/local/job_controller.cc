#include "runtime/local/job_controller.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace weft::local {
namespace {

std::string SettingOf(const std::string& key) { return absl::StrCat("record of ", key); }

}  // namespace

absl::StatusOr<absl::Duration> JobController::Keep(const ObjectPtr& object, std::vector<Pod> pods) {
  const std::string key = LocalKey(object->ref);
  const auto& spec = std::get<JobSpec>(object->spec);
  WEFT_ASSIGN_OR_RETURN(const std::string text, parts_.objects.ReadSetting(SettingOf(key)));
  JobPlan plan = PlanJob(object->ref, spec, JobRecordFromJson(text), pods, parts_.now());
  if (std::string next = JobRecordToJson(plan.record); next != text)
    WEFT_RETURN_IF_ERROR(parts_.objects.WriteSetting(SettingOf(key), next));
  WEFT_ASSIGN_OR_RETURN(
      const absl::Duration again,
      Carry(object, spec.pod, std::move(plan.pods), pods,
            [&](const std::vector<Pod>& all) { return JobStatusJson(spec, plan.record, all); }));
  return std::min(again, plan.again);
}

absl::Status JobController::Gone(const std::string& key) {
  return parts_.objects.RemoveSetting(SettingOf(key));
}

}  // namespace weft::local
