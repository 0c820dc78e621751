#include "core/scheduler/departure.h"

#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/scheduler/instance_reports.h"
#include "core/scheduler/leaving.h"
#include "core/scheduler/revisions.h"
#include "core/store/keys.h"

namespace weft::scheduler {

absl::StatusOr<store::Transaction> MakeDeletion(const std::string& ns, const std::string& name,
                                                int64_t now_unix_ms, store::Store& store,
                                                const Deletion& how) {
  WEFT_ASSIGN_OR_RETURN(StoredApplication stored, ReadApplication(store, ns, name));
  store::Transaction transaction;
  store::v1::ApplicationRecord& record = stored.record;
  if (record.deleting() && (record.forced() || !how.force)) return transaction;
  WEFT_ASSIGN_OR_RETURN(const Inventory inventory, ReadInventory(store, ns, name));
  WEFT_ASSIGN_OR_RETURN(const auto desired, ReadDesired(store, ns, name));
  std::vector<store::v1::LeavingRecord> leaving;
  if (!how.force) {
    leaving = MakeLeaving({.before = record,
                           .inventory = inventory,
                           .desired = desired,
                           .types = how.types,
                           .now_unix_ms = now_unix_ms},
                          /*after=*/{}, /*wanted=*/{});
  }
  record.mutable_leaving()->Assign(leaving.begin(), leaving.end());
  record.set_forced(how.force);
  record.set_deleting(true);
  record.set_generation(record.generation() + 1);
  record.set_updated_unix_ms(now_unix_ms);
  transaction.Expect(store::ApplicationKey(ns, name), stored.bytes);
  transaction.Put(store::ApplicationKey(ns, name), record.SerializeAsString());
  const std::set<std::string> held = HeldObjects(record);
  for (const auto& [key, object] : inventory) {
    if (object.wanted() && !held.contains(key))
      Unwant(InventoryKeyOf(ns, name, key), object, transaction);
  }
  return transaction;
}

absl::Status Depart(const StoredApplication& stored, absl::Time now, store::Store& store,
                    store::Transaction& transaction) {
  const std::string& ns = stored.record.name_space();
  const std::string& name = stored.record.name();
  const std::string key = store::ApplicationKey(ns, name);
  transaction.Expect(key, stored.bytes);
  transaction.Delete(key);
  transaction.Put(store::DepartureKey(ns, name), absl::StrCat(absl::ToUnixMillis(now)));
  transaction.Delete(store::StatusKey(ns, name));
  transaction.Delete(store::RenderAgainKey(ns, name));
  DropReports(stored.record, nullptr, transaction);
  for (const auto& instance : stored.record.instances())
    transaction.Delete(store::InstanceKey(ns, instance.instance().name()));
  WEFT_ASSIGN_OR_RETURN(const auto desired, ReadDesired(store, ns, name));
  for (const auto& [object, unused] : desired) transaction.Delete(DesiredKeyOf(ns, name, object));
  return DropRevisions(ns, name, store, transaction);
}

}  // namespace weft::scheduler
