#include "core/scheduler/event_log.h"

#include <algorithm>
#include <google/protobuf/util/time_util.h>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/base/readable.h"
#include "core/store/object_key.h"

namespace weft::scheduler {
namespace {

using store::v1::EventRecord;

constexpr size_t kMessageBytes = 1024;  // Source: weft.core.v1.Event.
constexpr size_t kDigits = 24;          // Of a digest: 96 bits tell 100 events apart.

std::string IdOf(const EventRecord& event) {
  const std::string object = event.has_object() ? store::ObjectKey(event.object()) : "";
  const std::string digest = json::Sha256(
      absl::StrCat(event.reason(), "\n", object, "\n", event.instance(), "\n", event.message()));
  return digest.substr(digest.find(':') + 1, kDigits);
}

}  // namespace

std::string MakeReadable(std::string text) {
  constexpr char kCut[] = "...";
  if (text.size() > kMessageBytes) {
    text.resize(CutTo(text, kMessageBytes - sizeof(kCut) + 1).size());
    text += kCut;
  }
  text = Readable(text);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return text;
}

EventRecord MakeEvent(const EventReason& reason, EventDetails details) {
  EventRecord event;
  event.set_count(1);
  event.set_warning(reason.warning);
  event.set_reason(reason.name);
  // Callers may name objects that cannot be.
  if (!details.object.name().empty() && details.object.ByteSizeLong() <= kMessageBytes)
    *event.mutable_object() = std::move(details.object);
  event.set_instance(std::move(details.instance));
  event.set_by(MakeReadable(std::move(details.by)));
  event.set_message(MakeReadable(std::move(details.message)));
  return event;
}

core::v1::Event ToProto(const EventRecord& record) {
  using google::protobuf::util::TimeUtil;
  core::v1::Event event;
  *event.mutable_first() = TimeUtil::MicrosecondsToTimestamp(record.first_unix_us());
  *event.mutable_last() = TimeUtil::MicrosecondsToTimestamp(record.last_unix_us());
  event.set_count(record.count());
  event.set_type(record.warning() ? core::v1::Event::TYPE_WARNING : core::v1::Event::TYPE_NORMAL);
  event.set_reason(record.reason());
  if (record.has_object()) *event.mutable_object() = record.object();
  event.set_instance(record.instance());
  event.set_by(record.by());
  event.set_message(record.message());
  return event;
}

void EventLog::Add(const EventRecord& event) {
  const auto [known, fresh] = events_.try_emplace(IdOf(event), event);
  if (!fresh) {
    EventRecord& same = known->second;
    same.set_count(same.count() + event.count());
    same.set_first_unix_us(std::min(same.first_unix_us(), event.first_unix_us()));
    if (event.last_unix_us() >= same.last_unix_us()) {
      same.set_last_unix_us(event.last_unix_us());
      same.set_by(event.by());
    }
    return;
  }
  DropOldest(event.reason(), kMostOfReason);
  DropOldest("", kMost);
}

void EventLog::Merge(const EventLog& other) {
  for (const auto& [id, event] : other.events_) Add(event);
}

// Drops one event if there are more than `most` of `reason`; empty: of all.
void EventLog::DropOldest(const std::string& reason, size_t most) {
  size_t count = 0;
  auto oldest = events_.end();
  for (auto event = events_.begin(); event != events_.end(); ++event) {
    if (!reason.empty() && event->second.reason() != reason) continue;
    ++count;
    if (oldest == events_.end() || event->second.last_unix_us() < oldest->second.last_unix_us())
      oldest = event;
  }
  if (count > most) events_.erase(oldest);
}

std::vector<EventRecord> EventLog::InOrder() const {
  std::vector<EventRecord> events;
  for (const auto& [id, event] : events_) events.push_back(event);
  std::stable_sort(events.begin(), events.end(), [](const EventRecord& a, const EventRecord& b) {
    return a.last_unix_us() < b.last_unix_us();
  });
  return events;
}

}  // namespace weft::scheduler
