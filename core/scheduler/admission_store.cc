#include "core/scheduler/admission_store.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/failpoint.h"
#include "core/base/status.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/claims.h"
#include "core/scheduler/generations.h"
#include "core/scheduler/instance_reports.h"
#include "core/scheduler/leaving.h"
#include "core/scheduler/readiness.h"
#include "core/scheduler/records.h"
#include "core/scheduler/requests.h"
#include "core/scheduler/revisions.h"
#include "core/store/keys.h"
#include "core/store/object_key.h"

namespace weft::scheduler {
namespace {

using core::v1::ApplyResponse;
using store::v1::ApplicationRecord;
using store::v1::DesiredRecord;
using store::v1::InventoryRecord;
using store::v1::LeavingRecord;

model::Diagnostic ErrorAt(const DesiredApplication& application, const std::string& owner,
                          std::string code, std::string message) {
  model::Diagnostic error = PlaceOf(application, owner);
  error.code = std::move(code);
  error.message = std::move(message);
  return error;
}

ApplyResponse::Change MakeChangeOf(const std::string& kind, const std::string& ns,
                                   const std::string& name, int64_t revision,
                                   ApplyResponse::Action action) {
  ApplyResponse::Change change;
  change.set_kind(kind);
  change.set_namespace_(ns);
  change.set_name(name);
  change.set_revision(revision);
  change.set_action(action);
  return change;
}

bool SteersTheSame(const DesiredRecord& a, const DesiredRecord& b) {
  return std::equal(
      a.steered().begin(), a.steered().end(), b.steered().begin(), b.steered().end(),
      [](const auto& x, const auto& y) { return x.SerializeAsString() == y.SerializeAsString(); });
}

// The applications of one change that have objects, by object key.
using Claims = std::map<std::string, std::string>;

// One application's part of a change.
class ApplicationChange {
 public:
  ApplicationChange(const DesiredApplication& desired, int64_t now, store::Store& store,
                    Claims& claims, StoredChange& out)
      : desired_(desired),
        now_(now),
        ns_(desired.name_space),
        name_(desired.name),
        store_(store),
        claims_(claims),
        out_(out) {}

  absl::Status Make() {
    WEFT_RETURN_IF_ERROR(Read());
    // Also if it stays as it is: what was read after it may be of another change.
    out_.transaction.Expect(store::ApplicationKey(ns_, name_),
                            old_.has_value() ? std::optional(old_->bytes) : std::nullopt);
    ApplicationRecord record = old_.has_value() ? old_->record : ApplicationRecord();
    record.set_document(desired_.document);
    if (!old_.has_value()) record.set_runtime(desired_.runtime);
    record.clear_instances();
    for (const auto& instance : desired_.instances) *record.add_instances() = instance;
    SetAttached(record);
    SetNotReady(desired_, record);
    SetLeaving(record);
    WEFT_RETURN_IF_ERROR(PutObjects(HeldObjects(record)));
    const bool changed =
        objects_changed_ || !old_.has_value() || record.SerializeAsString() != old_->bytes;
    WEFT_RETURN_IF_ERROR(PutRenderAgain(desired_, now_, store_, record, out_.transaction));
    for (const auto& [component, bytes] : desired_.used)
      out_.transaction.Expect(store::ComponentKey(ns_, component), bytes);
    for (const store::Transaction::Condition& condition : desired_.conditions)
      out_.transaction.conditions.push_back(condition);
    const ApplyResponse::Action action = !old_.has_value() ? ApplyResponse::ACTION_CREATED
                                         : changed         ? ApplyResponse::ACTION_UPDATED
                                                           : ApplyResponse::ACTION_UNCHANGED;
    if (changed) WEFT_RETURN_IF_ERROR(PutApplication(record));
    out_.changes.push_back(MakeChangeOf(kApplicationKind, ns_, name_, record.generation(), action));
    return absl::OkStatus();
  }

