#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/local/controller.h"
#include "runtime/local/cron_job.h"

namespace weft::local {

// Makes the Jobs of a CronJob when they are due, which the Jobs' controller then carries out, and
// removes them. See controller.h. Thread-safe, for different CronJobs at once.
class CronJobController {
 public:
  explicit CronJobController(Parts parts) : parts_(std::move(parts)) {}

  absl::StatusOr<absl::Duration> Reconcile(const std::string& key);

 private:
  absl::StatusOr<std::vector<CronJobRun>> RunsOf(const ObjectRef& cron_job);
  absl::Status Begin(const Object& cron_job, const CronJobSpec& spec, absl::Time due);
  absl::Status End(const ObjectRef& cron_job);

  const Parts parts_;
};

}  // namespace weft::local
