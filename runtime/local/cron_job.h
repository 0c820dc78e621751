#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "runtime/local/job.h"
#include "runtime/local/object.h"

// A CronJob: when the next of its Jobs begins, and which of them go. Pure. Source: Kubernetes,
// CronJob.
namespace weft::local {

// What must be known of a CronJob whatever becomes of its Jobs.
struct CronJobRecord {
  absl::Time since = absl::InfinitePast();  // What was due until then is seen to.
  absl::Time last_schedule = absl::InfinitePast();
  absl::Time last_success = absl::InfinitePast();

  bool operator==(const CronJobRecord&) const = default;
};

std::string CronJobRecordToJson(const CronJobRecord& record);
// Of a text that is not one: an empty one.
CronJobRecord CronJobRecordFromJson(const std::string& text);

// One of its Jobs.
struct CronJobRun {
  ObjectRef ref;
  absl::Time due;
  absl::Duration ttl = absl::InfiniteDuration();  // Since its end.
  bool deleting = false;
  std::optional<JobRecord::End> end = {};
};

// The Job that is due at a time, and back; InfinitePast: it is none of them.
ObjectRef JobDueAt(const ObjectRef& cron_job, absl::Time due);
absl::Time DueOf(const ObjectRef& cron_job, const ObjectRef& job);

struct CronJobPlan {
  std::optional<absl::Time> begin;  // The Job that is due then begins, before all else.
  CronJobRecord record;             // Then this is kept.
  std::vector<ObjectRef> remove;    // Then these go.
  absl::Duration again = absl::InfiniteDuration();  // When time alone changes something.
};

// The next step. A clock that was set back begins nothing twice.
CronJobPlan PlanCronJob(const CronJobSpec& spec, CronJobRecord record, std::vector<CronJobRun> runs,
                        absl::Time now);

// Source: Kubernetes API, batch/v1 CronJobStatus.
std::string CronJobStatusJson(const CronJobRecord& record, const std::vector<CronJobRun>& runs);

}  // namespace weft::local
