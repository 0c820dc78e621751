#include "core/scheduler/reconcile_testing.h"

namespace weft::scheduler {
namespace {

namespace rt = ::weft::runtime::v1;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

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
