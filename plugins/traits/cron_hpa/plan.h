#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/base/cron_schedule.h"
#include "plugins/sdk/provider.h"

// What the properties of an instance mean. Pure.
namespace weft::cron_hpa {

struct Job {
  std::string name;
  CronSchedule schedule;
  absl::TimeZone zone;
  int64_t size = 0;
  bool once = false;  // Only its first fire after the instance was attached counts.
};

struct Plan {
  std::vector<Job> jobs;               // In the document's order.
  std::vector<CronSchedule> excluded;  // Days of each job's zone on which it does not fire.
};

// `properties` satisfy the schema. Adds everything that is wrong; after an error the plan lacks
// what it is about.
Plan ReadPlan(const json::value& properties, sdk::Diagnostics& diagnostics);

// One fire of a job.
struct Fire {
  absl::Time time;
  const Job* job = nullptr;  // Of the plan, which outlives it.
};

// The fire that says the size at `now`: the latest in (attached, now], of several at once the one
// that is later in the list. Nothing: no job has fired, the size is the document's.
std::optional<Fire> LatestFire(const Plan& plan, absl::Time attached, absl::Time now);

// The next fire after `after`, of several at once the one that is first in the list. It does not
// know which jobs that run once did so already. Nothing: no job fires within 10 years.
std::optional<Fire> NextFire(const Plan& plan, absl::Time after);

// All fires in [from, to) by time, then in the order of the list; at most the first 1,000. Of a job
// that runs once only the first, since it is not known whether it did so already.
std::vector<Fire> Fires(const Plan& plan, absl::Time from, absl::Time to);

// "1 replica", "3 replicas".
std::string Replicas(int64_t size);
// "2026-03-01T07:00:00Z"
std::string FormatUtc(absl::Time time);

}  // namespace weft::cron_hpa
