#include "core/scheduler/scheduler.h"

#include <atomic>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "core/scheduler/testing.h"
#include "core/store/keys.h"

namespace weft::scheduler {
namespace {

using common::v1::VERDICT_DEGRADED;
using common::v1::VERDICT_HEALTHY;
using common::v1::VERDICT_UNKNOWN;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kScaler[] = "{name: scaler, properties: {replicas: 3}}";

class SchedulerTest : public testing::Test {
 protected:
  void SetUp() override { core_.StartScheduler(); }

  void ApplyShop(const std::string& image = "site:1") {
    const core::v1::ApplyResponse response =
        core_.Apply({ComponentText(image), ApplicationText(kScaler)});
    ASSERT_EQ(response.changes_size(), 2) << response.DebugString();
  }
  // The platform says something else of the Deployment; all that counts is that it is new.
  void Stir() {
    runtime::v1::Projection projection;
    *projection.mutable_ref() = Ref("Deployment", "front");
    projection.set_owner("default/shop/front");
    projection.set_generation(core_.Status().generation());
    projection.set_up_to_date(true);
    projection.set_status(std::to_string(++stirs_));
    core_.runtime.Say(projection);
  }
  // Without what is cached and what is known of providers and components.
  std::vector<std::string> KeysOfApplications() {
    std::vector<std::string> keys;
    for (const std::string& key : Keys(core_.store)) {
      const std::string kind = key.substr(0, key.find('/'));
      if (kind != "answer" && kind != "provider" && kind != "component" && kind != "revision" &&
          kind != "generation" && kind != "departure")
        keys.push_back(key);
    }
    return keys;
  }

