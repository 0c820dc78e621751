#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "core/store/records.pb.h"
#include "weft/core/v1/applications.pb.h"

// What happened to applications, for people who ask afterwards: docs/events.md. Pure.
namespace weft::scheduler {

// Why there is an event. Stable: programs compare the names.
struct EventReason {
  const char* name;
  bool warning = false;
};

namespace events {

inline constexpr EventReason kCreated = {"Created"};
inline constexpr EventReason kUpdated = {"Updated"};
inline constexpr EventReason kRolledBack = {"RolledBack"};
inline constexpr EventReason kRenderedAgain = {"RenderedAgain"};
inline constexpr EventReason kRenderFailed = {"RenderFailed", true};
inline constexpr EventReason kDeletionHeld = {"DeletionHeld", true};
inline constexpr EventReason kDeleting = {"Deleting"};
inline constexpr EventReason kDeleted = {"Deleted"};
inline constexpr EventReason kRefused = {"Refused", true};
inline constexpr EventReason kReplacing = {"Replacing"};
inline constexpr EventReason kApplyFailed = {"ApplyFailed", true};
inline constexpr EventReason kDeleteFailed = {"DeleteFailed", true};
inline constexpr EventReason kMissing = {"Missing", true};
inline constexpr EventReason kCorrected = {"Corrected", true};
inline constexpr EventReason kContested = {"Contested", true};
inline constexpr EventReason kRestarted = {"Restarted", true};
inline constexpr EventReason kCommandRun = {"CommandRun"};
inline constexpr EventReason kPortForwarded = {"PortForwarded"};
inline constexpr EventReason kHealthy = {"Healthy"};
inline constexpr EventReason kProgressing = {"Progressing"};
inline constexpr EventReason kDegraded = {"Degraded", true};
inline constexpr EventReason kFailed = {"Failed", true};
inline constexpr EventReason kUnknown = {"Unknown", true};
inline constexpr EventReason kProviderUnavailable = {"ProviderUnavailable", true};
inline constexpr EventReason kProviderAvailable = {"ProviderAvailable"};
inline constexpr EventReason kFinalizeBlocked = {"FinalizeBlocked", true};
inline constexpr EventReason kSteered = {"Steered"};
inline constexpr EventReason kReleased = {"Released"};
inline constexpr EventReason kActionDenied = {"ActionDenied", true};

}  // namespace events

// What an event is about, beside its reason.
struct EventDetails {
  common::v1::ObjectRef object = {};  // Empty: of no object.
  std::string instance = {};          // A key; empty: of none.
  std::string by = {};                // As weft.core.v1.Event.by.
  std::string message = {};           // Made one line of valid UTF-8, and cut, where it is not.
};

// `text` as one line of valid UTF-8 of at most 1 KiB.
std::string MakeReadable(std::string text);

// An event that happened once, at a time that is still to be set.
store::v1::EventRecord MakeEvent(const EventReason& reason, EventDetails details);

core::v1::Event ToProto(const store::v1::EventRecord& record);

// The events of one application. What happens again is the same event, with another count and last
// time. Bounded: those that happened last stay.
class EventLog {
 public:
  static constexpr size_t kMost = 100;
  static constexpr size_t kMostOfReason = 25;  // So that none crowds out the others.

  // Adds what happened, as often as it says.
  void Add(const store::v1::EventRecord& event);
  void Merge(const EventLog& other);

  bool empty() const { return events_.empty(); }
  // By what tells them apart: reason, object, instance and message.
  const std::map<std::string, store::v1::EventRecord>& by_id() const { return events_; }
  // The one that happened last comes last.
  std::vector<store::v1::EventRecord> InOrder() const;

 private:
  void DropOldest(const std::string& reason, size_t most);

  std::map<std::string, store::v1::EventRecord> events_;
};

}  // namespace weft::scheduler
