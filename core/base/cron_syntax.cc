// How schedules are written: Parse, and names of zones.
#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/base/cron_schedule.h"
#include "core/base/status.h"

namespace weft {
namespace {

struct FieldKind {
  const char* name;
  int first;
  int last;
  int end;            // Where `*` and `a/step` end.
  const char* words;  // Names of the values from `first` on, 3 letters each.
  bool day = false;   // Takes `?`.
};
constexpr std::array<FieldKind, 6> kFields = {{
    {"second", 0, 59, 59, ""},
    {"minute", 0, 59, 59, ""},
    {"hour", 0, 23, 23, ""},
    {"day of month", 1, 31, 31, "", true},
    {"month", 1, 12, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
    {"day of week", 0, 7, 6, "sunmontuewedthufrisat", true},
}};

constexpr std::array<std::pair<absl::string_view, absl::string_view>, 7> kMacros = {{
    {"@hourly", "0 0 * * * *"},
    {"@daily", "0 0 0 * * *"},
    {"@midnight", "0 0 0 * * *"},
    {"@weekly", "0 0 0 * * 0"},
    {"@monthly", "0 0 0 1 * *"},
    {"@yearly", "0 0 0 1 1 *"},
    {"@annually", "0 0 0 1 1 *"},
}};

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

std::vector<std::string> FieldsOf(absl::string_view text) {
  return absl::StrSplit(text, absl::ByAnyChar(" \t"), absl::SkipEmpty());
}

absl::Status Bad(const FieldKind& kind, absl::string_view item, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("the ", kind.name, " '", item, "' ", why));
}

absl::StatusOr<int> ParseValue(const FieldKind& kind, absl::string_view text) {
  int value = 0;
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  if (digits && absl::SimpleAtoi(text, &value)) {
    if (value >= kind.first && value <= kind.last) return value;
  } else if (text.size() == 3) {
    const size_t at = absl::string_view(kind.words).find(absl::AsciiStrToLower(text));
    if (at != absl::string_view::npos && at % 3 == 0) return kind.first + static_cast<int>(at / 3);
  }
  return Bad(kind, text,
             absl::StrCat("is not in ", kind.first, "-", kind.last,
                          *kind.words == '\0' ? "" : " nor a name of three letters"));
}

absl::StatusOr<int> ParseStep(const FieldKind& kind, absl::string_view text) {
  int step = 0;
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  if (digits && absl::SimpleAtoi(text, &step) && step >= 1 && step <= kind.last) return step;
  return Bad(kind, absl::StrCat("/", text), absl::StrCat("is not a step of 1 to ", kind.last));
}

bool IsAny(const FieldKind& kind, absl::string_view text) {
  return text == "*" || (kind.day && text == "?");
}

// The bits of one element of a list.
absl::StatusOr<uint64_t> ParseItem(const FieldKind& kind, absl::string_view item) {
  const std::vector<absl::string_view> parts = absl::StrSplit(item, absl::MaxSplits('/', 1));
  const std::vector<absl::string_view> ends = absl::StrSplit(parts[0], absl::MaxSplits('-', 1));
  int step = 1;
  if (parts.size() == 2) {
    WEFT_ASSIGN_OR_RETURN(step, ParseStep(kind, parts[1]));
  }
  int first = kind.first;
  int last = kind.end;
  if (!IsAny(kind, parts[0])) {
    WEFT_ASSIGN_OR_RETURN(first, ParseValue(kind, ends[0]));
    if (ends.size() == 2) {
      WEFT_ASSIGN_OR_RETURN(last, ParseValue(kind, ends[1]));
    } else if (parts.size() == 1) {
      last = first;
    }
  }
  if (last < first) return Bad(kind, item, "ends before it begins");
  uint64_t bits = 0;
  for (int value = first; value <= last; value += step) bits |= uint64_t{1} << value;
  return bits;
}

}  // namespace

absl::StatusOr<CronSchedule> CronSchedule::Parse(std::string_view text) {
  return ParseFrom(0, text);
}

absl::StatusOr<CronSchedule> CronSchedule::ParseMinutes(std::string_view text) {
  return ParseFrom(1, text);
}

absl::StatusOr<CronSchedule> CronSchedule::ParseFrom(size_t first_field, std::string_view text) {
  absl::string_view plain = absl::StripAsciiWhitespace(View(text));
  if (absl::StartsWith(plain, "@")) {
    const std::string lower = absl::AsciiStrToLower(plain);
    for (const auto& [macro, meaning] : kMacros) {
      if (lower == macro) plain = meaning;
    }
    if (absl::StartsWith(plain, "@"))
      return absl::InvalidArgumentError(absl::StrCat("'", plain, "' is not supported"));
    first_field = 0;
  }
  const std::vector<std::string> fields = FieldsOf(plain);
  const size_t wanted = kFields.size() - first_field;
  if (fields.size() != wanted) {
    return absl::InvalidArgumentError(
        absl::StrCat("a schedule has ", wanted, " fields, this one has ", fields.size()));
  }
  CronSchedule schedule;
  if (first_field > 0) WEFT_RETURN_IF_ERROR(schedule.SetField(0, "0"));
  for (size_t i = 0; i < fields.size(); ++i)
    WEFT_RETURN_IF_ERROR(schedule.SetField(first_field + i, fields[i]));
  return schedule;
}

absl::Status CronSchedule::SetField(size_t index, std::string_view text) {
  const FieldKind& kind = kFields[index];
  uint64_t bits = 0;
  for (absl::string_view item : absl::StrSplit(View(text), ',')) {
    WEFT_ASSIGN_OR_RETURN(const uint64_t more, ParseItem(kind, item));
    bits |= more;
  }
  const bool restricted = !IsAny(kind, absl::StripSuffix(View(text), "/1"));
  switch (index) {
    case 0:
      seconds_ = bits;
      break;
    case 1:
      minutes_ = bits;
      break;
    case 2:
      hours_ = static_cast<uint32_t>(bits);
      break;
    case 3:
      days_ = static_cast<uint32_t>(bits);
      days_restricted_ = restricted;
      break;
    case 4:
      months_ = static_cast<uint16_t>(bits);
      break;
    default:
      weekdays_ = static_cast<uint8_t>((bits | bits >> 7) & 0x7F);  // 7 is Sunday, as is 0.
      weekdays_restricted_ = restricted;
  }
  return absl::OkStatus();
}

std::optional<absl::TimeZone> FindTimeZone(const std::string& name) {
  // Abseil would also open files by their path.
  const auto odd = [](unsigned char c) {
    return !absl::ascii_isalnum(c) && !absl::StrContains("_+-/", static_cast<char>(c));
  };
  absl::TimeZone zone;
  if (name.empty() || name[0] == '/' || name == "localtime" || std::ranges::any_of(name, odd) ||
      !absl::LoadTimeZone(name, &zone))
    return std::nullopt;
  return zone;
}

std::string CronHintFor(std::string_view text) {
  const absl::string_view plain = absl::StripAsciiWhitespace(View(text));
  if (absl::StartsWithIgnoreCase(plain, "@date"))
    return "write the day and the month as a schedule and add \"runOnce: true\"";
  if (absl::StartsWithIgnoreCase(plain, "@every"))
    return "write the times of the clock: '*/20 * * * * *' is every 20 seconds";
  if (absl::StartsWith(plain, "@"))
    return "known are @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually";
  const std::vector<std::string> fields = FieldsOf(plain);
  if (fields.size() == 5)
    return absl::StrCat("seconds come first: '0 ", absl::StrJoin(fields, " "), "'");
  if (fields.size() == 7) return "there is no field for the year";
  return "";
}

}  // namespace weft
