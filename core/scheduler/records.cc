#include "core/scheduler/records.h"

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/store/keys.h"

namespace weft::scheduler {
namespace {

// The records below `prefix`, by the rest of their keys.
template <typename Record>
absl::StatusOr<std::map<std::string, Record>> ReadAll(store::Store& store,
                                                      const std::string& prefix) {
  WEFT_ASSIGN_OR_RETURN(const auto entries, store.List(prefix));
  std::map<std::string, Record> records;
  for (const auto& [key, bytes] : entries) {
    if (!records[key.substr(prefix.size())].ParseFromString(bytes))
      return absl::DataLossError(absl::StrCat("the stored ", key, " cannot be read"));
  }
  return records;
}

}  // namespace

absl::StatusOr<StoredApplication> ReadApplication(store::Store& store, const std::string& ns,
                                                  const std::string& name) {
  const std::string key = store::ApplicationKey(ns, name);
  absl::StatusOr<std::string> bytes = store.Get(key);
  if (absl::IsNotFound(bytes.status())) {
    return absl::NotFoundError(
        absl::StrCat("there is no application ", name, " in namespace ", ns));
  }
  if (!bytes.ok()) return bytes.status();
  StoredApplication stored{.record = {}, .bytes = *std::move(bytes)};
  if (!stored.record.ParseFromString(stored.bytes))
    return absl::DataLossError(absl::StrCat("the stored ", key, " cannot be read"));
  return stored;
}

absl::StatusOr<Inventory> ReadInventory(store::Store& store, const std::string& ns,
                                        const std::string& name) {
  return ReadAll<store::v1::InventoryRecord>(store, store::InventoryPrefix(ns, name));
}

absl::StatusOr<std::map<std::string, store::v1::DesiredRecord>> ReadDesired(
    store::Store& store, const std::string& ns, const std::string& name) {
  return ReadAll<store::v1::DesiredRecord>(store, store::DesiredPrefix(ns, name));
}

void Unwant(const std::string& inventory_key, const store::v1::InventoryRecord& before,
            store::Transaction& transaction) {
  transaction.Expect(inventory_key, before.SerializeAsString());
  store::v1::InventoryRecord record = before;
  record.set_wanted(false);
  record.clear_claims();
  transaction.Put(inventory_key, record.SerializeAsString());
}

std::string InventoryKeyOf(const std::string& ns, const std::string& name,
                           const std::string& object_key) {
  return absl::StrCat(store::InventoryPrefix(ns, name), object_key);
}

std::string DesiredKeyOf(const std::string& ns, const std::string& name,
                         const std::string& object_key) {
  return absl::StrCat(store::DesiredPrefix(ns, name), object_key);
}

}  // namespace weft::scheduler