 private:
  absl::Status Read() {
    absl::StatusOr<StoredApplication> stored = ReadApplication(store_, ns_, name_);
    if (stored.ok()) {
      old_ = *std::move(stored);
      // Deleted since it was checked: checked again, it is refused.
      if (old_->record.deleting())
        return absl::AbortedError(absl::StrCat("the application ", name_, " is being deleted"));
      // Likewise if it was deleted and applied to another runtime.
      if (RuntimeOf(old_->record) != desired_.runtime)
        return absl::AbortedError(absl::StrCat("the application ", name_, " runs elsewhere now"));
    } else if (!absl::IsNotFound(stored.status())) {
      return stored.status();
    }
    if (desired_.present.has_value() && (!old_.has_value() || old_->bytes != *desired_.present))
      return absl::AbortedError(absl::StrCat("the application ", name_, " changed meanwhile"));
    WEFT_ASSIGN_OR_RETURN(inventory_, ReadInventory(store_, ns_, name_));
    WEFT_ASSIGN_OR_RETURN(stored_desired_, ReadDesired(store_, ns_, name_));
    return absl::OkStatus();
  }

  // Whoever is in the old record under the same key is the same instance.
  void SetAttached(ApplicationRecord& record) const {
    std::map<std::string, int64_t> attached;
    if (old_.has_value()) {
      for (const auto& instance : old_->record.instances()) {
        attached[instance.instance().key()] = instance.attached_unix_ms();
        for (const auto& trait : instance.traits())
          attached[trait.instance().key()] = trait.attached_unix_ms();
      }
    }
    const auto since = [&](const std::string& key) {
      const int64_t known = attached[key];
      return known != 0 ? known : now_;
    };
    for (auto& instance : *record.mutable_instances()) {
      instance.set_attached_unix_ms(since(instance.instance().key()));
      for (auto& trait : *instance.mutable_traits())
        trait.set_attached_unix_ms(since(trait.instance().key()));
    }
  }

  void SetLeaving(ApplicationRecord& record) const {
    record.clear_leaving();
    if (!old_.has_value()) return;
    const Removal removal = {.before = old_->record,
                             .inventory = inventory_,
                             .desired = stored_desired_,
                             .types = desired_.types.get(),
                             .now_unix_ms = now_};
    std::set<std::string> wanted;
    for (const DesiredRecord& object : desired_.objects)
      wanted.insert(store::ObjectKey(object.object().ref()));
    for (LeavingRecord& leaving : MakeLeaving(removal, record, wanted))
      *record.add_leaving() = std::move(leaving);
  }

  absl::Status PutApplication(ApplicationRecord& record) {
    record.set_name_space(ns_);
    record.set_name(name_);
    record.set_generation(record.generation() + 1);
    record.set_restores(desired_.restores);
    record.set_again(desired_.again);
    if (!old_.has_value()) record.set_created_unix_ms(now_);
    record.set_updated_unix_ms(now_);
    out_.transaction.Put(store::ApplicationKey(ns_, name_), record.SerializeAsString());
    out_.applications.push_back(ApplicationKeyOf(ns_, name_));
    std::set<std::string> names;
    for (const auto& instance : record.instances()) {
      const std::string instance_key = store::InstanceKey(ns_, instance.instance().name());
      names.insert(instance.instance().name());
      WEFT_RETURN_IF_ERROR(ClaimInstance(instance.instance(), instance_key));
    }
    if (!old_.has_value()) {
      out_.transaction.Delete(store::DepartureKey(ns_, name_));
      return absl::OkStatus();
    }
    if (!desired_.again) KeepRevision(old_->record, stored_desired_, out_.transaction);
    DropReports(old_->record, &record, out_.transaction);
    for (const auto& instance : old_->record.instances()) {
      if (!names.contains(instance.instance().name()))
        out_.transaction.Delete(store::InstanceKey(ns_, instance.instance().name()));
    }
    return absl::OkStatus();
  }

  // An instance name belongs to one application. One that was taken since the document was checked
  // is refused when that is done again.
  absl::Status ClaimInstance(const provider::v1::Instance& instance, const std::string& key) {
    if (desired_.checked != nullptr) return Claim(key, name_);
    const absl::StatusOr<std::string> owner = store_.Get(key);
    if (!owner.ok() || *owner == name_) return Claim(key, name_);
    out_.diagnostics.push_back(
        ErrorAt(desired_, instance.key(), "INSTANCE_OWNED",
                absl::StrCat("the instance name ", instance.name(), " belongs to the application ",
                             *owner, " now")));
    return absl::OkStatus();
  }

