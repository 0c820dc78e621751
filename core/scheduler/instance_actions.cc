#include "core/scheduler/instance_actions.h"

#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/failpoint.h"
#include "core/base/json.h"
#include "core/base/status.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/claims.h"
#include "core/scheduler/epoch_record.h"
#include "core/scheduler/live_instances.h"
#include "core/scheduler/records.h"
#include "core/store/keys.h"
#include "core/store/object_key.h"

namespace weft::scheduler {
namespace {

using core::v1::Action;
using core::v1::ActResponse;

// Source: weft.core.v1.ActRequest, Action.
constexpr int kActions = 1000;
constexpr size_t kReasonBytes = 256;
constexpr int kAttempts = 10;  // While the application changes.

absl::Status CheckAction(const Action& action) {
  const auto bad = [&](const std::string& what) {
    return absl::InvalidArgumentError(absl::StrCat(
        "an action of ", action.instance().empty() ? "no instance" : action.instance(), " ", what));
  };
  if (action.instance().empty()) return bad("names none");
  if (action.pointer().empty()) return bad("has no pointer");
  if (action.reason().size() > kReasonBytes)
    return bad(absl::StrCat("has a reason of over ", kReasonBytes, " bytes"));
  if (action.change_case() == Action::CHANGE_NOT_SET) return bad("neither sets nor releases");
  if (!action.has_set()) return absl::OkStatus();
  if (const auto value = json::Parse(action.set().value()); !value.ok())
    return bad(absl::StrCat("sets JSON that ", value.status().message()));
  return absl::OkStatus();
}

LeafAction MakeLeafAction(const Action& action, absl::Time now) {
  LeafAction leaf{.instance = action.instance(),
                  .pointer = action.pointer(),
                  .value = std::nullopt,
                  .epoch = action.as_of().epoch(),
                  .sequence = action.as_of().sequence(),
                  .reason = action.reason(),
                  .acted_unix_ms = absl::ToUnixMillis(now)};
  if (action.has_set()) leaf.value = *json::Canonicalize(action.set().value());
  return leaf;
}

void Answer(const PendingAction& action, core::v1::ActOutcome outcome, const std::string& message) {
  action.result->set_outcome(outcome);
  action.result->set_message(message);
}

bool IsLate(const Action& action, absl::Time now) {
  return action.has_not_after() && now > absl::FromUnixSeconds(action.not_after().seconds()) +
                                             absl::Nanoseconds(action.not_after().nanos());
}

// One attempt at the actions on one application, from what is stored now.
class Attempt {
 public:
  Attempt(const std::string& application, const Acting& acting, store::Store& store)
      : acting_(acting), now_(acting.now()), store_(store) {
    std::tie(ns_, name_) = SplitApplicationKey(application);
  }

  // ABORTED: what is stored changed meanwhile.
  absl::StatusOr<bool> Run(const std::vector<PendingAction>& actions) {
    absl::StatusOr<StoredApplication> stored = ReadApplication(store_, ns_, name_);
    if (!stored.ok() && !absl::IsNotFound(stored.status())) return stored.status();
    if (stored.ok()) record_ = std::move(stored->record);
    for (const PendingAction& action : actions) WEFT_RETURN_IF_ERROR(Decide(action));
    absl::StatusOr<bool> acted = Commit();
    if (!acted.ok() || acting_.events == nullptr) return acted;
    for (store::v1::EventRecord& event : happened_)
      acting_.events->Record(ApplicationKeyOf(ns_, name_), std::move(event));
    return acted;
  }

 private:
  struct Object {
    std::string bytes;  // Of the inventory as stored; empty: there is no such object.
    store::v1::InventoryRecord inventory;
    store::v1::DesiredRecord desired;
  };

  absl::Status Decide(const PendingAction& pending) {
    const Action& action = *pending.action;
    const provider::v1::Instance* instance =
        record_.deleting() ? nullptr : FindInstance(record_, action.instance());
    if (instance == nullptr) {
      Answer(pending, core::v1::ACT_OUTCOME_UNKNOWN,
             absl::StrCat("there is no instance ", action.instance()));
      return absl::OkStatus();
    }
    WEFT_RETURN_IF_ERROR(acting_.permitted(instance->type()));
    const uint64_t held = acting_.held(instance->type());
    if (held == 0 || action.as_of().epoch() != held) {
      Answer(pending, core::v1::ACT_OUTCOME_STALE_EPOCH,
             held == 0 ? absl::StrCat("nobody holds an epoch of ", instance->type())
                       : absl::StrCat("epoch ", held, " of ", instance->type(), " is held"));
      return absl::OkStatus();
    }
    WEFT_ASSIGN_OR_RETURN(Object* const object, Find(action.object()));
    if (object->bytes.empty()) {
      Answer(pending, core::v1::ACT_OUTCOME_DENIED,
             absl::StrCat("the application has no object ", action.object().kind(), "/",
                          action.object().name()));
      Tell(events::kActionDenied, action, pending.result->message());
      return absl::OkStatus();
    }
    Apply(pending, instance->type(), *object);
    return absl::OkStatus();
  }