  TestCore core_;
  int stirs_ = 0;
};

TEST_F(SchedulerTest, CarriesOutWhatIsStored) {
  ApplyShop();
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  EXPECT_THAT(core_.runtime.Objects(), ElementsAre(std::string(kFront) + " generation 1"));
  EXPECT_THAT(core_.runtime.JsonOf(kFront), HasSubstr(R"("replicas":3)"));
  ApplyShop("site:2");
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  EXPECT_THAT(core_.runtime.Objects(), ElementsAre(std::string(kFront) + " generation 2"));
  EXPECT_THAT(core_.runtime.JsonOf(kFront), HasSubstr("site:2"));
}

TEST_F(SchedulerTest, WaitsForARuntimeThatIsAway) {
  core_.runtime.SetAway(true);
  ApplyShop();
  ASSERT_TRUE(Await([&] { return core_.Status().problems_size() > 0; }));
  EXPECT_FALSE(core_.Status().settled());
  core_.runtime.SetAway(false);
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  EXPECT_THAT(core_.Status().problems(), IsEmpty());
}

TEST_F(SchedulerTest, SaysThatTheRuntimeWentAndLeavesTheApplicationAlone) {
  ApplyShop();
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  const int applies = core_.runtime.applies();
  core_.runtime.SetAway(true);
  ASSERT_TRUE(Await([&] { return core_.Status().problems_size() == 1; }));
  EXPECT_THAT(core_.Status().problems(0), HasSubstr("the runtime local does not answer"));
  EXPECT_FALSE(core_.Status().settled());
  EXPECT_EQ(core_.Status().health().verdict(), VERDICT_HEALTHY);
  core_.runtime.SetAway(false);
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  EXPECT_EQ(core_.runtime.applies(), applies);
}

// With very many applications it would look at each of them several times, for nothing.
TEST_F(SchedulerTest, AtItsStartItLooksAtWhatIsAskedForAndAtTheRestWhenTheRuntimeHasTold) {
  core_.runtime.SetAway(true);
  ApplyShop();
  ASSERT_TRUE(Await([&] { return core_.Status().problems_size() > 0; }));
  core_.StopScheduler();
  core_.runtime.SetAway(false);
  core_.runtime.HoldList(true);
  core_.StartScheduler();
  ASSERT_EQ(core_.Apply({ApplicationText("", "blog", "back")}).changes_size(), 1);
  ASSERT_TRUE(Await([&] { return core_.runtime.applies() > 0; }));
  EXPECT_THAT(core_.runtime.Objects(), ElementsAre(HasSubstr("|back")));
  core_.runtime.HoldList(false);
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  EXPECT_EQ(core_.runtime.Objects().size(), 2u);
}

TEST_F(SchedulerTest, BringsBackWhatIsLostOnThePlatform) {
  ApplyShop();
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  core_.runtime.Lose(kFront);
  ASSERT_TRUE(Await([&] { return !core_.runtime.Objects().empty(); }));
  EXPECT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
}

TEST_F(SchedulerTest, BringsBackWhatWasLostWhileTheWatchWasBroken) {
  ApplyShop();
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  core_.runtime.SetAway(true);
  ASSERT_TRUE(Await([&] { return core_.Status().problems_size() == 1; }));
  core_.runtime.Lose(kFront);
  core_.runtime.SetAway(false);
  ASSERT_TRUE(Await([&] { return !core_.runtime.Objects().empty(); }));
  EXPECT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
}

TEST_F(SchedulerTest, ADeletedApplicationIsThereUntilItsLastObjectIsGone) {
  ApplyShop();
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  core_.runtime.HoldDeletions();
  ASSERT_TRUE(core_.admission().Delete("default", "shop").ok());
  ASSERT_TRUE(Await([&] { return core_.Status().deleting(); }));
  EXPECT_EQ(core_.Status().health().reason(), "Deleting");
  EXPECT_FALSE(core_.Status().settled());
  core_.runtime.EndDeletions();
  ASSERT_TRUE(Await(
      [&] { return absl::IsNotFound(core_.scheduler().Status("default", "shop").status()); }));
  EXPECT_TRUE(Await([&] { return KeysOfApplications().empty(); }))
      << testing::PrintToString(KeysOfApplications());
  EXPECT_THAT(core_.runtime.Objects(), IsEmpty());
}

TEST_F(SchedulerTest, ADeletionWaitsForTheRuntime) {
  ApplyShop();
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  core_.runtime.SetAway(true);
  ASSERT_TRUE(core_.admission().Delete("default", "shop").ok());
  ASSERT_TRUE(Await([&] { return core_.Status().problems_size() > 0; }));
  core_.runtime.SetAway(false);
  ASSERT_TRUE(Await([&] { return KeysOfApplications().empty(); }));
  EXPECT_THAT(core_.runtime.Objects(), IsEmpty());
}

TEST_F(SchedulerTest, AnApplicationComesBackUnderTheNameOfOneThatIsGone) {
  ApplyShop();
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  ASSERT_TRUE(core_.admission().Delete("default", "shop").ok());
  ASSERT_TRUE(Await([&] { return KeysOfApplications().empty(); }));
  ApplyShop();
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  EXPECT_EQ(core_.Status().generation(), 1);
}

TEST_F(SchedulerTest, RemovesWhatADocumentDoesNotHaveAnyMore) {
  core_.Apply(
      {ComponentText(), ApplicationText() + "    - {componentName: site, instanceName: back}\n"});
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  EXPECT_EQ(core_.runtime.Objects().size(), 2u);
  core_.Apply({ApplicationText()});
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  EXPECT_THAT(core_.runtime.Objects(), ElementsAre(std::string(kFront) + " generation 1"));
}

TEST_F(SchedulerTest, AsksAgainHowItDoesWhenThePlatformSaysSomethingNew) {
  ApplyShop();
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  core_.verdict = VERDICT_DEGRADED;
  Stir();
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_DEGRADED));
  EXPECT_EQ(core_.Status().components(0).health().verdict(), VERDICT_DEGRADED);
  EXPECT_EQ(core_.Status().components(0).traits(0).health().verdict(), VERDICT_DEGRADED);
}

