#include "core/scheduler/reconcile_testing.h"

namespace weft::scheduler {
namespace {

namespace rt = ::weft::runtime::v1;
using testing::ElementsAre;
using testing::IsEmpty;

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

}  // namespace
}  // namespace weft::scheduler
