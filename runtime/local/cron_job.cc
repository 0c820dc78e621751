#include "runtime/local/cron_job.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/json.h"

namespace weft::local {
namespace {

bool IsActive(const CronJobRun& run) { return !run.end.has_value() && !run.deleting; }

// The last time that is due and not seen to, if it is not too late for it.
std::optional<absl::Time> DueNow(const CronJobSpec& spec, const CronJobRecord& record,
                                 absl::Time now) {
  const std::optional<absl::Time> last = spec.schedule.Previous(now, spec.zone);
  if (!last.has_value() || *last <= std::max(record.since, now - spec.starting_deadline))
    return std::nullopt;
  return last;
}

// Those that are over, but for the last ones.
void RemoveHistory(const std::vector<CronJobRun>& runs, bool complete, int keep,
                   std::vector<ObjectRef>& remove) {
  std::vector<const CronJobRun*> over;
  for (const CronJobRun& run : runs)
    if (run.end.has_value() && run.end->complete == complete && !run.deleting) over.push_back(&run);
  std::ranges::sort(over, {}, [](const CronJobRun* run) { return run->due; });
  for (size_t i = 0; i + static_cast<size_t>(keep) < over.size(); ++i)
    remove.push_back(over[i]->ref);
}

}  // namespace

std::string CronJobRecordToJson(const CronJobRecord& record) {
  json::object v;
  const auto put = [&](const char* field, absl::Time time) {
    if (time > absl::InfinitePast()) v[field] = TimeText(time);
  };
  put("since", record.since);
  put("lastSchedule", record.last_schedule);
  put("lastSuccess", record.last_success);
  return json::Canonical(v);
}

CronJobRecord CronJobRecordFromJson(const std::string& text) {
  CronJobRecord record;
  const absl::StatusOr<json::value> v = json::Parse(text);
  if (!v.ok()) return record;
  record.since = TimeOf(json::GetString(*v, {"since"}));
  record.last_schedule = TimeOf(json::GetString(*v, {"lastSchedule"}));
  record.last_success = TimeOf(json::GetString(*v, {"lastSuccess"}));
  return record;
}

// Source: Kubernetes, getJobName.
ObjectRef JobDueAt(const ObjectRef& cron_job, absl::Time due) {
  return {"batch/v1", "Job", cron_job.ns,
          absl::StrCat(cron_job.name, "-", absl::ToUnixSeconds(due) / 60)};
}

absl::Time DueOf(const ObjectRef& cron_job, const ObjectRef& job) {
  int64_t minutes = 0;
  const std::string prefix = cron_job.name + "-";
  if (!job.name.starts_with(prefix) || !absl::SimpleAtoi(job.name.substr(prefix.size()), &minutes))
    return absl::InfinitePast();
  return absl::FromUnixSeconds(minutes * 60);
}

CronJobPlan PlanCronJob(const CronJobSpec& spec, CronJobRecord record, std::vector<CronJobRun> runs,
                        absl::Time now) {
  CronJobPlan plan;
  if (record.since == absl::InfinitePast()) record.since = now;
  // This process ended before it could write that they began.
  for (const CronJobRun& run : runs) {
    record.since = std::max(record.since, run.due);
    record.last_schedule = std::max(record.last_schedule, run.due);
    if (run.end.has_value() && run.end->complete)
      record.last_success = std::max(record.last_success, run.end->time);
  }
  const bool active = std::ranges::any_of(runs, IsActive);
  const std::optional<absl::Time> due = DueNow(spec, record, now);
  if (due.has_value() && !spec.suspend &&
      (spec.concurrency != CronJobSpec::Concurrency::kForbid || !active)) {
    plan.begin = record.since = record.last_schedule = *due;
    if (spec.concurrency == CronJobSpec::Concurrency::kReplace)
      for (const CronJobRun& run : runs)
        if (IsActive(run)) plan.remove.push_back(run.ref);
  }
  for (CronJobRun& run : runs) {
    if (!run.end.has_value() || run.deleting) continue;
    const absl::Duration left = run.end->time + run.ttl - now;
    if (left > absl::ZeroDuration()) {
      plan.again = std::min(plan.again, left);
    } else {
      plan.remove.push_back(run.ref);
      run.deleting = true;
    }
  }
  RemoveHistory(runs, /*complete=*/true, spec.successful_history, plan.remove);
  RemoveHistory(runs, /*complete=*/false, spec.failed_history, plan.remove);
  const std::optional<absl::Time> next = spec.schedule.Next(now, spec.zone);
  if (next.has_value() && !spec.suspend) plan.again = std::min(plan.again, *next - now);
  plan.record = record;
  return plan;
}

std::string CronJobStatusJson(const CronJobRecord& record, const std::vector<CronJobRun>& runs) {
  json::array active;
  for (const CronJobRun& run : runs)
    if (IsActive(run))
      active.push_back(json::object{{"apiVersion", run.ref.api_version},
                                    {"kind", run.ref.kind},
                                    {"name", run.ref.name},
                                    {"namespace", run.ref.ns}});
  json::object status;
  if (!active.empty()) status["active"] = std::move(active);
  if (record.last_schedule > absl::InfinitePast())
    status["lastScheduleTime"] = TimeText(record.last_schedule);
  if (record.last_success > absl::InfinitePast())
    status["lastSuccessfulTime"] = TimeText(record.last_success);
  return json::Canonical(status);
}

}  // namespace weft::local
