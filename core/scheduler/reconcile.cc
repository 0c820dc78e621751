#include "core/scheduler/reconcile.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <spdlog/spdlog.h>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/failpoint.h"
#include "core/base/service.h"
#include "core/base/status.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/claims.h"
#include "core/scheduler/departure.h"
#include "core/scheduler/drift.h"
#include "core/scheduler/event_log.h"
#include "core/scheduler/generations.h"
#include "core/scheduler/plan.h"
#include "core/scheduler/reconcile_events.h"
#include "core/scheduler/records.h"
#include "core/scheduler/runtime_choice.h"
#include "core/store/keys.h"
#include "core/store/object_key.h"

namespace weft::scheduler {
namespace {

namespace pb = ::weft::runtime::v1;

constexpr int kObjectsInACall = 512;  // Source: weft.runtime.v1.
constexpr std::chrono::seconds kDeadline(30);

std::string NameOf(const common::v1::ObjectRef& ref) {
  return absl::StrCat(ref.kind(), "/", ref.name());
}

// One pass.
class Pass {
 public:
  Pass(const std::string& application, store::Store& store, pb::Runtime::StubInterface& runtime,
       Observed& observed, absl::Time now)
      : application_(application),
        store_(store),
        runtime_(runtime),
        observed_(observed),
        now_(now) {
    std::tie(ns_, name_) = SplitApplicationKey(application);
  }

  absl::StatusOr<ReconcileResult> Run() {
    absl::StatusOr<StoredApplication> stored = ReadApplication(store_, ns_, name_);
    if (absl::IsNotFound(stored.status())) return ReconcileResult{.gone = true};
    if (!stored.ok()) return stored.status();
    by_ = absl::StrCat("runtime/", RuntimeOf(stored->record));
    WEFT_ASSIGN_OR_RETURN(inventory_, ReadInventory(store_, ns_, name_));
    before_ = inventory_;
    view_ = observed_.Of(application_);
    Plan plan = MakePlan(inventory_, view_);
    WEFT_RETURN_IF_ERROR(Apply(plan, *stored));
    plan.remove.insert(plan.remove.end(), replaced_.begin(), replaced_.end());
    if (!plan.remove.empty()) Remove(plan);
    for (const std::string& key : plan.gone) Gone(key);
    result_.gone =
        stored->record.deleting() && stored->record.leaving().empty() && inventory_.empty();
    for (const auto& [key, record] : inventory_) {
      if (!record.problem().empty())
        result_.problems.push_back(absl::StrCat(NameOf(record.ref()), ": ", record.problem()));
    }
    WEFT_RETURN_IF_ERROR(Commit(*stored));
    for (const std::string& key : plan.gone) observed_.ForgetGone(application_, key);
    if (result_.gone) {
      observed_.Forget(application_);
      Tell(events::kDeleted, {.message = "everything that was made for it is gone"});
    }
    return std::move(result_);
  }

 private:
  void Tell(const EventReason& reason, EventDetails details) {
    if (details.by.empty()) details.by = by_;
    result_.events.push_back(MakeEvent(reason, std::move(details)));
  }

  // It is tried again. `ref`: of one object.
  void Failed(const EventReason& reason, const std::string& problem,
              const common::v1::ObjectRef& ref = {}) {
    result_.again = true;
    result_.problems.push_back(ref.name().empty() ? problem
                                                  : absl::StrCat(NameOf(ref), ": ", problem));
    Tell(reason, {.object = ref, .message = problem});
  }

  void CallFailed(const EventReason& reason, const grpc::Status& status) {
    Failed(reason, absl::StrCat("the runtime: ", status.error_message()));
  }

  // What is replaced is made anew in the next pass.
  void Gone(const std::string& key) {
    const auto found = inventory_.find(key);
    if (!found->second.wanted()) {
      inventory_.erase(found);
      return;
    }
    found->second.clear_replacing();
    found->second.clear_accepted();
    found->second.clear_digest();
    result_.again = true;
  }

