#include "core/scheduler/claims.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

#include "absl/strings/str_cat.h"

namespace weft::scheduler {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kReplicas[] = "/spec/replicas";
constexpr char kCron[] = "default/shop/front/cron-hpa#0";

// The Deployment's replicas are steered by kCron and start at 2, its priority by the platform.
store::v1::DesiredRecord Desired() {
  store::v1::DesiredRecord desired;
  store::v1::SteeredLeafRecord* priority = desired.add_steered();
  priority->set_pointer("/spec/priority");
  priority->set_owner(kCron);
  priority->set_by(provider::v1::STEERING_PLATFORM);
  priority->set_seed("7");
  store::v1::SteeredLeafRecord* replicas = desired.add_steered();
  replicas->set_pointer(kReplicas);
  replicas->set_owner(kCron);
  replicas->set_by(provider::v1::STEERING_ACTIONS);
  replicas->set_seed("2");
  return desired;
}

store::v1::InventoryRecord Inventory() {
  store::v1::InventoryRecord inventory;
  inventory.set_generation(4);
  inventory.set_accepted(4);
  return inventory;
}

LeafAction Set(const std::string& value, uint64_t epoch, uint64_t sequence) {
  return {kCron, kReplicas, value, epoch, sequence, "job morning", 1000};
}
LeafAction Release(uint64_t epoch, uint64_t sequence) {
  return {kCron, kReplicas, std::nullopt, epoch, sequence, "", 1000};
}

// "POINTER = VALUE" of what is set, "POINTER from VALUE" of seeds.
std::vector<std::string> SteeredOf(const store::v1::InventoryRecord& inventory,
                                   const store::v1::DesiredRecord& desired = Desired()) {
  std::vector<std::string> steered;
  for (const runtime::v1::SteeredLeaf& leaf : SteeredFor(desired, inventory))
    steered.push_back(absl::StrCat(leaf.pointer(), leaf.set() ? " = " : " from ", leaf.value()));
  return steered;
}

TEST(Claims, ALeafHasItsSeedUntilSomebodyActs) {
  EXPECT_THAT(SteeredOf(Inventory()),
              ElementsAre("/spec/priority from 7", "/spec/replicas from 2"));
}

TEST(Claims, AnActionIsKeptAndCarriedOut) {
  store::v1::InventoryRecord inventory = Inventory();
  const ActionResult result = ApplyAction(Set("5", 1, 1), Desired(), inventory);
  EXPECT_EQ(result.outcome, core::v1::ACT_OUTCOME_DONE);
  EXPECT_TRUE(result.changed);
  EXPECT_EQ(inventory.generation(), 5u);
  EXPECT_EQ(inventory.accepted(), 4u);
  EXPECT_THAT(SteeredOf(inventory), ElementsAre("/spec/priority from 7", "/spec/replicas = 5"));
  ASSERT_EQ(inventory.claims_size(), 1);
  EXPECT_EQ(inventory.claims(0).owner(), kCron);
  EXPECT_EQ(inventory.claims(0).reason(), "job morning");
  EXPECT_EQ(inventory.claims(0).acted_unix_ms(), 1000);
}

TEST(Claims, WhatARuntimeRefusedIsTriedAgainWithAnotherValue) {
  store::v1::InventoryRecord inventory = Inventory();
  inventory.set_refused(4);
  inventory.set_problem("refused: too many");
  ApplyAction(Set("5", 1, 1), Desired(), inventory);
  EXPECT_EQ(inventory.refused(), 0u);
  EXPECT_EQ(inventory.problem(), "");
}

TEST(Claims, OrderIsByEpochAndThenBySequence) {
  const struct {
    uint64_t epoch, sequence;
    core::v1::ActOutcome outcome;
  } kCases[] = {
      {3, 8, core::v1::ACT_OUTCOME_DONE},       {4, 1, core::v1::ACT_OUTCOME_DONE},
      {3, 7, core::v1::ACT_OUTCOME_SUPERSEDED}, {3, 6, core::v1::ACT_OUTCOME_SUPERSEDED},
      {2, 9, core::v1::ACT_OUTCOME_SUPERSEDED},
  };
  for (const auto& c : kCases) {
    store::v1::InventoryRecord inventory = Inventory();
    ApplyAction(Set("5", 3, 7), Desired(), inventory);
    const std::string before = inventory.SerializeAsString();
    const ActionResult result = ApplyAction(Set("6", c.epoch, c.sequence), Desired(), inventory);
    EXPECT_EQ(result.outcome, c.outcome) << c.epoch << " " << c.sequence << " " << result.message;
    const bool done = c.outcome == core::v1::ACT_OUTCOME_DONE;
    EXPECT_EQ(result.changed, done);
    EXPECT_EQ(inventory.SerializeAsString() != before, done);
    EXPECT_EQ(result.message.empty(), done);
  }
}

TEST(Claims, TheSameActionAgainChangesNothing) {
  store::v1::InventoryRecord inventory = Inventory();
  for (const LeafAction& action : {Set("5", 1, 1), Release(1, 2)}) {
    EXPECT_TRUE(ApplyAction(action, Desired(), inventory).changed);
    const std::string before = inventory.SerializeAsString();
    const ActionResult again = ApplyAction(action, Desired(), inventory);
    EXPECT_EQ(again.outcome, core::v1::ACT_OUTCOME_DONE);
    EXPECT_FALSE(again.changed);
    EXPECT_EQ(inventory.SerializeAsString(), before);
  }
  // A release is another action than one that sets the seed.
  EXPECT_EQ(ApplyAction(Set("2", 1, 2), Desired(), inventory).outcome,
            core::v1::ACT_OUTCOME_SUPERSEDED);
}

TEST(Claims, TheSameValueAgainOnlyTakesItsPlaceInTheOrder) {
  store::v1::InventoryRecord inventory = Inventory();
  ApplyAction(Set("5", 1, 1), Desired(), inventory);
  EXPECT_TRUE(ApplyAction(Set("5", 1, 2), Desired(), inventory).changed);
  EXPECT_EQ(inventory.generation(), 5u);
  EXPECT_EQ(inventory.claims(0).sequence(), 2u);
}

TEST(Claims, AReleaseGivesTheLeafItsSeedAndKeepsTheOrder) {
  store::v1::InventoryRecord inventory = Inventory();
  ApplyAction(Set("5", 1, 1), Desired(), inventory);
  EXPECT_TRUE(ApplyAction(Release(1, 2), Desired(), inventory).changed);
  EXPECT_EQ(inventory.generation(), 6u);
  EXPECT_TRUE(inventory.claims(0).released());
  EXPECT_THAT(SteeredOf(inventory), ElementsAre("/spec/priority from 7", "/spec/replicas = 2"));
  EXPECT_EQ(ApplyAction(Set("9", 1, 1), Desired(), inventory).outcome,
            core::v1::ACT_OUTCOME_SUPERSEDED);
  // Also where nobody acted: whatever the leaf has, it gets its seed.
  store::v1::InventoryRecord fresh = Inventory();
  EXPECT_TRUE(ApplyAction(Release(1, 1), Desired(), fresh).changed);
  EXPECT_EQ(fresh.generation(), 5u);
}

TEST(Claims, OnlyTheInstanceThatSteersALeafByActionsMayAct) {
  const struct {
    const char* instance;
    const char* pointer;
    const char* why;
  } kCases[] = {
      {"default/shop/front/other#0", kReplicas, "is steered by default/shop/front/cron-hpa#0"},
      {"default/shop/front", kReplicas, "is steered by"},
      {kCron, "/spec/paused", "is not steered"},
      {kCron, "/spec/priority", "is steered by the platform"},
  };
  for (const auto& c : kCases) {
    store::v1::InventoryRecord inventory = Inventory();
    LeafAction action = Set("5", 1, 1);
    action.instance = c.instance;
    action.pointer = c.pointer;
    const ActionResult result = ApplyAction(action, Desired(), inventory);
    EXPECT_EQ(result.outcome, core::v1::ACT_OUTCOME_DENIED);
    EXPECT_THAT(result.message, HasSubstr(c.why));
    EXPECT_EQ(inventory.SerializeAsString(), Inventory().SerializeAsString());
  }
}

TEST(Claims, AreKeptWhileTheLeafIsSteeredByTheSame) {
  store::v1::InventoryRecord inventory = Inventory();
  ApplyAction(Set("5", 1, 1), Desired(), inventory);
  store::v1::DesiredRecord desired = Desired();
  desired.mutable_steered(1)->set_seed("3");
  KeepClaims(desired, inventory);
  EXPECT_THAT(SteeredOf(inventory, desired),
              ElementsAre("/spec/priority from 7", "/spec/replicas = 5"));
  // What was released follows the document.
  ApplyAction(Release(1, 2), desired, inventory);
  desired.mutable_steered(1)->set_seed("4");
  KeepClaims(desired, inventory);
  EXPECT_THAT(SteeredOf(inventory, desired),
              ElementsAre("/spec/priority from 7", "/spec/replicas = 4"));
  // Somebody else begins anew.
  desired.mutable_steered(1)->set_owner("default/shop/front/other#0");
  EXPECT_THAT(SteeredOf(inventory, desired),
              ElementsAre("/spec/priority from 7", "/spec/replicas from 4"));
  KeepClaims(desired, inventory);
  EXPECT_THAT(inventory.claims(), IsEmpty());
}

// Whatever order actions arrive in, and however often, the newest wins.
TEST(Claims, TheOrderOfArrivalDoesNotMatter) {
  std::mt19937 random(20261124);
  for (int round = 0; round < 300; ++round) {
    std::vector<LeafAction> actions;
    for (uint64_t i = 0; i < 6; ++i) {
      const LeafAction action = random() % 4 == 0
                                    ? Release(i / 3, i % 3)
                                    : Set(absl::StrCat(random() % 3 + 2), i / 3, i % 3);
      actions.push_back(action);
      if (random() % 3 == 0) actions.push_back(action);
    }
    store::v1::InventoryRecord expected = Inventory();
    ApplyAction(actions.back(), Desired(), expected);
    std::ranges::shuffle(actions, random);
    store::v1::InventoryRecord inventory = Inventory();
    uint64_t generation = inventory.generation();
    for (const LeafAction& action : actions) {
      const std::vector<std::string> before = SteeredOf(inventory);
      ApplyAction(action, Desired(), inventory);
      const bool moved = SteeredOf(inventory) != before;
      EXPECT_EQ(inventory.generation(), generation + (moved ? 1 : 0));
      generation = inventory.generation();
    }
    ASSERT_EQ(inventory.claims_size(), 1);
    EXPECT_EQ(inventory.claims(0).SerializeAsString(), expected.claims(0).SerializeAsString());
  }
}

}  // namespace
}  // namespace weft::scheduler
