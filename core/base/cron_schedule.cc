// When schedules fire: arithmetic on local times.
#include "core/base/cron_schedule.h"

#include <bit>

namespace weft {
namespace {

constexpr int kHorizonDays = 3653;  // 10 years.

// The lowest bit of `bits` from `from` on, or the highest up to `to`; -1: there is none.
int LowestFrom(uint64_t bits, int from) {
  const uint64_t rest = bits >> from << from;
  return rest == 0 ? -1 : std::countr_zero(rest);
}
int HighestTo(uint64_t bits, int to) {
  if (to < 0) return -1;
  const uint64_t rest = bits << (63 - to) >> (63 - to);
  return static_cast<int>(std::bit_width(rest)) - 1;
}

absl::Time FireOf(absl::CivilSecond local, const absl::TimeZone& zone) {
  const absl::TimeZone::TimeInfo info = zone.At(local);
  return info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre;
}

// Local times before this one have come at `at`, for the first time; others have not. `at` itself
// counts as come.
absl::CivilSecond FirstNotCome(absl::Time at, const absl::TimeZone& zone) {
  const absl::CivilSecond local = zone.At(at).cs;
  const absl::TimeZone::TimeInfo info = zone.At(local);
  // The clock shows `local` again: it already came as far as where it was put back.
  if (info.kind == absl::TimeZone::TimeInfo::REPEATED && at >= info.trans)
    return zone.At(info.trans - absl::Seconds(1)).cs + 1;
  return local + 1;
}

}  // namespace

bool CronSchedule::MatchesDay(absl::CivilDay day) const {
  if ((months_ >> day.month() & 1) == 0) return false;
  const int weekday =
      (static_cast<int>(absl::GetWeekday(day)) + 1) % 7;  // Abseil begins on Monday.
  const bool by_day = (days_ >> day.day() & 1) != 0;
  const bool by_weekday = (weekdays_ >> weekday & 1) != 0;
  if (days_restricted_ && weekdays_restricted_) return by_day || by_weekday;
  return by_day && by_weekday;
}

bool CronSchedule::IsWholeDay() const {
  const uint64_t sixty = (uint64_t{1} << 60) - 1;
  return seconds_ == sixty && minutes_ == sixty && hours_ == (uint32_t{1} << 24) - 1;
}

bool CronSchedule::FiresOn(absl::CivilDay day, const Excluded& excluded) const {
  if (!MatchesDay(day)) return false;
  for (const CronSchedule& pattern : excluded) {
    if (pattern.MatchesDay(day)) return false;
  }
  return true;
}

// The first matching time of a day that matches, from `from` on; nothing: there is none that day.
std::optional<absl::CivilSecond> CronSchedule::FirstOf(absl::CivilSecond from) const {
  const absl::CivilDay day(from);
  int hour = LowestFrom(hours_, from.hour());
  int minute = LowestFrom(minutes_, 0);
  int second = LowestFrom(seconds_, 0);
  if (hour == from.hour()) {
    minute = LowestFrom(minutes_, from.minute());
    if (minute == from.minute()) {
      second = LowestFrom(seconds_, from.second());
      if (second < 0) minute = LowestFrom(minutes_, minute + 1);
    }
    if (minute < 0) hour = LowestFrom(hours_, hour + 1);
  }
  if (hour < 0) return std::nullopt;
  if (minute < 0) minute = LowestFrom(minutes_, 0);
  if (second < 0) second = LowestFrom(seconds_, 0);
  return absl::CivilSecond(day.year(), day.month(), day.day(), hour, minute, second);
}

// The last matching time of a day that matches, up to `to`.
std::optional<absl::CivilSecond> CronSchedule::LastOf(absl::CivilSecond to) const {
  const absl::CivilDay day(to);
  int hour = HighestTo(hours_, to.hour());
  int minute = HighestTo(minutes_, 59);
  int second = HighestTo(seconds_, 59);
  if (hour == to.hour()) {
    minute = HighestTo(minutes_, to.minute());
    if (minute == to.minute()) {
      second = HighestTo(seconds_, to.second());
      if (second < 0) minute = HighestTo(minutes_, minute - 1);
    }
    if (minute < 0) hour = HighestTo(hours_, hour - 1);
  }
  if (hour < 0) return std::nullopt;
  if (minute < 0) minute = HighestTo(minutes_, 59);
  if (second < 0) second = HighestTo(seconds_, 59);
  return absl::CivilSecond(day.year(), day.month(), day.day(), hour, minute, second);
}

std::optional<absl::CivilSecond> CronSchedule::FirstFrom(absl::CivilSecond from,
                                                         const Excluded& excluded) const {
  const absl::CivilDay last = absl::CivilDay(from) + kHorizonDays;
  while (absl::CivilDay(from) <= last) {
    const absl::CivilDay day(from);
    if ((months_ >> day.month() & 1) == 0) {
      from = absl::CivilSecond(absl::CivilMonth(day) + 1);
      continue;
    }
    const auto found = FiresOn(day, excluded) ? FirstOf(from) : std::nullopt;
    if (found.has_value()) return found;
    from = absl::CivilSecond(day + 1);
  }
  return std::nullopt;
}

std::optional<absl::CivilSecond> CronSchedule::LastTo(absl::CivilSecond to,
                                                      const Excluded& excluded) const {
  const absl::CivilDay first = absl::CivilDay(to) - kHorizonDays;
  while (absl::CivilDay(to) >= first) {
    const absl::CivilDay day(to);
    if ((months_ >> day.month() & 1) == 0) {
      to = absl::CivilSecond(absl::CivilMonth(day)) - 1;
      continue;
    }
    const auto found = FiresOn(day, excluded) ? LastOf(to) : std::nullopt;
    if (found.has_value()) return found;
    to = absl::CivilSecond(day) - 1;
  }
  return std::nullopt;
}

// Later local times never fire earlier, so that the first local time that has not come is the next.
std::optional<absl::Time> CronSchedule::Next(absl::Time after, const absl::TimeZone& zone,
                                             const Excluded& excluded) const {
  const auto local = FirstFrom(FirstNotCome(after, zone), excluded);
  if (!local.has_value()) return std::nullopt;
  return FireOf(*local, zone);
}

std::optional<absl::Time> CronSchedule::Previous(absl::Time at, const absl::TimeZone& zone,
                                                 const Excluded& excluded) const {
  const auto local = LastTo(FirstNotCome(at, zone) - 1, excluded);
  if (!local.has_value()) return std::nullopt;
  return FireOf(*local, zone);
}

}  // namespace weft
