#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/scheduler/claims.h"
#include "core/scheduler/reconcile.h"
#include "core/scheduler/records.h"
#include "core/scheduler/testing.h"
#include "core/store/keys.h"
#include "core/store/object_key.h"

namespace weft::scheduler {

inline constexpr char kShop[] = "default/shop";
inline constexpr char kSteerer[] = "default/shop/front/steerer#0";

inline std::string Key(const std::string& name) {
  return store::ObjectKey(Ref("Deployment", name));
}

// A store with the application "shop" and a runtime that behaves, over which a test makes passes.
class ReconcileTest : public testing::Test {
 protected:
  void SetUp() override {
    StoreApplication(/*deleting=*/false, /*generation=*/1);
    SetObject("front", 1);
  }

  void StoreApplication(bool deleting, int64_t generation) {
    store::v1::ApplicationRecord record;
    record.set_name_space("default");
    record.set_name("shop");
    record.set_generation(generation);
    record.set_deleting(deleting);
    record.add_instances()->mutable_instance()->set_name("front");
    store::Transaction transaction;
    transaction.Put(store::ApplicationKey("default", "shop"), record.SerializeAsString());
    transaction.Put(store::InstanceKey("default", "front"), "shop");
    transaction.Put(store::StatusKey("default", "shop"), "");
    ASSERT_TRUE(store_.Commit(std::move(transaction)).ok());
  }
  // Wants the object at this generation, whose bytes name it.
  void SetObject(const std::string& name, uint64_t generation) {
    store::v1::InventoryRecord inventory = Inventory(name);
    *inventory.mutable_ref() = Ref("Deployment", name);
    inventory.set_owner("default/shop/front");
    inventory.set_generation(generation);
    inventory.set_wanted(true);
    store::v1::DesiredRecord desired;
    *desired.mutable_object()->mutable_ref() = inventory.ref();
    desired.mutable_object()->set_json(absl::StrCat(R"({"generation":)", generation, "}"));
    desired.set_owner("default/shop/front");
    store::Transaction transaction;
    transaction.Put(InventoryKeyOf("default", "shop", Key(name)), inventory.SerializeAsString());
    transaction.Put(DesiredKeyOf("default", "shop", Key(name)), desired.SerializeAsString());
    transaction.Put(store::ObjectOwnerKey(Key(name)), kShop);
    ASSERT_TRUE(store_.Commit(std::move(transaction)).ok());
  }
  void Unwant(const std::string& name) {
    store::v1::InventoryRecord inventory = Inventory(name);
    inventory.set_wanted(false);
    store::Transaction transaction;
    transaction.Put(InventoryKeyOf("default", "shop", Key(name)), inventory.SerializeAsString());
    transaction.Delete(DesiredKeyOf("default", "shop", Key(name)));
    ASSERT_TRUE(store_.Commit(std::move(transaction)).ok());
  }
  store::v1::InventoryRecord Inventory(const std::string& name) {
    auto inventory = ReadInventory(store_, "default", "shop");
    EXPECT_TRUE(inventory.ok()) << inventory.status();
    return (*inventory)[Key(name)];
  }

  absl::StatusOr<ReconcileResult> TryPass() {
    return Reconcile(kShop, store_, runtime_.stub(), observed_, now_);
  }
  ReconcileResult Pass() {
    absl::StatusOr<ReconcileResult> result = TryPass();
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *std::move(result) : ReconcileResult();
  }
  // As if the watch had told everything.
  void Observe() {
    grpc::ClientContext context;
    runtime::v1::ListResponse list;
    ASSERT_TRUE(runtime_.stub().List(&context, runtime::v1::ListRequest(), &list).ok());
    observed_.Begin();
    for (const runtime::v1::Projection& item : list.items()) observed_.Update(item);
    observed_.Synced(list.complete());
  }

  // The object's replicas are steered by kSteerer, from 2.
  void Steer(const std::string& name) {
    store::v1::DesiredRecord desired = Desired(name);
    store::v1::SteeredLeafRecord* leaf = desired.add_steered();
    leaf->set_pointer("/spec/replicas");
    leaf->set_owner(kSteerer);
    leaf->set_by(provider::v1::STEERING_ACTIONS);
    leaf->set_seed("2");
    PutDesired(name, desired);
  }
  // What the service of the instances does with an action.
  void Act(const std::string& name, std::optional<std::string> value, uint64_t sequence) {
    store::v1::InventoryRecord inventory = Inventory(name);
    const ActionResult result =
        ApplyAction({kSteerer, "/spec/replicas", std::move(value), 1, sequence, "", 0},
                    Desired(name), inventory);
    ASSERT_TRUE(result.changed) << result.message;
    store::Transaction transaction;
    transaction.Put(InventoryKeyOf("default", "shop", Key(name)), inventory.SerializeAsString());
    ASSERT_TRUE(store_.Commit(std::move(transaction)).ok());
  }
  store::v1::DesiredRecord Desired(const std::string& name) {
    auto desired = ReadDesired(store_, "default", "shop");
    EXPECT_TRUE(desired.ok()) << desired.status();
    return (*desired)[Key(name)];
  }
  void PutDesired(const std::string& name, const store::v1::DesiredRecord& desired) {
    store::Transaction transaction;
    transaction.Put(DesiredKeyOf("default", "shop", Key(name)), desired.SerializeAsString());
    ASSERT_TRUE(store_.Commit(std::move(transaction)).ok());
  }
  // The object has this JSON, and the platform says digests.
  void SetWatched(const std::string& name, const std::string& json) {
    runtime_.SayDigests();
    store::v1::DesiredRecord desired = Desired(name);
    desired.mutable_object()->set_json(json);
    PutDesired(name, desired);
    Pass();
    Observe();
  }

  HookedStore store_;
  FakeRuntime runtime_;
  Observed observed_;
  absl::Time now_ = absl::FromUnixSeconds(1000000);
};

}  // namespace weft::scheduler
