#include "core/scheduler/leaving.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/catalog/stages.h"
#include "core/store/keys.h"
#include "core/store/object_key.h"

namespace weft::scheduler {
namespace {

using provider::v1::Instance;
using store::v1::ApplicationRecord;
using store::v1::InstanceRecord;
using store::v1::LeavingRecord;

// Of another type it is another instance, though it has the same key.
using Identity = std::pair<std::string, std::string>;
Identity IdentityOf(const Instance& instance) { return {instance.key(), instance.type()}; }

std::set<Identity> IdentitiesIn(const ApplicationRecord& record) {
  std::set<Identity> identities;
  for (const InstanceRecord& workload : record.instances()) {
    identities.insert(IdentityOf(workload.instance()));
    for (const auto& trait : workload.traits()) identities.insert(IdentityOf(trait.instance()));
  }
  return identities;
}

const std::string& ComponentOf(const LeavingRecord& record) {
  return record.instance().instance().key();
}

// When each trait of `workload` goes, from 0: whatever comes after another one goes before it.
std::vector<int64_t> StagesToGo(const InstanceRecord& workload, const catalog::TypeTable* types) {
  std::deque<catalog::Type> unknown;
  std::vector<const catalog::Type*> traits;
  for (const auto& trait : workload.traits()) {
    const std::string& name = trait.instance().type();
    const catalog::Type* type =
        types == nullptr ? nullptr : types->Find(catalog::TypeKind::kTrait, name);
    if (type == nullptr) {
      unknown.emplace_back().name = name;
      type = &unknown.back();
    }
    traits.push_back(type);
  }
  const catalog::Stages stages = catalog::StagesOf(traits);
  std::vector<int64_t> to_go(traits.size());
  if (traits.empty() || !stages.cycle.empty()) return to_go;
  const int last = *std::max_element(stages.of.begin(), stages.of.end());
  for (size_t i = 0; i < to_go.size(); ++i) to_go[i] = last - stages.of[i];
  return to_go;
}

LeavingRecord MakeRecord(const InstanceRecord& workload, const Removal& removal) {
  LeavingRecord record;
  *record.mutable_instance() = workload;
  record.mutable_instance()->clear_traits();
  record.set_since_unix_ms(removal.now_unix_ms);
  return record;
}

// Adds those of `workload` that finalize and do not stay.
void AddLeaving(const InstanceRecord& workload, const Removal& removal,
                const std::set<Identity>& staying, std::vector<LeavingRecord>& leaving) {
  const std::vector<int64_t> stages = StagesToGo(workload, removal.types);
  for (int i = 0; i < workload.traits_size(); ++i) {
    const store::v1::TraitRecord& trait = workload.traits(i);
    if (!trait.finalizes() || staying.contains(IdentityOf(trait.instance()))) continue;
    LeavingRecord& record = leaving.emplace_back(MakeRecord(workload, removal));
    *record.mutable_trait() = trait;
    record.set_stage(stages[i]);
  }
  if (!workload.finalizes() || staying.contains(IdentityOf(workload.instance()))) return;
  LeavingRecord record = MakeRecord(workload, removal);
  for (const LeavingRecord& other : leaving) {
    if (IsOfOneComponent(other, record))
      record.set_stage(std::max(record.stage(), other.stage() + 1));
  }
  leaving.push_back(std::move(record));
}

bool WroteTo(const Instance& instance, const store::v1::DesiredRecord& object) {
  const auto is_its = [&](const auto& leaf) { return leaf.owner() == instance.key(); };
  return std::any_of(object.leaves().begin(), object.leaves().end(), is_its) ||
         std::any_of(object.steered().begin(), object.steered().end(), is_its);
}

// Objects that are on their way already cannot be held.
void Hold(const Removal& removal, const std::set<Identity>& staying,
          const std::set<std::string>& wanted, LeavingRecord& record) {
  record.clear_held();
  const bool whole = !staying.contains(IdentityOf(record.instance().instance()));
  for (const auto& [key, object] : removal.inventory) {
    if (!object.wanted() || wanted.contains(key) || object.owner() != ComponentOf(record)) continue;
    const auto desired = removal.desired.find(key);
    if (whole || (desired != removal.desired.end() && WroteTo(InstanceOf(record), desired->second)))
      *record.add_held() = object.ref();
  }
}

}  // namespace

const Instance& InstanceOf(const LeavingRecord& record) {
  return record.has_trait() ? record.trait().instance() : record.instance().instance();
}

const std::string& ProviderOf(const LeavingRecord& record) {
  return record.has_trait() ? record.trait().provider() : record.instance().provider();
}

std::string DescribeInstance(const LeavingRecord& record) {
  const std::string& component = record.instance().instance().name();
  return record.has_trait() ? absl::StrCat(record.trait().instance().type(), " of ", component)
                            : component;
}

std::vector<LeavingRecord> MakeLeaving(const Removal& removal, const ApplicationRecord& after,
                                       const std::set<std::string>& wanted) {
  const std::set<Identity> staying = IdentitiesIn(after);
  std::vector<LeavingRecord> leaving;
  for (const LeavingRecord& record : removal.before.leaving()) {
    if (!staying.contains(IdentityOf(InstanceOf(record)))) leaving.push_back(record);
  }
  for (const InstanceRecord& workload : removal.before.instances())
    AddLeaving(workload, removal, staying, leaving);
  for (LeavingRecord& record : leaving) Hold(removal, staying, wanted, record);
  return leaving;
}

std::set<std::string> HeldObjects(const ApplicationRecord& record) {
  std::set<std::string> held;
  for (const LeavingRecord& leaving : record.leaving()) {
    for (const common::v1::ObjectRef& ref : leaving.held()) held.insert(store::ObjectKey(ref));
  }
  return held;
}

bool IsOfOneComponent(const LeavingRecord& a, const LeavingRecord& b) {
  return ComponentOf(a) == ComponentOf(b);
}

bool IsNext(const LeavingRecord& leaving, const ApplicationRecord& record) {
  return std::none_of(record.leaving().begin(), record.leaving().end(),
                      [&](const LeavingRecord& other) {
                        return IsOfOneComponent(other, leaving) && other.stage() < leaving.stage();
                      });
}

absl::StatusOr<store::Transaction> LetGo(const StoredApplication& stored,
                                         const std::function<bool(const LeavingRecord&)>& gone,
                                         store::Store& store) {
  const std::string &ns = stored.record.name_space(), &name = stored.record.name();
  ApplicationRecord record = stored.record;
  record.clear_leaving();
  for (const LeavingRecord& leaving : stored.record.leaving()) {
    if (!gone(leaving)) *record.add_leaving() = leaving;
  }
  store::Transaction transaction;
  transaction.Expect(store::ApplicationKey(ns, name), stored.bytes);
  transaction.Put(store::ApplicationKey(ns, name), record.SerializeAsString());
  const std::set<std::string> held = HeldObjects(record);
  WEFT_ASSIGN_OR_RETURN(const Inventory inventory, ReadInventory(store, ns, name));
  for (const std::string& key : HeldObjects(stored.record)) {
    const auto object = inventory.find(key);
    if (held.contains(key) || object == inventory.end()) continue;
    Unwant(InventoryKeyOf(ns, name, key), object->second, transaction);
    transaction.Delete(DesiredKeyOf(ns, name, key));
  }
  return transaction;
}

}  // namespace weft::scheduler
