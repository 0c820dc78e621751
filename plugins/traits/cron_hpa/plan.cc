#include "plugins/traits/cron_hpa/plan.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

namespace weft::cron_hpa {
namespace {

constexpr size_t kMostFires = 1000;
// Where the search begins for a fire of a schedule that may have none: a fixed moment, because what
// is wrong with properties must not depend on the clock. Within 10 years there are 29th Februaries.
const absl::CivilDay kAnyDay(2024, 1, 1);

const json::array* FindArray(const json::value& properties, std::string_view name) {
  const json::value* found = json::Find(properties, name);
  return found == nullptr ? nullptr : found->if_array();
}

// The zone `name`, or UTC and an error.
absl::TimeZone ReadZone(const std::string& name, const std::string& pointer,
                        sdk::Diagnostics& diagnostics) {
  if (const std::optional<absl::TimeZone> zone = FindTimeZone(name)) return *zone;
  diagnostics.Error("UNKNOWN_TIME_ZONE", absl::StrCat("there is no time zone '", name, "'"),
                    pointer, "write a name of the IANA database, such as Europe/Berlin");
  return absl::UTCTimeZone();
}

std::optional<CronSchedule> ReadSchedule(const std::string& text, const std::string& pointer,
                                         sdk::Diagnostics& diagnostics) {
  const absl::StatusOr<CronSchedule> schedule = CronSchedule::Parse(text);
  if (schedule.ok()) return *schedule;
  diagnostics.Error("BAD_SCHEDULE", std::string(schedule.status().message()), pointer,
                    CronHintFor(text));
  return std::nullopt;
}

void ReadExcluded(const json::value& properties, Plan& plan, sdk::Diagnostics& diagnostics) {
  const json::array* patterns = FindArray(properties, "excludeDates");
  if (patterns == nullptr) return;
  for (size_t i = 0; i < patterns->size(); ++i) {
    const std::string pointer = absl::StrCat("/excludeDates/", i);
    const auto pattern = ReadSchedule(json::GetString((*patterns)[i], {}), pointer, diagnostics);
    if (!pattern.has_value()) continue;
    if (!pattern->IsWholeDay()) {
      diagnostics.Warning("WHOLE_DAY", "whole days are excluded, whatever the time of day says",
                          pointer, "write * for second, minute and hour");
    }
    plan.excluded.push_back(*pattern);
  }
}

void CheckFires(const Job& job, const Plan& plan, const std::string& pointer,
                sdk::Diagnostics& diagnostics) {
  const absl::Time any = absl::FromCivil(kAnyDay, job.zone);
  if (job.schedule.Next(any, job.zone, plan.excluded).has_value()) return;
  const bool excluded = job.schedule.Next(any, job.zone).has_value();
  diagnostics.Error("NEVER_FIRES", "this schedule never fires", pointer,
                    excluded ? "excludeDates leaves it no day" : "no month has such a day");
}

void ReadJob(const json::value& from, const std::string& pointer, const absl::TimeZone& zone,
             Plan& plan, sdk::Diagnostics& diagnostics) {
  Job job;
  job.name = json::GetString(from, {"name"});
  job.size = json::GetInt(from, {"targetSize"});
  job.once = json::GetBool(from, {"runOnce"});
  const std::string own_zone = json::GetString(from, {"timeZone"});
  job.zone = own_zone.empty() ? zone : ReadZone(own_zone, pointer + "/timeZone", diagnostics);
  const auto schedule =
      ReadSchedule(json::GetString(from, {"schedule"}), pointer + "/schedule", diagnostics);
  if (!schedule.has_value()) return;
  job.schedule = *schedule;
  CheckFires(job, plan, pointer + "/schedule", diagnostics);
  plan.jobs.push_back(std::move(job));
}

// Of a job that runs once, its first fire; else its latest.
std::optional<absl::Time> LatestOf(const Job& job, const Plan& plan, absl::Time attached,
                                   absl::Time now) {
  const auto fire = job.once ? job.schedule.Next(attached, job.zone, plan.excluded)
                             : job.schedule.Previous(now, job.zone, plan.excluded);
  return fire.has_value() && *fire > attached && *fire <= now ? fire : std::nullopt;
}

}  // namespace

Plan ReadPlan(const json::value& properties, sdk::Diagnostics& diagnostics) {
  Plan plan;
  ReadExcluded(properties, plan, diagnostics);
  const absl::TimeZone zone =
      ReadZone(json::GetString(properties, {"timeZone"}, "UTC"), "/timeZone", diagnostics);
  const json::array* jobs = FindArray(properties, "jobs");
  std::set<std::string> names;
  for (size_t i = 0; jobs != nullptr && i < jobs->size(); ++i) {
    const std::string pointer = absl::StrCat("/jobs/", i);
    const std::string name = json::GetString((*jobs)[i], {"name"});
    if (!names.insert(name).second) {
      diagnostics.Error("DUPLICATE_NAME", absl::StrCat("another job is called '", name, "' too"),
                        pointer + "/name");
    }
    ReadJob((*jobs)[i], pointer, zone, plan, diagnostics);
  }
  return plan;
}

std::optional<Fire> LatestFire(const Plan& plan, absl::Time attached, absl::Time now) {
  std::optional<Fire> latest;
  for (const Job& job : plan.jobs) {
    const std::optional<absl::Time> time = LatestOf(job, plan, attached, now);
    if (time.has_value() && (!latest.has_value() || *time >= latest->time))
      latest = Fire{*time, &job};
  }
  return latest;
}

std::optional<Fire> NextFire(const Plan& plan, absl::Time after) {
  std::optional<Fire> next;
  for (const Job& job : plan.jobs) {
    const std::optional<absl::Time> time = job.schedule.Next(after, job.zone, plan.excluded);
    if (time.has_value() && (!next.has_value() || *time < next->time)) next = Fire{*time, &job};
  }
  return next;
}

std::vector<Fire> Fires(const Plan& plan, absl::Time from, absl::Time to) {
  std::vector<Fire> fires;
  for (const Job& job : plan.jobs) {
    size_t of_job = 0;
    const size_t most = job.once ? 1 : kMostFires;
    absl::Time after = from - absl::Nanoseconds(1);
    while (of_job < most) {
      const auto time = job.schedule.Next(after, job.zone, plan.excluded);
      if (!time.has_value() || *time >= to) break;
      fires.push_back({*time, &job});
      after = *time;
      ++of_job;
    }
  }
  std::stable_sort(fires.begin(), fires.end(),
                   [](const Fire& a, const Fire& b) { return a.time < b.time; });
  if (fires.size() > kMostFires) fires.resize(kMostFires);
  return fires;
}

std::string Replicas(int64_t size) {
  return absl::StrCat(size, size == 1 ? " replica" : " replicas");
}

std::string FormatUtc(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

}  // namespace weft::cron_hpa