  // Makes `value` the value of a key that nobody else may have taken.
  absl::Status Claim(const std::string& key, const std::string& value) {
    const absl::StatusOr<std::string> held = store_.Get(key);
    if (!held.ok() && !absl::IsNotFound(held.status())) return held.status();
    if (held.ok() && *held != value) return absl::AbortedError(absl::StrCat(key, " was taken"));
    out_.transaction.Expect(key, held.ok() ? std::optional(*held) : std::nullopt);
    if (!held.ok()) out_.transaction.Put(key, value);
    return absl::OkStatus();
  }

  // What is neither desired nor among `staying` goes.
  absl::Status PutObjects(std::set<std::string> staying) {
    for (const DesiredRecord& object : desired_.objects) {
      const std::string key = store::ObjectKey(object.object().ref());
      staying.insert(key);
      WEFT_RETURN_IF_ERROR(PutObject(key, object));
    }
    for (const auto& [key, record] : inventory_) {
      if (staying.contains(key) || !record.wanted()) continue;
      Unwant(InventoryKeyOf(ns_, name_, key), record, out_.transaction);
      out_.deletions.push_back(record.ref());
      objects_changed_ = true;
    }
    for (const auto& [key, record] : stored_desired_) {
      if (!staying.contains(key)) out_.transaction.Delete(DesiredKeyOf(ns_, name_, key));
    }
    return absl::OkStatus();
  }

  absl::Status PutObject(const std::string& key, const DesiredRecord& object) {
    const std::string self = ApplicationKeyOf(ns_, name_);
    const auto [claim, first] = claims_.emplace(key, self);
    const absl::StatusOr<std::string> owner =
        first ? store_.Get(store::ObjectOwnerKey(key)) : claim->second;
    if (owner.ok() && *owner != self) {
      out_.diagnostics.push_back(ErrorAt(
          desired_, object.owner(), "OBJECT_OWNED",
          absl::StrCat("the object ", object.object().ref().kind(), "/",
                       object.object().ref().name(), " belongs to the application ", *owner)));
      return absl::OkStatus();
    }
    WEFT_RETURN_IF_ERROR(Claim(store::ObjectOwnerKey(key), self));
    const std::string bytes = object.SerializeAsString();
    const auto stored = stored_desired_.find(key);
    const bool same = stored != stored_desired_.end() &&
                      stored->second.object().json() == object.object().json() &&
                      stored->second.owner() == object.owner() &&
                      SteersTheSame(stored->second, object);
    if (stored == stored_desired_.end() || stored->second.SerializeAsString() != bytes) {
      out_.transaction.Put(DesiredKeyOf(ns_, name_, key), bytes);
      objects_changed_ = true;
    }
    const auto known = inventory_.find(key);
    if (same && known != inventory_.end() && known->second.wanted()) return absl::OkStatus();
    InventoryRecord record;
    uint64_t generation = 0;
    if (known != inventory_.end()) {
      record = known->second;
      generation = record.generation() + 1;
    } else {
      WEFT_ASSIGN_OR_RETURN(generation, FirstGeneration(key, store_, out_.transaction));
    }
    *record.mutable_ref() = object.object().ref();
    record.set_owner(object.owner());
    record.set_generation(generation);
    record.set_wanted(true);
    record.clear_refused();
    record.clear_problem();
    record.clear_corrections();
    record.clear_contested();
    KeepClaims(object, record);
    PutInventory(key, known == inventory_.end() ? nullptr : &known->second, record);
    return absl::OkStatus();
  }

  void PutInventory(const std::string& key, const InventoryRecord* before,
                    const InventoryRecord& record) {
    const std::string stored_key = InventoryKeyOf(ns_, name_, key);
    out_.transaction.Expect(
        stored_key, before == nullptr ? std::nullopt : std::optional(before->SerializeAsString()));
    out_.transaction.Put(stored_key, record.SerializeAsString());
    objects_changed_ = true;
  }