  absl::Status Apply(const Plan& plan, const StoredApplication& stored) {
    if (plan.apply.empty() && plan.correct.empty()) return absl::OkStatus();
    WEFT_ASSIGN_OR_RETURN(const auto desired, ReadDesired(store_, ns_, name_));
    pb::ApplyRequest request;
    for (const auto* keys : {&plan.apply, &plan.correct}) {
      for (const std::string& key : *keys) {
        const auto found = desired.find(key);
        if (found == desired.end()) return NotDesired(key, stored);
        pb::AppliedObject& object = *request.add_objects();
        MakeApplied(found->second, inventory_.at(key), object);
        if (found->second.replace()) replaceable_.insert(key);
        if (view_.lost.contains(key))
          Tell(events::kMissing, {.object = object.object().ref(),
                                  .message = "went from the platform, and is made again"});
        // An apply that was carried out and not recorded looks like one that was not, and somebody
        // else may have changed the object since.
        object.set_correct(keys == &plan.correct ||
                           inventory_.at(key).accepted() != object.generation());
        if (request.objects_size() == kObjectsInACall) CallApply(std::exchange(request, {}));
      }
    }
    if (request.objects_size() > 0) CallApply(request);
    return absl::OkStatus();
  }

  void MakeApplied(const store::v1::DesiredRecord& desired,
                   const store::v1::InventoryRecord& record, pb::AppliedObject& to) {
    *to.mutable_object() = desired.object();
    to.set_owner(desired.owner());
    to.set_generation(record.generation());
    *to.mutable_steered() = SteeredFor(desired, record);
    LeaveContested(record, to);
  }

  // The inventory has an object that the desired set, which was read after it, has not.
  absl::Status NotDesired(const std::string& key, const StoredApplication& stored) {
    const auto now = ReadApplication(store_, ns_, name_);
    if (now.ok() && now->bytes == stored.bytes)
      return absl::DataLossError(absl::StrCat("nothing is stored of the object ", key));
    return absl::AbortedError(absl::StrCat("the application ", application_, " changed meanwhile"));
  }

  void CallApply(const pb::ApplyRequest& request) {
    // From here on they may be there again, whatever becomes of the answer.
    for (const pb::AppliedObject& object : request.objects())
      observed_.ForgetGone(application_, store::ObjectKey(object.object().ref()));
    Failpoint("core.apply.before");
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kDeadline);
    pb::ApplyResponse response;
    const grpc::Status status = runtime_.Apply(&context, request, &response);
    Failpoint("core.apply.after");
    if (!status.ok()) return CallFailed(events::kApplyFailed, status);
    if (response.results_size() != request.objects_size())
      return Failed(events::kApplyFailed,
                    "the runtime answered for another number of objects than it was given");
    for (int i = 0; i < response.results_size(); ++i) {
      const std::string key = store::ObjectKey(request.objects(i).object().ref());
      TakeResult(key, request.objects(i), response.results(i));
      TellAnswer(before_.at(key), inventory_.at(key), request.objects(i), response.results(i), by_,
                 result_.events);
    }
  }

  void TakeResult(const std::string& key, const pb::AppliedObject& object,
                  const pb::ApplyResponse::Result& result) {
    store::v1::InventoryRecord& record = inventory_.at(key);
    const std::string message = MessageOf(result);
    switch (result.outcome()) {
      case pb::APPLY_OUTCOME_ACCEPTED:
        // What is sent again without need is answered as it stands, be it as somebody else left it.
        if (object.correct()) record.set_digest(result.digest());
        record.set_accepted(object.generation());
        record.clear_refused();
        record.clear_problem();
        if (object.correct() &&
            RecordCorrections(result.corrections(), absl::ToUnixMillis(now_), record))
          result_.again = true;
        return;
      case pb::APPLY_OUTCOME_REFUSED:
        if (!result.immutable().empty() && replaceable_.contains(key)) {
          record.set_replacing(true);
          record.clear_refused();
          record.clear_problem();
          replaced_.push_back(key);
          return;
        }
        record.set_refused(object.generation());
        record.set_problem(absl::StrCat("refused: ", DescribeRefusal(result)));
        return;
      case pb::APPLY_OUTCOME_OUTDATED: {
        // The runtime knows more than this store, which was restored from an older copy: go on from
        // what the runtime has. Until the watch tells what that is, a guess might be a generation
        // that it knows with another content.
        const auto seen = view_.objects.find(key);
        if (seen != view_.objects.end() && seen->second.generation() > record.generation())
          record.set_generation(seen->second.generation() + 1);
        return Failed(events::kApplyFailed,
                      "the runtime has a newer generation; it is applied again", record.ref());
      }
      default:
        return Failed(events::kApplyFailed, message, record.ref());
    }
  }

