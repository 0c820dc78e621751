#pragma once

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/scheduler/records.h"
#include "core/scheduler/testing.h"
#include "core/store/keys.h"
#include "core/store/object_key.h"

// For tests only: an application whose trait lives in time.
namespace weft::scheduler {

inline const char kWorkload[] = "default/shop/front";
inline const char kCron[] = "default/shop/front/cron#0";

// The application "shop" (or another) with one workload "front" of type "Web" and its trait "cron".
inline store::v1::ApplicationRecord MakeLiveApplication(const std::string& name = "shop",
                                                        const std::string& properties = "{}") {
  store::v1::ApplicationRecord record;
  record.set_name_space("default");
  record.set_name(name);
  record.set_created_unix_ms(1000);
  store::v1::InstanceRecord* workload = record.add_instances();
  workload->mutable_instance()->set_key(absl::StrCat("default/", name, "/front"));
  workload->mutable_instance()->set_name("front");
  workload->mutable_instance()->set_type("Web");
  workload->mutable_shape()->set_api_version("apps/v1");
  workload->mutable_shape()->set_kind("Deployment");
  workload->mutable_shape()->set_scale("/spec/replicas");
  workload->set_attached_unix_ms(2500);
  store::v1::TraitRecord* trait = workload->add_traits();
  trait->mutable_instance()->set_key(absl::StrCat("default/", name, "/front/cron#0"));
  trait->mutable_instance()->set_type("cron");
  trait->mutable_instance()->set_properties(properties);
  return record;
}

// What is desired of the Deployment "front": its trait steers the replicas, which start with 2.
inline store::v1::DesiredRecord MakeSteeredDesired(const std::string& owner = kCron) {
  store::v1::DesiredRecord desired;
  *desired.mutable_object()->mutable_ref() = Ref("Deployment", "front");
  store::v1::SteeredLeafRecord* leaf = desired.add_steered();
  leaf->set_pointer("/spec/replicas");
  leaf->set_owner(owner);
  leaf->set_by(provider::v1::STEERING_ACTIONS);
  leaf->set_seed("2");
  return desired;
}

inline store::v1::InventoryRecord MakeSteeredInventory() {
  store::v1::InventoryRecord inventory;
  *inventory.mutable_ref() = Ref("Deployment", "front");
  inventory.set_generation(1);
  inventory.set_wanted(true);
  return inventory;
}

template <typename Record>
void PutRecord(store::Store& store, const std::string& key, const Record& record) {
  store::Transaction transaction;
  transaction.Put(key, record.SerializeAsString());
  EXPECT_TRUE(store.Commit(std::move(transaction)).ok());
}

// Stores an application with the Deployment "front", whose replicas its trait steers.
inline void StoreLiveApplication(store::Store& store, const store::v1::ApplicationRecord& record) {
  const std::string &ns = record.name_space(), &name = record.name();
  PutRecord(store, store::ApplicationKey(ns, name), record);
  PutRecord(store, DesiredKeyOf(ns, name, kFront),
            MakeSteeredDesired(record.instances(0).traits(0).instance().key()));
  PutRecord(store, InventoryKeyOf(ns, name, kFront), MakeSteeredInventory());
}

}  // namespace weft::scheduler
