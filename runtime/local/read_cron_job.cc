// Reads a CronJob: Kubernetes API, batch/v1 CronJobSpec.
#include "absl/strings/str_cat.h"
#include "runtime/local/reader.h"

namespace weft::local {
namespace {

constexpr size_t kLongestName = 52;  // Its Jobs' names say when they were due, too.
constexpr int64_t kMostHistory = 1000;

CronJobSpec::Concurrency ConcurrencyFrom(const std::string& name) {
  if (name == "Forbid") return CronJobSpec::Concurrency::kForbid;
  return name == "Replace" ? CronJobSpec::Concurrency::kReplace : CronJobSpec::Concurrency::kAllow;
}

void ReadSchedule(const json::value& object, CronJobSpec& spec, std::vector<Problem>& problems) {
  const std::string text = json::GetString(object, {"spec", "schedule"});
  const absl::StatusOr<CronSchedule> schedule = CronSchedule::ParseMinutes(text);
  if (schedule.ok()) {
    spec.schedule = *schedule;
  } else {
    Refuse(problems, "/spec/schedule", std::string(schedule.status().message()), text,
           "such as \"30 8 * * mon-fri\"");
  }
  const std::string name = json::GetString(object, {"spec", "timeZone"}, "UTC");
  const std::optional<absl::TimeZone> zone = FindTimeZone(name);
  spec.zone = zone.value_or(absl::UTCTimeZone());
  if (!zone.has_value())
    Refuse(problems, "/spec/timeZone", "there is no such time zone", name,
           "a name of the IANA database, such as Europe/Berlin");
}

}  // namespace

Spec ReadCronJob(const json::value& object, const Machine& machine,
                 std::vector<Problem>& problems) {
  CronJobSpec spec;
  if (const std::string name = json::GetString(object, {"metadata", "name"});
      name.size() > kLongestName)
    Refuse(problems, "/metadata/name", "the name of a CronJob is too long", name,
           absl::StrCat("at most ", kLongestName, " characters"));
  Reader reader = SpecOf(object, problems);
  ReadSchedule(object, spec, problems);
  spec.concurrency =
      ConcurrencyFrom(reader.OneOf("concurrencyPolicy", "Allow", {"Allow", "Forbid", "Replace"}));
  if (json::FindPath(object, {"spec", "startingDeadlineSeconds"}) != nullptr)
    spec.starting_deadline =
        absl::Seconds(reader.Integer("startingDeadlineSeconds", 0, 0, kMostSeconds));
  spec.suspend = json::GetBool(object, {"spec", "suspend"});
  spec.successful_history =
      static_cast<int>(reader.Integer("successfulJobsHistoryLimit", 3, 0, kMostHistory));
  spec.failed_history =
      static_cast<int>(reader.Integer("failedJobsHistoryLimit", 1, 0, kMostHistory));
  static const auto* const none = new json::value(json::object());
  const json::value* job = json::FindPath(object, {"spec", "jobTemplate"});
  spec.job = ReadNested(object, job == nullptr ? *none : *job, "/spec/jobTemplate", "batch/v1",
                        "Job", &ReadJob, machine, problems);
  return spec;
}

}  // namespace weft::local
