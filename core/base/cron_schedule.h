#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace weft {

// When something fires, as crontab(5) writes it with the seconds first:
//
//   second 0-59, minute 0-59, hour 0-23, day of month 1-31, month 1-12 or jan-dec,
//   day of week 0-7 or sun-sat (0 and 7 are Sunday)
//
// A field is a list of `*`, `a`, `a-b`, each with `/step` if wanted; `a/step` goes on to the
// field's end. `?` is `*` in the two day fields. Where both day fields are restricted (neither is
// `*` nor `?`), a day that matches either of them matches. @hourly, @daily, @midnight, @weekly,
// @monthly, @yearly and @annually stand for what crontab(5) says.
//
// A schedule is a set of local times, and so of instants: a time that does not exist, because
// clocks are put forward over it, fires at the moment that the gap ends (several of them once); a
// time that comes twice, because clocks are put back, fires the first time only.
//
// A value; its functions are pure and take a time that does not grow with the distance to the fire
// beyond 10 years of days.
class CronSchedule {
 public:
  // INVALID_ARGUMENT, saying which field is wrong and why.
  static absl::StatusOr<CronSchedule> Parse(std::string_view text);
  // The same without the seconds, as crontab(5) and Kubernetes write it: minutes, as they begin.
  static absl::StatusOr<CronSchedule> ParseMinutes(std::string_view text);

  // The first fire after `after`, or the last at or before `at`, in `zone`, on a day that none of
  // `excluded` matches; nothing if there is none within 10 years.
  std::optional<absl::Time> Next(absl::Time after, const absl::TimeZone& zone,
                                 const std::vector<CronSchedule>& excluded = {}) const;
  std::optional<absl::Time> Previous(absl::Time at, const absl::TimeZone& zone,
                                     const std::vector<CronSchedule>& excluded = {}) const;

  // Whether it may fire on this day: its times are not looked at.
  bool MatchesDay(absl::CivilDay day) const;
  // Whether it fires at every second of the days on which it fires.
  bool IsWholeDay() const;

 private:
  using Excluded = std::vector<CronSchedule>;

  static absl::StatusOr<CronSchedule> ParseFrom(size_t first_field, std::string_view text);
  absl::Status SetField(size_t index, std::string_view text);
  bool FiresOn(absl::CivilDay day, const Excluded& excluded) const;
  std::optional<absl::CivilSecond> FirstFrom(absl::CivilSecond from,
                                             const Excluded& excluded) const;
  std::optional<absl::CivilSecond> LastTo(absl::CivilSecond to, const Excluded& excluded) const;
  std::optional<absl::CivilSecond> FirstOf(absl::CivilSecond from) const;
  std::optional<absl::CivilSecond> LastOf(absl::CivilSecond to) const;

  // A bit for each value that matches.
  uint64_t seconds_ = 0;
  uint64_t minutes_ = 0;
  uint32_t hours_ = 0;
  uint32_t days_ = 0;
  uint16_t months_ = 0;
  uint8_t weekdays_ = 0;  // Sunday is bit 0.
  bool days_restricted_ = false;
  bool weekdays_restricted_ = false;
};

// The time zone of this name in the IANA database; nothing: there is none.
std::optional<absl::TimeZone> FindTimeZone(const std::string& name);

// What the author of a schedule that Parse refuses may have meant; empty: no idea.
std::string CronHintFor(std::string_view text);

}  // namespace weft
