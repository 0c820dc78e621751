#include "core/scheduler/admission_events.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/scheduler/admission_store.h"
#include "core/scheduler/application_key.h"

namespace weft::scheduler {

void TellChange(const core::v1::ApplyResponse::Change& change, const std::string& by,
                const ChangeCause& cause, Events& events) {
  using core::v1::ApplyResponse;
  if (change.kind() != kApplicationKind || change.action() == ApplyResponse::ACTION_UNCHANGED)
    return;
  const bool created = change.action() == ApplyResponse::ACTION_CREATED;
  const EventReason& reason = cause.again           ? events::kRenderedAgain
                              : cause.restores != 0 ? events::kRolledBack
                              : created             ? events::kCreated
                                                    : events::kUpdated;
  std::string message = absl::StrCat("generation ", change.revision());
  if (cause.again) {
    absl::StrAppend(&message, ", for what a provider reported");
  } else if (cause.restores != 0) {
    absl::StrAppend(&message, ", as it was at generation ", cause.restores);
  }
  events.Record(ApplicationKeyOf(change.namespace_(), change.name()),
                MakeEvent(reason, {.by = by, .message = std::move(message)}));
}

void TellDeletion(const std::string& ns, const std::string& name, const std::string& by, bool force,
                  Events& events) {
  events.Record(ApplicationKeyOf(ns, name),
                MakeEvent(events::kDeleting, {.by = by,
                                              .message = force ? "its deletion was forced"
                                                               : "its deletion was asked for"}));
}

}  // namespace weft::scheduler