  const DesiredApplication& desired_;
  const int64_t now_;
  const std::string ns_, name_;
  store::Store& store_;
  Claims& claims_;
  StoredChange& out_;
  std::optional<StoredApplication> old_;
  Inventory inventory_;
  std::map<std::string, DesiredRecord> stored_desired_;
  bool objects_changed_ = false;
};

void PutComponent(const CheckedComponent& component, int64_t now, StoredChange& change) {
  const bool fresh = !component.latest.has_value();
  const bool same = !fresh && component.latest->revision() == component.revision;
  if (!same) {
    catalog::PutRevision(*component.document, fresh ? nullptr : &*component.latest, now,
                         change.transaction);
  }
  const model::Metadata& metadata = component.document->metadata();
  change.changes.push_back(MakeChangeOf(component.document->kind(), metadata.name_space,
                                        metadata.name, component.revision,
                                        fresh  ? ApplyResponse::ACTION_CREATED
                                        : same ? ApplyResponse::ACTION_UNCHANGED
                                               : ApplyResponse::ACTION_UPDATED));
}

}  // namespace

DesiredApplication MakeDesired(const CheckedApplication& checked,
                               const std::vector<std::vector<merge::MergedObject>>& objects,
                               model::Diagnostics& diagnostics) {
  DesiredApplication desired;
  desired.name_space = checked.resolved.name_space;
  desired.name = checked.resolved.name;
  desired.runtime = checked.runtime;
  desired.document = checked.document->canonical;
  desired.used = checked.used;
  desired.checked = &checked;
  std::map<std::string, std::string> owners;
  for (size_t i = 0; i < objects.size(); ++i) {
    const resolve::WorkloadInstance& instance = checked.resolved.instances[i];
    desired.instances.push_back(MakeInstanceRecord(checked.resolved, instance, objects[i]));
    for (const merge::MergedObject& object : objects[i]) {
      DesiredRecord record = MakeDesiredRecord(instance.key, object);
      const auto [owner, fresh] =
          owners.emplace(store::ObjectKey(record.object().ref()), instance.name);
      if (!fresh) {
        diagnostics.push_back(
            ErrorAt(desired, instance.key, "CONFLICT",
                    absl::StrCat("the object ", object.ref.kind, "/", object.ref.name,
                                 " is rendered for ", owner->second, " too")));
        continue;
      }
      desired.objects.push_back(std::move(record));
    }
  }
  return desired;
}

absl::StatusOr<StoredChange> MakeChange(const Checked& checked,
                                        const std::vector<DesiredApplication>& applications,
                                        int64_t now_unix_ms, store::Store& store) {
  StoredChange change;
  Claims claims;
  // In the order of the documents.
  size_t component = 0, application = 0;
  for (const model::Document& document : checked.decoded.documents) {
    if (component < checked.components.size() &&
        checked.components[component].document == &document) {
      PutComponent(checked.components[component++], now_unix_ms, change);
    } else {
      WEFT_RETURN_IF_ERROR(
          ApplicationChange(applications[application++], now_unix_ms, store, claims, change)
              .Make());
    }
  }
  return change;
}

absl::StatusOr<StoredChange> MakeRestoration(const DesiredApplication& application,
                                             int64_t now_unix_ms, store::Store& store) {
  StoredChange change;
  Claims claims;
  WEFT_RETURN_IF_ERROR(ApplicationChange(application, now_unix_ms, store, claims, change).Make());
  return change;
}

absl::Status CommitChange(StoredChange& change, store::Store& store,
                          const std::function<void(const std::string& application)>& on_stored) {
  if (change.transaction.puts.empty() && change.transaction.deletes.empty())
    return absl::OkStatus();
  Failpoint("core.record.before");
  absl::Status committed = store.Commit(std::move(change.transaction));
  Failpoint("core.record.after");
  if (absl::IsAborted(committed)) return committed;
  for (const std::string& application : change.applications) on_stored(application);
  return committed;
}

}  // namespace weft::scheduler
