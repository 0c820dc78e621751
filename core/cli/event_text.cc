#include "core/cli/event_text.h"

#include <algorithm>
#include <google/protobuf/util/time_util.h>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/cli/text.h"

namespace weft::cli {
namespace {

using core::v1::Event;

constexpr absl::Duration kRecent = absl::Hours(1);

absl::Time ToTime(const google::protobuf::Timestamp& time) {
  return absl::FromUnixNanos(google::protobuf::util::TimeUtil::TimestampToNanoseconds(time));
}

// What is not known is read as a warning.
bool IsWarning(const Event& event) { return event.type() != Event::TYPE_NORMAL; }

// "front", "front/TYPE": of NAMESPACE/APPLICATION/front/TYPE#0.
std::string ShortInstance(const std::string& key) {
  size_t begin = key.find('/');
  if (begin != std::string::npos) begin = key.find('/', begin + 1);
  if (begin == std::string::npos) return key;
  const std::string rest = key.substr(begin + 1);
  return rest.substr(0, rest.find('#'));
}

std::string ObjectOf(const Event& event, const std::string& application) {
  if (event.has_object()) return absl::StrCat(event.object().kind(), "/", event.object().name());
  if (!event.instance().empty()) return ShortInstance(event.instance());
  return absl::StrCat("application/", application);
}

std::string MessageOf(const Event& event) {
  std::string message = event.message();
  if (event.has_object() && !event.instance().empty())
    absl::StrAppend(&message, " (", ShortInstance(event.instance()), ")");
  // Who else caused it is in the message, or can be told from the object.
  if (absl::StartsWith(event.by(), "user")) absl::StrAppend(&message, ", by ", event.by());
  return message;
}

std::string CountOf(const Event& event) {
  if (event.count() <= 1) return "1";
  return absl::StrCat(event.count(), " in ",
                      FormatAge(ToTime(event.last()) - ToTime(event.first())));
}

}  // namespace

std::string RenderEvents(const core::v1::EventsResponse& events, const std::string& name,
                         absl::Time now) {
  if (events.events().empty())
    return absl::StrCat("nothing is known to have happened to ", name, "\n");
  std::vector<std::vector<std::string>> rows = {
      {"LAST SEEN", "TYPE", "REASON", "OBJECT", "COUNT", "MESSAGE"}};
  for (const Event& event : events.events()) {
    rows.push_back({FormatAge(now - ToTime(event.last())), IsWarning(event) ? "Warning" : "Normal",
                    event.reason(), ObjectOf(event, name), CountOf(event), MessageOf(event)});
  }
  return RenderTable(rows);
}

std::string RenderWarnings(const core::v1::EventsResponse& events, const std::string& command,
                           absl::Time now) {
  const auto warnings =
      std::count_if(events.events().begin(), events.events().end(), [&](const Event& event) {
        return IsWarning(event) && now - ToTime(event.last()) <= kRecent;
      });
  if (warnings == 0) return "";
  return absl::StrCat(Count(warnings, "warning"), " in the last hour: ", command, "\n");
}

}  // namespace weft::cli
