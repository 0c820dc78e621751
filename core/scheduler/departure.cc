#include "core/scheduler/departure.h"

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/scheduler/instance_reports.h"
#include "core/scheduler/revisions.h"
#include "core/store/keys.h"

namespace weft::scheduler {

absl::Status Depart(const StoredApplication& stored, absl::Time now, store::Store& store,
                    store::Transaction& transaction) {
  const std::string& ns = stored.record.name_space();
  const std::string& name = stored.record.name();
  const std::string key = store::ApplicationKey(ns, name);
  transaction.Expect(key, stored.bytes);
  transaction.Delete(key);
  transaction.Put(store::DepartureKey(ns, name), absl::StrCat(absl::ToUnixMillis(now)));
  transaction.Delete(store::StatusKey(ns, name));
  DropReports(stored.record, nullptr, transaction);
  for (const auto& instance : stored.record.instances())
    transaction.Delete(store::InstanceKey(ns, instance.instance().name()));
  WEFT_ASSIGN_OR_RETURN(const auto desired, ReadDesired(store, ns, name));
  for (const auto& [object, unused] : desired) transaction.Delete(DesiredKeyOf(ns, name, object));
  return DropRevisions(ns, name, store, transaction);
}

}  // namespace weft::scheduler
