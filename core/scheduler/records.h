#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "core/scheduler/plan.h"
#include "core/store/records.pb.h"
#include "core/store/store.h"

// Reading the store's records of one application.
namespace weft::scheduler {

// A record as it was read, with its bytes: what a transaction may expect to be unchanged.
struct StoredApplication {
  store::v1::ApplicationRecord record;
  std::string bytes;
};

// NOT_FOUND: there is no such application. DATA_LOSS: it cannot be read.
absl::StatusOr<StoredApplication> ReadApplication(store::Store& store, const std::string& ns,
                                                  const std::string& name);

absl::StatusOr<Inventory> ReadInventory(store::Store& store, const std::string& ns,
                                        const std::string& name);

// By store::ObjectKey.
absl::StatusOr<std::map<std::string, store::v1::DesiredRecord>> ReadDesired(
    store::Store& store, const std::string& ns, const std::string& name);

// Adds to `transaction` that an object, stored under `inventory_key` as `before`, is not wanted any
// more.
void Unwant(const std::string& inventory_key, const store::v1::InventoryRecord& before,
            store::Transaction& transaction);

// The keys of what is stored of one object of an application.
std::string InventoryKeyOf(const std::string& ns, const std::string& name,
                           const std::string& object_key);
std::string DesiredKeyOf(const std::string& ns, const std::string& name,
                         const std::string& object_key);

}  // namespace weft::scheduler
