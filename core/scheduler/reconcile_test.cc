#include "core/scheduler/reconcile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "core/scheduler/claims.h"
#include "core/scheduler/plan.h"
#include "core/scheduler/records.h"
#include "core/scheduler/testing.h"
#include "core/store/keys.h"
#include "core/store/object_key.h"

namespace weft::scheduler {
namespace {

namespace rt = ::weft::runtime::v1;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kShop[] = "default/shop";
constexpr char kSteerer[] = "default/shop/front/steerer#0";

std::string Key(const std::string& name) { return store::ObjectKey(Ref("Deployment", name)); }

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
    rt::ListResponse list;
    ASSERT_TRUE(runtime_.stub().List(&context, rt::ListRequest(), &list).ok());
    observed_.Begin();
    for (const rt::Projection& item : list.items()) observed_.Update(item);
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

TEST_F(ReconcileTest, AnActionIsCarriedOutLikeAnyOtherChange) {
  Steer("front");
  Pass();
  Observe();
  EXPECT_THAT(runtime_.SteeredOf(Key("front")), ElementsAre("/spec/replicas from 2"));
  Act("front", "5", 1);
  Pass();
  Observe();
  EXPECT_THAT(runtime_.SteeredOf(Key("front")), ElementsAre("/spec/replicas = 5"));
  EXPECT_EQ(Inventory("front").accepted(), 2u);
  Pass();
  EXPECT_EQ(runtime_.applies(), 2);
  Act("front", std::nullopt, 2);
  Pass();
  EXPECT_THAT(runtime_.SteeredOf(Key("front")), ElementsAre("/spec/replicas = 2"));
}

TEST_F(ReconcileTest, AnObjectThatIsLostComesBackWithWhatWasSet) {
  Steer("front");
  Act("front", "5", 1);
  Pass();
  Observe();
  runtime_.Lose(Key("front"));
  Observe();
  Pass();
  EXPECT_THAT(runtime_.SteeredOf(Key("front")), ElementsAre("/spec/replicas = 5"));
}

TEST_F(ReconcileTest, AnActionDuringACallIsNotLost) {
  Steer("front");
  runtime_.OnApply([this](const rt::ApplyRequest&) {
    runtime_.OnApply(nullptr);
    Act("front", "5", 1);
  });
  EXPECT_TRUE(absl::IsAborted(TryPass().status()));
  Pass();
  EXPECT_THAT(runtime_.SteeredOf(Key("front")), ElementsAre("/spec/replicas = 5"));
}

TEST_F(ReconcileTest, WhatSomebodyElseChangedIsPutRight) {
  SetWatched("front", R"({"spec":{"replicas":3}})");
  runtime_.Edit(Key("front"), "/spec/replicas", "kubectl-edit");
  Observe();
  runtime_.OnApply([](const rt::ApplyRequest& request) {
    EXPECT_TRUE(request.objects(0).correct());
    EXPECT_EQ(request.objects(0).generation(), 1u);
  });
  EXPECT_THAT(Pass().problems, IsEmpty());
  ASSERT_EQ(Inventory("front").corrections_size(), 1);
  EXPECT_EQ(Inventory("front").corrections(0).pointer(), "/spec/replicas");
  EXPECT_EQ(Inventory("front").corrections(0).writer(), "kubectl-edit");
  EXPECT_EQ(Inventory("front").corrections(0).corrected_unix_ms(), absl::ToUnixMillis(now_));
  Observe();
  const int applies = runtime_.applies();
  Pass();
  EXPECT_EQ(runtime_.applies(), applies);
}

TEST_F(ReconcileTest, WhatSomebodyElseChangedBesideOursIsLeftAlone) {
  SetWatched("front", R"({"spec":{"replicas":3}})");
  runtime_.Edit(Key("front"), "/spec/paused", "kubectl-edit");
  Observe();
  const int applies = runtime_.applies();
  Pass();
  EXPECT_EQ(runtime_.applies(), applies);
}

// The event of the change is still what the watch told last: it looks like another one.
TEST_F(ReconcileTest, AnEventOfAnOlderStateIsNotCounted) {
  SetWatched("front", R"({"spec":{"replicas":3}})");
  runtime_.Edit(Key("front"), "/spec/replicas", "kubectl-edit");
  Observe();
  for (int i = 0; i < 5; ++i) Pass();
  EXPECT_EQ(Inventory("front").corrections_size(), 1);
  EXPECT_THAT(Inventory("front").contested(), IsEmpty());
  // Nor is one of before the last apply.
  SetObject("front", 2);
  for (int i = 0; i < 5; ++i) Pass();
  EXPECT_EQ(Inventory("front").corrections_size(), 1);
}

// The core died before it had stored that the object was accepted; somebody changed it meanwhile.
TEST_F(ReconcileTest, AChangeAfterAnApplyThatWasNotStoredIsPutRightToo) {
  runtime_.SayDigests();
  const store::v1::InventoryRecord before = Inventory("front");
  Pass();
  store::Transaction transaction;
  transaction.Put(InventoryKeyOf("default", "shop", Key("front")), before.SerializeAsString());
  ASSERT_TRUE(store_.Commit(std::move(transaction)).ok());
  runtime_.Edit(Key("front"), "/generation", "kubectl-edit");
  Pass();
  EXPECT_EQ(Inventory("front").corrections_size(), 1);
  Observe();
  const int applies = runtime_.applies();
  Pass();
  EXPECT_EQ(runtime_.applies(), applies);
}

// What was accepted is sent again because the watch has not told of it; somebody changed it first.
TEST_F(ReconcileTest, AChangeBeforeTheFirstEventIsPutRightToo) {
  runtime_.SayDigests();
  Pass();
  runtime_.Edit(Key("front"), "/generation", "kubectl-edit");
  observed_.Begin();
  observed_.Synced(true);  // Everything, but for the object.
  Pass();
  Observe();
  Pass();
  EXPECT_EQ(Inventory("front").corrections_size(), 1);
}

TEST_F(ReconcileTest, ALeafThatIsPutRightAgainAndAgainIsLeftToTheOther) {
  SetWatched("front", R"({"spec":{"paused":true,"replicas":3}})");
  for (int i = 0; i < 3; ++i) {
    runtime_.Edit(Key("front"), "/spec/replicas", "kubectl-edit");
    Observe();
    now_ += absl::Minutes(1);
    EXPECT_EQ(Pass().again, i == 2);
  }
  ASSERT_EQ(Inventory("front").contested_size(), 1);
  EXPECT_EQ(Inventory("front").contested(0).writer(), "kubectl-edit");
  Pass();
  EXPECT_EQ(runtime_.JsonOf(Key("front")), R"({"spec":{"paused":true}})");
  EXPECT_THAT(runtime_.SteeredOf(Key("front")), ElementsAre("/spec/replicas from 3"));
  EXPECT_EQ(Inventory("front").accepted(), 2u);
  runtime_.Edit(Key("front"), "/spec/replicas", "kubectl-edit");
  Observe();
  const int applies = runtime_.applies();
  Pass();
  EXPECT_EQ(runtime_.applies(), applies);
  // The others are still ours.
  runtime_.Edit(Key("front"), "/spec/paused", "kubectl-edit");
  Observe();
  Pass();
  EXPECT_EQ(Inventory("front").corrections_size(), 1);
}

TEST_F(ReconcileTest, ACorrectionThatIsRefusedIsSaidAndNotTriedAgain) {
  SetWatched("front", R"({"spec":{"selector":1}})");
  runtime_.Edit(Key("front"), "/spec/selector", "somebody");
  Observe();
  runtime_.SetImmutable(Key("front"), {"/spec/selector", "/spec/x"});
  EXPECT_THAT(Pass().problems,
              ElementsAre("Deployment/front: refused: the platform does not change /spec/selector, "
                          "/spec/x of an object that exists: delete the application and apply it "
                          "again"));
  const int applies = runtime_.applies();
  Pass();
  EXPECT_EQ(runtime_.applies(), applies);
}

TEST_F(ReconcileTest, WhatMayBeReplacedIsDeletedAndMadeAnew) {
  Pass();
  Observe();
  SetObject("front", 2);
  store::v1::DesiredRecord desired = Desired("front");
  desired.set_replace(true);
  PutDesired("front", desired);
  runtime_.SetImmutable(Key("front"), {"/spec/selector"});
  runtime_.HoldDeletions();
  ReconcileResult result = Pass();
  EXPECT_THAT(result.problems, IsEmpty());
  ASSERT_THAT(result.events, testing::SizeIs(1));
  EXPECT_EQ(result.events[0].reason(), "Replacing");
  EXPECT_EQ(result.events[0].message(),
            "the platform does not change /spec/selector of an object that exists: it is deleted "
            "and made anew");
  EXPECT_TRUE(Inventory("front").replacing());

  Observe();
  const int applies = runtime_.applies();
  Pass();
  EXPECT_EQ(runtime_.applies(), applies) << "it is still there";
  runtime_.EndDeletions();
  Observe();
  EXPECT_TRUE(Pass().again);
  EXPECT_FALSE(Inventory("front").replacing());
  Pass();
  EXPECT_THAT(runtime_.Objects(), ElementsAre(Key("front") + " generation 2"));
  EXPECT_EQ(Inventory("front").accepted(), 2u);
}

TEST_F(ReconcileTest, WhatIsBeingReplacedAndNotWantedAnyMoreGoes) {
  Pass();
  Observe();
  store::v1::InventoryRecord inventory = Inventory("front");
  inventory.set_replacing(true);
  store::Transaction transaction;
  transaction.Put(InventoryKeyOf("default", "shop", Key("front")), inventory.SerializeAsString());
  ASSERT_TRUE(store_.Commit(std::move(transaction)).ok());
  Pass();
  Unwant("front");
  Observe();
  Pass();
  EXPECT_THAT(runtime_.Objects(), IsEmpty());
  EXPECT_THAT(*ReadInventory(store_, "default", "shop"), IsEmpty());
}

TEST_F(ReconcileTest, AppliesWhatTheRuntimeHasNotAccepted) {
  const ReconcileResult result = Pass();
  EXPECT_FALSE(result.gone);
  EXPECT_FALSE(result.again);
  EXPECT_THAT(result.problems, IsEmpty());
  EXPECT_THAT(runtime_.Objects(), ElementsAre(Key("front") + " generation 1"));
  EXPECT_EQ(runtime_.JsonOf(Key("front")), R"({"generation":1})");
  EXPECT_EQ(Inventory("front").accepted(), 1u);
}

TEST_F(ReconcileTest, LeavesWhatIsAsItShouldBeAlone) {
  Pass();
  Pass();
  Observe();
  Pass();
  EXPECT_EQ(runtime_.applies(), 1);
}

TEST_F(ReconcileTest, AppliesOnlyWhatChanged) {
  SetObject("back", 1);
  Pass();
  Observe();
  SetObject("front", 2);
  runtime_.OnApply([](const rt::ApplyRequest& request) {
    ASSERT_EQ(request.objects_size(), 1);
    EXPECT_EQ(request.objects(0).object().ref().name(), "front");
    EXPECT_EQ(request.objects(0).owner(), "default/shop/front");
    EXPECT_FALSE(request.dry_run());
  });
  Pass();
  EXPECT_THAT(runtime_.Objects(),
              ElementsAre(Key("back") + " generation 1", Key("front") + " generation 2"));
}

TEST_F(ReconcileTest, MoreObjectsThanACallTakesGoInSeveral) {
  for (int i = 0; i < 600; ++i) SetObject(absl::StrCat("front-", i), 1);
  Pass();
  EXPECT_EQ(runtime_.Objects().size(), 601u);
  EXPECT_EQ(runtime_.applies(), 2);
}

TEST_F(ReconcileTest, ComesBackWhileTheRuntimeIsAway) {
  runtime_.SetAway(true);
  const ReconcileResult result = Pass();
  EXPECT_TRUE(result.again);
  EXPECT_THAT(result.problems, ElementsAre("the runtime: the platform is away"));
  EXPECT_EQ(Inventory("front").accepted(), 0u);
  runtime_.SetAway(false);
  EXPECT_FALSE(Pass().again);
  EXPECT_EQ(Inventory("front").accepted(), 1u);
}

TEST_F(ReconcileTest, ARefusedObjectIsSentAgainOnlyWhenItChanged) {
  runtime_.SetOutcome(Key("front"), rt::APPLY_OUTCOME_REFUSED, "no such field");
  ReconcileResult result = Pass();
  EXPECT_FALSE(result.again);
  EXPECT_THAT(result.problems, ElementsAre("Deployment/front: refused: no such field"));
  EXPECT_EQ(Inventory("front").refused(), 1u);
  result = Pass();
  EXPECT_EQ(runtime_.applies(), 1);
  EXPECT_THAT(result.problems, ElementsAre("Deployment/front: refused: no such field"));

  runtime_.SetOutcome(Key("front"), rt::APPLY_OUTCOME_ACCEPTED);
  SetObject("front", 2);
  EXPECT_THAT(Pass().problems, IsEmpty());
  EXPECT_EQ(Inventory("front").accepted(), 2u);
  EXPECT_EQ(Inventory("front").refused(), 0u);
}

TEST_F(ReconcileTest, OneObjectThatFailsLeavesTheOthersAlone) {
  SetObject("back", 1);
  for (const rt::ApplyOutcome outcome :
       {rt::APPLY_OUTCOME_FAILED, static_cast<rt::ApplyOutcome>(77)}) {
    runtime_.SetOutcome(Key("front"), outcome, "disk full");
    const ReconcileResult result = Pass();
    EXPECT_TRUE(result.again);
    EXPECT_THAT(result.problems, ElementsAre("Deployment/front: disk full"));
    EXPECT_EQ(Inventory("front").accepted(), 0u);
    EXPECT_EQ(Inventory("back").accepted(), 1u);
  }
}

// The store was restored from an older copy.
TEST_F(ReconcileTest, GoesOnFromAGenerationThatTheRuntimeHasAlready) {
  rt::Projection ahead;
  *ahead.mutable_ref() = Ref("Deployment", "front");
  ahead.set_owner("default/shop/front");
  ahead.set_generation(4);
  runtime_.Say(ahead);
  // The watch did not tell of it yet.
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Pass().again);
  EXPECT_EQ(Inventory("front").generation(), 1u);
  Observe();
  EXPECT_TRUE(Pass().again);
  EXPECT_FALSE(Pass().again);
  EXPECT_EQ(Inventory("front").accepted(), 5u);
  EXPECT_EQ(runtime_.JsonOf(Key("front")), R"({"generation":1})");
}

TEST_F(ReconcileTest, MakesWhatItAppliedOfANewerGenerationThatNobodyHereKnows) {
  Pass();
  rt::Projection ahead;
  *ahead.mutable_ref() = Ref("Deployment", "front");
  ahead.set_owner("default/shop/front");
  ahead.set_generation(2);
  runtime_.Say(ahead);
  Observe();
  EXPECT_TRUE(Pass().again);
  Pass();
  EXPECT_THAT(runtime_.Objects(), ElementsAre(Key("front") + " generation 3"));
  EXPECT_EQ(runtime_.JsonOf(Key("front")), R"({"generation":1})");
}

TEST_F(ReconcileTest, WhatIsLostOnThePlatformIsAppliedAgain) {
  Pass();
  Observe();
  runtime_.Lose(Key("front"));
  Observe();
  Pass();
  EXPECT_THAT(runtime_.Objects(), ElementsAre(Key("front") + " generation 1"));
}

TEST_F(ReconcileTest, AbsenceFromAViewThatIsNotCompleteMeansNothing) {
  Pass();
  runtime_.Lose(Key("front"));
  runtime_.SetComplete(false);
  Observe();
  Pass();
  EXPECT_EQ(runtime_.applies(), 1);
}

TEST_F(ReconcileTest, DeletesWhatIsUnwantedAndForgetsItWhenItIsGone) {
  SetObject("back", 1);
  Pass();
  Observe();
  runtime_.HoldDeletions();
  Unwant("front");
  Pass();
  Observe();
  Pass();
  EXPECT_THAT(Keys(store_, "inventory/"), ElementsAre("inventory/default/shop/" + Key("back"),
                                                      "inventory/default/shop/" + Key("front")));
  runtime_.EndDeletions();
  Observe();
  Pass();
  EXPECT_THAT(Keys(store_, "inventory/"), ElementsAre("inventory/default/shop/" + Key("back")));
  EXPECT_THAT(Keys(store_, "object/"), ElementsAre("object/" + Key("back")));
  EXPECT_THAT(runtime_.Objects(), ElementsAre(Key("back") + " generation 1"));
  EXPECT_THAT(observed_.Of(kShop).gone, IsEmpty());
}

TEST_F(ReconcileTest, WhatWasNeverSeenIsForgottenWhenAListHasItNot) {
  Unwant("front");
  Pass();
  EXPECT_THAT(Keys(store_, "inventory/"), IsEmpty());
}

TEST_F(ReconcileTest, AListThatIsNotCompleteProvesNothing) {
  runtime_.SetComplete(false);
  Unwant("front");
  const ReconcileResult result = Pass();
  EXPECT_TRUE(result.again);
  EXPECT_THAT(result.problems, ElementsAre(HasSubstr("its list is not complete")));
  EXPECT_THAT(Keys(store_, "inventory/"), testing::SizeIs(1));
}

// A watch tells nothing of an object that goes before its first event.
TEST_F(ReconcileTest, ComesBackForWhatIsOnItsWayOutAndWasNeverSeen) {
  Pass();
  runtime_.HoldDeletions();
  Unwant("front");
  EXPECT_TRUE(Pass().again);
  runtime_.EndDeletions();
  EXPECT_FALSE(Pass().again);
  EXPECT_THAT(Keys(store_, "inventory/"), IsEmpty());
}

TEST_F(ReconcileTest, ADeletionThatFailsComesBack) {
  Pass();
  Observe();
  Unwant("front");
  runtime_.SetAway(true);
  const ReconcileResult result = Pass();
  EXPECT_TRUE(result.again);
  EXPECT_THAT(result.problems, ElementsAre("the runtime: the platform is away"));
  EXPECT_EQ(Keys(store_, "inventory/").size(), 1u);
}

// What the platform said of the object that was lost says nothing of the one that took its place.
TEST_F(ReconcileTest, AnObjectThatWasLostAndAppliedAgainIsStillDeleted) {
  Pass();
  Observe();
  runtime_.Lose(Key("front"));
  observed_.Remove(Ref("Deployment", "front"));
  Pass();
  ASSERT_THAT(runtime_.Objects(), ElementsAre(Key("front") + " generation 1"));
  Unwant("front");
  Pass();
  EXPECT_THAT(runtime_.Objects(), IsEmpty());
}

TEST_F(ReconcileTest, ADeletedApplicationLeavesTheStoreWithItsLastObject) {
  Pass();
  Observe();
  runtime_.HoldDeletions();
  StoreApplication(/*deleting=*/true, 2);
  Unwant("front");
  EXPECT_FALSE(Pass().gone);
  runtime_.EndDeletions();
  Observe();
  EXPECT_TRUE(Pass().gone);
  // When it went, for its events; and the generation, so that it goes on rising.
  EXPECT_THAT(Keys(store_), ElementsAre("departure/default/shop", HasSubstr("generation/")));
  EXPECT_THAT(observed_.Of(kShop).objects, IsEmpty());
  EXPECT_THAT(observed_.Of(kShop).gone, IsEmpty());
  EXPECT_TRUE(Pass().gone);  // There is none.
}

TEST_F(ReconcileTest, AnApplicationWithoutObjectsGoesAtOnce) {
  Unwant("front");
  Pass();
  StoreApplication(/*deleting=*/true, 2);
  EXPECT_TRUE(Pass().gone);
  // When it went, for its events; and the generation, so that it goes on rising.
  EXPECT_THAT(Keys(store_), ElementsAre("departure/default/shop", HasSubstr("generation/")));
}

TEST_F(ReconcileTest, AChangeDuringACallIsAborted) {
  runtime_.OnApply([this](const rt::ApplyRequest&) { SetObject("front", 2); });
  EXPECT_TRUE(absl::IsAborted(TryPass().status()));
  runtime_.OnApply(nullptr);
  Pass();
  EXPECT_EQ(Inventory("front").accepted(), 2u);
  EXPECT_EQ(runtime_.JsonOf(Key("front")), R"({"generation":2})");
}

TEST_F(ReconcileTest, AnObjectThatLeavesTheDocumentBetweenTwoReadsIsAborted) {
  store_.OnList([this](const std::string& prefix) {
    if (prefix != store::DesiredPrefix("default", "shop")) return;
    store_.OnList(nullptr);
    StoreApplication(/*deleting=*/false, 2);
    Unwant("front");
  });
  EXPECT_TRUE(absl::IsAborted(TryPass().status()));
}

TEST_F(ReconcileTest, AnObjectOfWhichNothingIsStoredIsDataLoss) {
  store::Transaction transaction;
  transaction.Delete(DesiredKeyOf("default", "shop", Key("front")));
  ASSERT_TRUE(store_.Commit(std::move(transaction)).ok());
  EXPECT_TRUE(absl::IsDataLoss(TryPass().status()));
}

}  // namespace
}  // namespace weft::scheduler
