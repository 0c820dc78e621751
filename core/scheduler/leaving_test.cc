#include "core/scheduler/leaving.h"

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "core/scheduler/finalizer_testing.h"
#include "core/store/keys.h"

namespace weft::scheduler {
namespace {

namespace pb = ::weft::provider::v1;
using common::v1::VERDICT_DEGRADED;
using common::v1::VERDICT_HEALTHY;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using LeavingTest = FinalizerTest;

TEST_F(LeavingTest, WhatARemovedTraitMadeStaysUntilItsProviderSaysDone) {
  core_.StartScheduler();
  Apply(kQueue);
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  Say(kQueueKey, Wait("2 messages are left"));
  EXPECT_THAT(Asked(), IsEmpty()) << "nobody leaves";
  Apply("", "site:2");
  ASSERT_TRUE(AwaitLeaving({"queue: 2 messages are left"}));
  // What is still wanted changes at once.
  EXPECT_TRUE(
      Await([&] { return core_.runtime.JsonOf(kFront).find("site:2") != std::string::npos; }));
  EXPECT_TRUE(Has(kConfig));
  EXPECT_FALSE(core_.Status().settled());
  const pb::FinalizeRequest request = Asked().front();
  EXPECT_EQ(request.instance().type(), "queue");
  EXPECT_EQ(request.shape().kind(), "Deployment");
  EXPECT_THAT(request.objects(), SizeIs(2));
  EXPECT_THAT(request.observed(), SizeIs(2));
  EXPECT_TRUE(request.has_now());
  EXPECT_TRUE(request.has_since());
  EXPECT_TRUE(Await([&] { return Record().leaving(0).message() == "2 messages are left"; }));
  // It is put right as ever.
  core_.runtime.Lose(kConfig);
  EXPECT_TRUE(Await([&] { return Has(kConfig); }));
  Say(kQueueKey, DoneAnswer());
  ASSERT_TRUE(AwaitGone(kConfig));
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  EXPECT_THAT(Leaving(), IsEmpty());
  EXPECT_THAT(Keys(core_.store, store::DesiredPrefix("default", "shop")), SizeIs(1));
  EXPECT_THAT(Keys(core_.store, store::InventoryPrefix("default", "shop")), SizeIs(1));
}

TEST_F(LeavingTest, ATypeThatDoesNotFinalizeIsNeverAsked) {
  core_.StartScheduler();
  Apply("{name: reader}");
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  Apply("");
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  EXPECT_THAT(Asked(), IsEmpty());
  // Nor one that does not any more.
  Apply(kQueue);
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  pb::DescribeResponse traits = DescriptionOf(*core_.traits);
  traits.mutable_capabilities(2)->clear_features();
  Redescribe(*core_.traits, "traits", traits);
  Apply("");
  ASSERT_TRUE(AwaitGone(kConfig));
  EXPECT_THAT(Asked(), IsEmpty());
}

TEST_F(LeavingTest, TraitsGoBeforeTheirWorkloadAndInReverseOfAfter) {
  core_.StartScheduler();
  const std::string both = "{name: scaler, properties: {replicas: 3}}, {name: queue}";
  core_.Apply({ComponentText(),
               ApplicationText(both) + "    - {componentName: site, instanceName: back}\n"});
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  std::string back = ApplicationText("", "shop", "back");
  core_.Apply({back});
  ASSERT_TRUE(AwaitLeaving({"example.org/v1.Web: goes after queue of front",
                            "queue: its time has not come", "scaler: goes after queue of front"}));
  EXPECT_THAT(Order(), ElementsAre(kQueueKey));
  Say(kQueueKey, DoneAnswer());
  ASSERT_TRUE(AwaitAsked(kScalerKey));
  EXPECT_TRUE(Has(kConfig)) << "everything of a component goes together";
  EXPECT_TRUE(Has(kFront));
  Say(kScalerKey, DoneAnswer());
  ASSERT_TRUE(AwaitAsked("default/shop/front"));
  EXPECT_TRUE(Has(kConfig));
  EXPECT_TRUE(Has(kFront));
  Say("default/shop/front", DoneAnswer());
  EXPECT_TRUE(AwaitGone(kConfig));
  EXPECT_TRUE(AwaitGone(kFront));
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  EXPECT_THAT(core_.runtime.Objects(), ElementsAre(HasSubstr("back")));
}

TEST_F(LeavingTest, ADeletedApplicationIsKeptAsItIsUntilAllAreDone) {
  core_.StartScheduler();
  Apply(kQueue);
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  ASSERT_TRUE(Delete().ok());
  ASSERT_TRUE(AwaitAsked(kQueueKey));
  core_.runtime.Lose(kFront);
  EXPECT_TRUE(Await([&] { return Has(kFront); }));
  EXPECT_EQ(core_.Status().health().reason(), "Deleting");
  ASSERT_TRUE(Delete().ok());
  EXPECT_EQ(Record().leaving_size(), 2) << "idempotent";
  Say(kQueueKey, DoneAnswer());
  ASSERT_TRUE(AwaitAsked("default/shop/front"));
  EXPECT_TRUE(Has(kFront) && Has(kConfig));
  core_.StartScheduler();
  Say("default/shop/front", DoneAnswer());
  ASSERT_TRUE(AwaitDeparted());
  EXPECT_THAT(core_.runtime.Objects(), IsEmpty());
  EXPECT_THAT(Keys(core_.store, "desired/"), IsEmpty());
}

TEST_F(LeavingTest, WithoutItsProviderItIsBlockedAndGoesOnWhenThatIsBack) {
  core_.StartScheduler();
  Apply(kQueue);
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  core_.SetConnected(*core_.traits, "traits", false);
  Apply("");
  ASSERT_TRUE(AwaitLeaving({"queue: the provider traits does not answer at unix:/none"}));
  core_.Skip(absl::Minutes(9));
  core_.scheduler().Touch(kShop);
  EXPECT_FALSE(core_.Status().leaving(0).blocked());
  core_.Skip(absl::Minutes(1));
  core_.scheduler().Touch(kShop);
  ASSERT_TRUE(AwaitLeaving({"BLOCKED queue: the provider traits does not answer at unix:/none"}));
  EXPECT_EQ(core_.Status().health().verdict(), VERDICT_DEGRADED);
  EXPECT_EQ(core_.Status().health().message(),
            "queue of front: the provider traits does not answer at unix:/none");
  const std::string event =
      absl::StrCat("FinalizeBlocked ", kQueueKey,
                   " x1: the provider traits has not let it go for 10 min: the provider traits "
                   "does not answer at unix:/none (provider/traits)");
  ASSERT_TRUE(Await([&] { return testing::Value(core_.EventsOf(), Contains(event)); }));
  core_.StartScheduler();  // Nor is it told again by another core.
  AskAgain();
  ASSERT_TRUE(Await([&] { return !core_.Status().problems_size() && !Leaving().empty(); }));
  EXPECT_THAT(core_.EventsOf(), Contains(event));
  EXPECT_TRUE(Has(kConfig));
  Say(kQueueKey, DoneAnswer());
  core_.SetConnected(*core_.traits, "traits", true);
  ASSERT_TRUE(AwaitGone(kConfig));
  EXPECT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
}

TEST_F(LeavingTest, ForceAsksNobodyAlsoOfOneThatIsBeingDeleted) {
  core_.StartScheduler();
  Apply(kQueue);
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  ASSERT_TRUE(Delete().ok());
  ASSERT_TRUE(AwaitAsked(kQueueKey));
  ASSERT_TRUE(Delete(/*force=*/true).ok());
  ASSERT_TRUE(AwaitDeparted());
  EXPECT_THAT(core_.runtime.Objects(), IsEmpty());
  EXPECT_THAT(core_.EventsOf(), Contains(HasSubstr("its deletion was forced")));
  Apply(kQueue);
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  const size_t asked = Asked().size();
  ASSERT_TRUE(Delete(/*force=*/true).ok());
  ASSERT_TRUE(AwaitDeparted());
  EXPECT_EQ(Asked().size(), asked);
}

TEST_F(LeavingTest, OneThatComesBackDoesNotLeaveAnyMore) {
  core_.StartScheduler();
  Apply(kQueue);
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  Apply("");
  ASSERT_TRUE(AwaitAsked(kQueueKey));
  Apply(kQueue);
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  EXPECT_THAT(Leaving(), IsEmpty());
  EXPECT_THAT(core_.runtime.Objects(), Contains(absl::StrCat(kConfig, " generation 1")));
  // What was said of the first time does not count for the second.
  core_.Skip(absl::Seconds(1));
  Apply("");
  ASSERT_TRUE(Await([&] {
    return Asked().back().since().SerializeAsString() !=
           Asked().front().since().SerializeAsString();
  }));
  EXPECT_TRUE(Has(kConfig));
}

TEST_F(LeavingTest, WhatIsHeldIsNoPartOfARevision) {
  core_.StartScheduler();
  Apply(kQueue);
  Apply("", "site:2");
  Apply("", "site:3");
  ASSERT_TRUE(AwaitAsked(kQueueKey));
  core::v1::RollbackRequest request;
  request.set_namespace_("default");
  request.set_name("shop");
  request.set_generation(2);
  ASSERT_TRUE(core_.admission().Rollback(request).ok());
  EXPECT_THAT(Leaving(), SizeIs(1));
  Say(kQueueKey, DoneAnswer());
  ASSERT_TRUE(AwaitGone(kConfig));
  EXPECT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
}

}  // namespace
}  // namespace weft::scheduler