TEST_F(SchedulerTest, AWorkloadKeepsItsVerdictWhileItsProviderIsAway) {
  ApplyShop();
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  core_.SetConnected(*core_.web, "web", false);
  core_.verdict = VERDICT_DEGRADED;
  Stir();
  ASSERT_TRUE(Await([&] {
    return core_.Status().components(0).traits(0).health().verdict() == VERDICT_DEGRADED;
  }));
  const core::v1::ComponentStatus front = core_.Status().components(0);
  EXPECT_EQ(front.health().verdict(), VERDICT_HEALTHY);
  EXPECT_TRUE(front.stale());
  EXPECT_EQ(front.stale_reason(), "the provider web does not answer at unix:/none");
  core_.SetConnected(*core_.web, "web", true);
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_DEGRADED));
  EXPECT_FALSE(core_.Status().components(0).stale());
  EXPECT_EQ(core_.Status().components(0).health().verdict(), VERDICT_DEGRADED);
}

TEST_F(SchedulerTest, ATraitIsUnknownWhileItsProviderIsAway) {
  ApplyShop();
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  core_.SetConnected(*core_.traits, "traits", false);
  const core::v1::ComponentStatus front = core_.Status().components(0);
  EXPECT_EQ(front.health().verdict(), VERDICT_HEALTHY);
  EXPECT_FALSE(front.stale());
  EXPECT_EQ(front.traits(0).health().verdict(), VERDICT_UNKNOWN);
  EXPECT_EQ(front.traits(0).health().message(),
            "the provider traits does not answer at unix:/none");
  core_.SetConnected(*core_.traits, "traits", true);
  EXPECT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
}

// However many there are: a provider may come and go all the time.
TEST_F(SchedulerTest, AProviderThatComesAndGoesHasNobodyLookedAtWhoDoesNotWaitForIt) {
  ApplyShop();
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  const std::thread::id test = std::this_thread::get_id();
  std::atomic<int> looks = 0, told = 0;
  core_.store.OnList([&](const std::string& prefix) {
    if (prefix == store::InventoryPrefix("default", "shop") && std::this_thread::get_id() != test)
      ++looks;
  });
  const uint64_t subscription = core_.scheduler().Subscribe("default/shop", [&] { ++told; });
  constexpr int kTimes = 5;
  for (int i = 0; i < kTimes; ++i)
    for (const bool connected : {false, true}) {
      const int before = told;
      core_.SetConnected(*core_.traits, "traits", connected);
      ASSERT_TRUE(Await([&] { return told > before; })) << "its status says so";
    }
  // What would have been looked at is by the time that something later is.
  core_.Apply({ApplicationText("", "blog", "page")});
  ASSERT_TRUE(Await([&] { return core_.Status("blog").settled(); }));
  core_.store.OnList(nullptr);
  core_.scheduler().Unsubscribe("default/shop", subscription);
  // What the runtime said at the start may have it looked at once more.
  EXPECT_LT(looks, kTimes);
}

TEST_F(SchedulerTest, ARestartRendersAndAppliesNothing) {
  ApplyShop();
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  const int applies = core_.runtime.applies(), renders = core_.web->renders();
  core_.StartScheduler();
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  EXPECT_EQ(core_.runtime.applies(), applies);
  EXPECT_EQ(core_.web->renders(), renders);
  EXPECT_EQ(core_.Status().generation(), 1);
}

TEST_F(SchedulerTest, ARestartRemembersTheVerdictsOfProvidersThatAreAway) {
  ApplyShop();
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  core_.SetConnected(*core_.web, "web", false);
  core_.SetConnected(*core_.traits, "traits", false);
  core_.StartScheduler();
  ASSERT_TRUE(Await([&] { return core_.Status().components(0).stale(); }));
  const core::v1::ComponentStatus front = core_.Status().components(0);
  EXPECT_EQ(front.health().verdict(), VERDICT_HEALTHY);
  EXPECT_EQ(front.traits(0).health().verdict(), VERDICT_UNKNOWN);
  EXPECT_FALSE(core_.Status().settled());  // Nobody said it of what is there now.
}

