#include "core/scheduler/instance_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "core/scheduler/epoch_record.h"
#include "core/scheduler/instances_testing.h"

namespace weft::scheduler {
namespace {

using core::v1::Action;
using testing::ElementsAre;

Action Set(const std::string& value, uint64_t sequence, uint64_t epoch = 1) {
  Action action;
  action.set_instance(kCron);
  *action.mutable_object() = Ref("Deployment", "front");
  action.set_pointer("/spec/replicas");
  action.mutable_set()->set_value(value);
  action.mutable_as_of()->set_epoch(epoch);
  action.mutable_as_of()->set_sequence(sequence);
  action.set_reason("job morning");
  return action;
}

class InstanceActionsTest : public testing::Test {
 protected:
  void SetUp() override {
    StoreLiveApplication(store_, MakeLiveApplication());
    ASSERT_EQ(AdvanceEpoch("cron", store_).value(), 1U);
  }

  // The outcomes, as in "DONE"; last whether something was stored.
  std::vector<std::string> Act(const std::vector<Action>& actions) {
    std::vector<core::v1::ActResponse::Result> results(actions.size());
    std::vector<PendingAction> pending;
    for (size_t i = 0; i < actions.size(); ++i) pending.push_back({&actions[i], &results[i]});
    const absl::StatusOr<bool> stored = ActOnApplication(
        "default/shop", pending,
        {.permitted =
             [](const std::string& type) {
               return type == "cron" ? absl::OkStatus() : absl::PermissionDeniedError(type);
             },
         .held = [this](const std::string&) { return held_; },
         .now = [this] { return now_; },
         .by = "provider/cron",
         .events = &events_},
        store_);
    if (!stored.ok()) return {absl::StatusCodeToString(stored.status().code())};
    std::vector<std::string> outcomes;
    for (const auto& result : results)
      outcomes.push_back(core::v1::ActOutcome_Name(result.outcome()).substr(12));
    outcomes.emplace_back(*stored ? "stored" : "same");
    return outcomes;
  }
  store::v1::InventoryRecord Inventory() {
    store::v1::InventoryRecord record;
    EXPECT_TRUE(record.ParseFromString(*store_.Get(InventoryKeyOf("default", "shop", kFront))));
    return record;
  }

