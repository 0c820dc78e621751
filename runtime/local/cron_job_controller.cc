#include "runtime/local/cron_job_controller.h"

#include <spdlog/spdlog.h>

#include "core/base/status.h"

namespace weft::local {

absl::StatusOr<std::vector<CronJobRun>> CronJobController::RunsOf(const ObjectRef& cron_job) {
  std::vector<CronJobRun> runs;
  for (const ObjectPtr& job : parts_.objects.ChildrenOf(cron_job)) {
    WEFT_ASSIGN_OR_RETURN(const std::string record,
                          parts_.objects.ReadSetting(RecordSetting(LocalKey(job->ref))));
    const auto* spec = std::get_if<JobSpec>(&job->spec);
    runs.push_back({job->ref, DueOf(cron_job, job->ref),
                    spec == nullptr ? absl::InfiniteDuration() : spec->ttl, job->deleting,
                    JobRecordFromJson(record).end});
  }
  return runs;
}

absl::StatusOr<absl::Duration> CronJobController::Reconcile(const std::string& key) {
  const ObjectPtr object = parts_.objects.Find(key);
  if (object == nullptr) return absl::InfiniteDuration();
  if (object->deleting) {
    WEFT_RETURN_IF_ERROR(End(object->ref));
    return absl::InfiniteDuration();
  }
  const auto* spec = std::get_if<CronJobSpec>(&object->spec);
  if (spec == nullptr) return absl::InfiniteDuration();
  WEFT_ASSIGN_OR_RETURN(const std::vector<CronJobRun> runs, RunsOf(object->ref));
  WEFT_ASSIGN_OR_RETURN(const std::string text, parts_.objects.ReadSetting(RecordSetting(key)));
  const CronJobPlan plan = PlanCronJob(*spec, CronJobRecordFromJson(text), runs, parts_.now());
  if (plan.begin.has_value()) WEFT_RETURN_IF_ERROR(Begin(*object, *spec, *plan.begin));
  if (const std::string next = CronJobRecordToJson(plan.record); next != text)
    WEFT_RETURN_IF_ERROR(parts_.objects.WriteSetting(RecordSetting(key), next));
  WEFT_RETURN_IF_ERROR(parts_.objects.Delete(plan.remove, key));
  WEFT_ASSIGN_OR_RETURN(const std::vector<CronJobRun> left, RunsOf(object->ref));
  parts_.board.SetStatus(key, object->generation, CronJobStatusJson(plan.record, left), true);
  return plan.again;
}

absl::Status CronJobController::Begin(const Object& cron_job, const CronJobSpec& spec,
                                      absl::Time due) {
  const ObjectRef ref = JobDueAt(cron_job.ref, due);
  if (const ObjectPtr other = parts_.objects.Find(LocalKey(ref));
      other != nullptr && other->parent != LocalKey(cron_job.ref)) {
    spdlog::warn("msg=\"a job that is due has the name of another\" namespace={} job={}", ref.ns,
                 ref.name);
    return absl::OkStatus();
  }
  WEFT_ASSIGN_OR_RETURN(Candidate job, ChildOf(cron_job, ref, spec.job));
  WEFT_RETURN_IF_ERROR(parts_.objects.Make({std::move(job)}));
  spdlog::info("msg=\"a job is due\" namespace={} cron_job={} job={}", ref.ns, cron_job.ref.name,
               ref.name);
  return absl::OkStatus();
}

// Its Jobs go first, with their pods; the end of each wakes this.
absl::Status CronJobController::End(const ObjectRef& cron_job) {
  WEFT_RETURN_IF_ERROR(parts_.objects.DeleteChildren(cron_job));
  if (!parts_.objects.ChildrenOf(cron_job).empty()) return absl::OkStatus();
  WEFT_RETURN_IF_ERROR(parts_.objects.RemoveSetting(RecordSetting(LocalKey(cron_job))));
  WEFT_RETURN_IF_ERROR(parts_.objects.Forget(cron_job));
  parts_.wake(LocalKey("Network", cron_job.ns, ""));
  return absl::OkStatus();
}

}  // namespace weft::local