TEST_F(SchedulerTest, ARestartTakesUpWhatWasLeftUndone) {
  core_.StopScheduler();
  ApplyShop();
  core_.StartScheduler();
  EXPECT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  core_.StopScheduler();
  ASSERT_TRUE(core_.admission().Delete("default", "shop").ok());
  core_.StartScheduler();
  EXPECT_TRUE(Await([&] { return KeysOfApplications().empty(); }));
}

TEST_F(SchedulerTest, ShowsWhatTheRuntimeRefusesUntilItIsMended) {
  core_.runtime.OnApply([this](const runtime::v1::ApplyRequest& request) {
    if (!request.dry_run())
      core_.runtime.SetOutcome(kFront, runtime::v1::APPLY_OUTCOME_REFUSED, "quota");
  });
  ApplyShop();
  ASSERT_TRUE(Await([&] {
    const core::v1::Application shop = core_.Status();
    return shop.problems_size() == 1 && shop.problems(0) == "Deployment/front: refused: quota";
  }));
  EXPECT_EQ(core_.Status().components(0).objects(0).message(), "refused: quota");
  EXPECT_FALSE(core_.Status().settled());
  core_.runtime.OnApply(nullptr);
  core_.runtime.SetOutcome(kFront, runtime::v1::APPLY_OUTCOME_ACCEPTED);
  ApplyShop("site:2");
  EXPECT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
}

TEST_F(SchedulerTest, TellsItsSubscribersUntilTheyLeave) {
  std::atomic<int> told = 0, others = 0;
  const uint64_t subscription = core_.scheduler().Subscribe("default/shop", [&told] { ++told; });
  const uint64_t other = core_.scheduler().Subscribe("default/blog", [&others] { ++others; });
  ApplyShop();
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  EXPECT_GT(told, 0);
  EXPECT_EQ(others, 0);
  core_.scheduler().Unsubscribe("default/shop", subscription);
  const int before = told;
  ApplyShop("site:2");
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  EXPECT_EQ(told, before);
  core_.scheduler().Unsubscribe("default/blog", other);
}

// Between the runtime's answer and the question how it does, the last verdict is one on what was
// before.
TEST_F(SchedulerTest, IsNotSettledBeforeSomebodyAskedHowTheChangeDoes) {
  ApplyShop();
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  const std::thread::id test = std::this_thread::get_id();
  const int asked = core_.web->assessments();
  std::atomic<int> looks = 0, wrong = 0;
  std::atomic<bool> looking = false;  // A look reads the inventory too.
  core_.store.OnList([&](const std::string& prefix) {
    if (prefix != store::InventoryPrefix("default", "shop") || std::this_thread::get_id() == test ||
        looking.exchange(true))
      return;
    const core::v1::Application status = core_.Status();
    const core::v1::ComponentStatus& front = status.components(0);
    if (status.generation() == 2 && front.objects(0).accepted() &&
        core_.web->assessments() == asked) {
      ++looks;
      if (status.settled()) ++wrong;
    }
    looking = false;
  });
  ApplyShop("site:2");
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  core_.store.OnList(nullptr);
  EXPECT_GT(looks, 0);
  EXPECT_EQ(wrong, 0);
}

TEST_F(SchedulerTest, KnowsNoApplicationThatIsNotStored) {
  EXPECT_TRUE(absl::IsNotFound(core_.scheduler().Status("default", "none").status()));
}

TEST_F(SchedulerTest, ShowsWhatIsNotOursNowhere) {
  runtime::v1::Projection orphan;
  *orphan.mutable_ref() = Ref("Deployment", "orphan");
  orphan.set_owner("default/lost/orphan");
  core_.runtime.Say(orphan);
  ApplyShop();
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  EXPECT_THAT(core_.runtime.Objects(), Contains(HasSubstr("orphan")));  // Never deleted.
  EXPECT_TRUE(absl::IsNotFound(core_.scheduler().Status("default", "lost").status()));
}

}  // namespace
}  // namespace weft::scheduler