  HookedStore store_;
  Events events_{store_};
  uint64_t held_ = 1;
  absl::Time now_ = absl::FromUnixSeconds(1000);
};

TEST_F(InstanceActionsTest, StoresAClaimAndANewGeneration) {
  EXPECT_THAT(Act({Set(" 5 ", 1)}), ElementsAre("DONE", "stored"));
  const store::v1::InventoryRecord record = Inventory();
  EXPECT_EQ(record.generation(), 2U);
  ASSERT_EQ(record.claims_size(), 1);
  EXPECT_EQ(record.claims(0).value(), "5");
  EXPECT_EQ(record.claims(0).reason(), "job morning");
  EXPECT_EQ(record.claims(0).acted_unix_ms(), 1000000);
}

TEST_F(InstanceActionsTest, TellsWhatGotAnotherValueAndWhatWasDenied) {
  Action denied = Set("5", 1);
  denied.set_pointer("/spec/paused");
  Action release = Set("5", 4);
  release.mutable_release();
  // What is late, sent again or no other value is nothing to tell.
  Action late = Set("9", 5);
  late.mutable_not_after()->set_seconds(1);
  Act({Set("5", 1), Set("5", 1), Set("5", 2), denied, release, late});
  const auto events = events_.Read("default", "shop");
  ASSERT_TRUE(events.ok()) << events.status();
  std::vector<std::string> told;
  for (const auto& event : *events) {
    EXPECT_EQ(event.by(), "provider/cron");
    EXPECT_EQ(event.object().name(), "front");
    EXPECT_EQ(event.instance(), denied.instance());
    told.push_back(absl::StrCat(event.reason(), ": ", event.message()));
  }
  EXPECT_THAT(told, ElementsAre("Steered: /spec/replicas is 5: job morning",
                                testing::StartsWith("ActionDenied: "),
                                "Released: /spec/replicas is as applied: job morning"));
}

TEST_F(InstanceActionsTest, CarriesOutTheActionsOnALeafInTheirOrder) {
  EXPECT_THAT(Act({Set("5", 1), Set("6", 2), Set("7", 2)}),
              ElementsAre("DONE", "DONE", "SUPERSEDED", "stored"));
  EXPECT_EQ(Inventory().claims(0).value(), "6");
}

TEST_F(InstanceActionsTest, AnActionThatIsSentAgainIsDoneOnce) {
  EXPECT_THAT(Act({Set("5", 1)}), ElementsAre("DONE", "stored"));
  EXPECT_THAT(Act({Set("5", 1)}), ElementsAre("DONE", "same"));
  EXPECT_EQ(Inventory().generation(), 2U);
}

TEST_F(InstanceActionsTest, OnlyTheEpochThatIsHeldCounts) {
  EXPECT_THAT(Act({Set("5", 1, 2)}), ElementsAre("STALE_EPOCH", "same"));
  held_ = 0;
  EXPECT_THAT(Act({Set("5", 1), Set("5", 1, 0)}),
              ElementsAre("STALE_EPOCH", "STALE_EPOCH", "same"));
  EXPECT_EQ(Inventory().generation(), 1U);
}

TEST_F(InstanceActionsTest, AnEpochThatEndsBeforeTheActionIsStoredIsStale) {
  // A later one was granted, but this action was judged before anybody knew.
  ASSERT_TRUE(AdvanceEpoch("cron", store_).ok());
  EXPECT_THAT(Act({Set("5", 1)}), ElementsAre("UNAVAILABLE"));
  EXPECT_EQ(Inventory().generation(), 1U);
  held_ = 2;
  EXPECT_THAT(Act({Set("5", 1)}), ElementsAre("STALE_EPOCH", "same"));
}

TEST_F(InstanceActionsTest, AnActionThatComesLateIsNotCarriedOut) {
  Action late = Set("5", 1);
  late.mutable_not_after()->set_seconds(1000);
  EXPECT_THAT(Act({late}), ElementsAre("DONE", "stored"));
  now_ += absl::Nanoseconds(1);
  EXPECT_THAT(Act({late}), ElementsAre("DONE", "same"));  // It was stored in time.
  late.mutable_as_of()->set_sequence(2);
  EXPECT_THAT(Act({late, Set("6", 3)}), ElementsAre("EXPIRED", "DONE", "stored"));
}

TEST_F(InstanceActionsTest, WhatTheInstanceDoesNotSteerIsDenied) {
  Action pointer = Set("5", 1), object = Set("5", 1);
  pointer.set_pointer("/spec/paused");
  *object.mutable_object() = Ref("Service", "front");
  EXPECT_THAT(Act({pointer, object, Set("5", 1)}),
              ElementsAre("DENIED", "DENIED", "DONE", "stored"));
}

TEST_F(InstanceActionsTest, AnInstanceThatIsNotThereIsUnknown) {
  Action other = Set("5", 1);
  other.set_instance("default/shop/front/cron#1");
  EXPECT_THAT(Act({other}), ElementsAre("UNKNOWN", "same"));
  store::v1::ApplicationRecord record = MakeLiveApplication();
  record.set_deleting(true);
  StoreLiveApplication(store_, record);
  EXPECT_THAT(Act({Set("5", 1)}), ElementsAre("UNKNOWN", "same"));
}

TEST_F(InstanceActionsTest, AnActionForAnothersTypeRefusesTheCallAndChangesNothing) {
  Action others = Set("5", 1);
  others.set_instance(kWorkload);
  EXPECT_THAT(Act({Set("5", 1), others}), ElementsAre("PERMISSION_DENIED"));
  EXPECT_EQ(Inventory().generation(), 1U);
}

TEST_F(InstanceActionsTest, AReleaseGivesTheLeafItsSeed) {
  Act({Set("5", 1)});
  Action release = Set("", 2);
  release.mutable_release();
  EXPECT_THAT(Act({release}), ElementsAre("DONE", "stored"));
  EXPECT_EQ(Inventory().claims(0).value(), "2");
  EXPECT_TRUE(Inventory().claims(0).released());
}

TEST(CheckActions, RefusesActionsThatBreakTheRulesOfTheirMessage) {
  const auto check = [](const Action& action) {
    core::v1::ActRequest request;
    *request.add_actions() = action;
    return std::string(CheckActions(request).message());
  };
  EXPECT_EQ(check(Set("5", 1)), "");
  Action action = Set("5", 1);
  action.set_reason(std::string(256, 'x'));
  EXPECT_EQ(check(action), "");
  action.set_reason(std::string(257, 'x'));
  EXPECT_THAT(check(action), testing::HasSubstr("reason of over 256 bytes"));
  EXPECT_THAT(check(Set("{", 1)), testing::HasSubstr("sets JSON that"));
  action = Set("5", 1);
  action.clear_change();
  EXPECT_THAT(check(action), testing::HasSubstr("neither sets nor releases"));
  action = Set("5", 1);
  action.clear_pointer();
  EXPECT_THAT(check(action), testing::HasSubstr("has no pointer"));
  action = Set("5", 1);
  action.clear_instance();
  EXPECT_THAT(check(action), testing::HasSubstr("names none"));
  core::v1::ActRequest many;
  for (int i = 0; i < 1000; ++i) *many.add_actions() = Set("5", 1);
  EXPECT_TRUE(CheckActions(many).ok());
  *many.add_actions() = Set("5", 1);
  EXPECT_TRUE(absl::IsInvalidArgument(CheckActions(many)));
}

}  // namespace
}  // namespace weft::scheduler