  // Asks for the deletion of everything in `plan.remove`; what turns out to be gone moves on to
  // `plan.gone`.
  void Remove(Plan& plan) {
    for (size_t from = 0; from < plan.remove.size(); from += size_t{kObjectsInACall}) {
      pb::DeleteRequest request;
      const size_t to = std::min(plan.remove.size(), from + size_t{kObjectsInACall});
      for (size_t i = from; i < to; ++i)
        *request.add_objects() = inventory_.at(plan.remove[i]).ref();
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + kDeadline);
      pb::DeleteResponse response;
      const grpc::Status status = runtime_.Delete(&context, request, &response);
      if (!status.ok()) return CallFailed(events::kDeleteFailed, status);
    }
    std::vector<std::string> unseen;
    for (const std::string& key : plan.remove) {
      observed_.DeletionTaken(application_, key);
      if (!view_.objects.contains(key)) unseen.push_back(key);
    }
    if (!unseen.empty()) ConfirmGone(unseen, plan);
  }

  // The watch never told of these objects: either they are not there, or their first event is still
  // under way. A list that is asked for now decides. Of one that goes before its first event the
  // watch tells nothing at all: so what is still there is looked at again.
  void ConfirmGone(const std::vector<std::string>& unseen, Plan& plan) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kDeadline);
    pb::ListResponse response;
    const grpc::Status status = runtime_.List(&context, pb::ListRequest(), &response);
    if (!status.ok()) return CallFailed(events::kDeleteFailed, status);
    if (!response.complete())
      return Failed(events::kDeleteFailed, "the runtime: its list is not complete");
    std::set<std::string> there;
    for (const pb::Projection& item : response.items()) there.insert(store::ObjectKey(item.ref()));
    for (const std::string& key : unseen) {
      if (there.contains(key)) {
        result_.again = true;
      } else {
        plan.gone.push_back(key);
      }
    }
  }

  // Stores what changed in the inventory; the whole application goes when nothing is left of it.
  absl::Status Commit(const StoredApplication& stored) {
    store::Transaction transaction;
    std::map<std::string, uint64_t> gone;
    for (const auto& [key, record] : before_) {
      const auto now = inventory_.find(key);
      const std::string stored_key = InventoryKeyOf(ns_, name_, key);
      const std::string bytes = record.SerializeAsString();
      if (now == inventory_.end()) {
        transaction.Expect(stored_key, bytes);
        transaction.Delete(stored_key);
        transaction.Delete(store::ObjectOwnerKey(key));
        gone[key] = record.generation();
      } else if (std::string changed = now->second.SerializeAsString(); changed != bytes) {
        transaction.Expect(stored_key, bytes);
        transaction.Put(stored_key, std::move(changed));
      }
    }
    WEFT_RETURN_IF_ERROR(RememberGenerations(gone, store_, transaction));
    if (result_.gone) WEFT_RETURN_IF_ERROR(Depart(stored, now_, store_, transaction));
    if (transaction.puts.empty() && transaction.deletes.empty()) return absl::OkStatus();
    Failpoint("core.accept.before");
    const absl::Status committed = store_.Commit(std::move(transaction));
    Failpoint("core.accept.after");
    return committed;
  }

  const std::string application_;
  std::string ns_, name_;
  std::string by_;  // The runtime, as events name it.
  store::Store& store_;
  pb::Runtime::StubInterface& runtime_;
  Observed& observed_;
  const absl::Time now_;
  Inventory inventory_, before_;
  Observed::View view_;
  std::set<std::string> replaceable_;  // Of what was applied.
  std::vector<std::string> replaced_;  // Of those what the platform forbids to change.
  ReconcileResult result_;
};

}  // namespace

absl::StatusOr<ReconcileResult> Reconcile(const std::string& application, store::Store& store,
                                          pb::Runtime::StubInterface& runtime, Observed& observed,
                                          absl::Time now) {
  return Pass(application, store, runtime, observed, now).Run();
}

}  // namespace weft::scheduler