  void Apply(const PendingAction& pending, const std::string& type, Object& object) {
    store::v1::InventoryRecord changed = object.inventory;
    const ActionResult result =
        ApplyAction(MakeLeafAction(*pending.action, now_), object.desired, changed);
    // One that was stored in time and is sent again is not late.
    if (result.changed && IsLate(*pending.action, now_))
      return Answer(
          pending, core::v1::ACT_OUTCOME_EXPIRED,
          absl::StrCat("it is ", absl::FormatTime(absl::RFC3339_sec, now_, absl::UTCTimeZone())));
    Answer(pending, result.outcome, result.message);
    if (result.outcome == core::v1::ACT_OUTCOME_DENIED)
      Tell(events::kActionDenied, *pending.action, result.message);
    if (!result.changed) return;
    if (changed.generation() != object.inventory.generation()) TellSteered(*pending.action);
    object.inventory = std::move(changed);
    epochs_[type] = pending.action->as_of().epoch();
  }

  void Tell(const EventReason& reason, const Action& action, std::string message) {
    happened_.push_back(MakeEvent(reason, {.object = action.object(),
                                           .instance = action.instance(),
                                           .by = acting_.by,
                                           .message = std::move(message)}));
  }

  // The leaf gets another value.
  void TellSteered(const Action& action) {
    std::string message = absl::StrCat(action.pointer(), " is as applied");
    if (action.has_set()) {
      const bool secret = action.object().kind() == "Secret";
      message = absl::StrCat(action.pointer(), " is ", secret ? "(hidden)" : action.set().value());
    }
    if (!action.reason().empty()) absl::StrAppend(&message, ": ", action.reason());
    Tell(action.has_set() ? events::kSteered : events::kReleased, action, std::move(message));
  }

  absl::StatusOr<Object*> Find(const common::v1::ObjectRef& ref) {
    const std::string key = store::ObjectKey(ref);
    const auto [found, fresh] = objects_.try_emplace(key);
    Object& object = found->second;
    if (!fresh) return &object;
    // The inventory first: a change of what is desired changes it too, and so fails the commit.
    const absl::StatusOr<std::string> bytes = store_.Get(InventoryKeyOf(ns_, name_, key));
    if (absl::IsNotFound(bytes.status())) return &object;
    if (!bytes.ok()) return bytes.status();
    const absl::StatusOr<std::string> desired = store_.Get(DesiredKeyOf(ns_, name_, key));
    if (absl::IsNotFound(desired.status())) return &object;  // It is to be deleted.
    if (!desired.ok()) return desired.status();
    if (!object.inventory.ParseFromString(*bytes) || !object.desired.ParseFromString(*desired))
      return absl::DataLossError(absl::StrCat("what is stored of ", key, " cannot be read"));
    object.bytes = *bytes;
    return &object;
  }

  absl::StatusOr<bool> Commit() {
    store::Transaction transaction;
    for (const auto& [key, object] : objects_) {
      std::string bytes = object.inventory.SerializeAsString();
      if (object.bytes.empty() || bytes == object.bytes) continue;
      transaction.Expect(InventoryKeyOf(ns_, name_, key), object.bytes);
      transaction.Put(InventoryKeyOf(ns_, name_, key), std::move(bytes));
    }
    if (transaction.puts.empty()) return false;
    for (const auto& [type, epoch] : epochs_)
      transaction.Expect(store::EpochKey(type), EpochBytes(epoch));
    Failpoint("core.act.before");
    WEFT_RETURN_IF_ERROR(store_.Commit(std::move(transaction)));
    Failpoint("core.act.after");
    return true;
  }

  const Acting& acting_;
  const absl::Time now_;
  store::Store& store_;
  std::string ns_, name_;
  store::v1::ApplicationRecord record_;     // Empty: there is none.
  std::map<std::string, Object> objects_;   // By store::ObjectKey.
  std::map<std::string, uint64_t> epochs_;  // Under which something was changed, by type.
  std::vector<store::v1::EventRecord> happened_;
};

}  // namespace

absl::Status CheckActions(const core::v1::ActRequest& request) {
  if (request.actions_size() > kActions)
    return absl::InvalidArgumentError(
        absl::StrCat(request.actions_size(), " actions in a call, at most ", kActions, " may be"));
  for (const Action& action : request.actions()) WEFT_RETURN_IF_ERROR(CheckAction(action));
  return absl::OkStatus();
}

absl::StatusOr<bool> ActOnApplication(const std::string& application,
                                      const std::vector<PendingAction>& actions,
                                      const Acting& acting, store::Store& store) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    absl::StatusOr<bool> stored = Attempt(application, acting, store).Run(actions);
    if (stored.ok() || absl::IsPermissionDenied(stored.status())) return stored;
    if (!absl::IsAborted(stored.status()))
      return absl::UnavailableError(absl::StrCat("cannot act on the application ", application,
                                                 ": ", stored.status().message()));
  }
  return absl::UnavailableError(
      absl::StrCat("the application ", application, " changes all the time"));
}

}  // namespace weft::scheduler
