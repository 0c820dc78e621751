#include "core/scheduler/object_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/scheduler/testing.h"
#include "core/store/object_key.h"

namespace weft::scheduler {
namespace {

using core::v1::ObjectChange;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

store::v1::DesiredRecord Record(const std::string& kind, const std::string& json,
                                const std::vector<std::string>& pointers) {
  store::v1::DesiredRecord record;
  *record.mutable_object()->mutable_ref() = Ref(kind, "front");
  record.mutable_object()->set_json(json);
  for (const std::string& pointer : pointers) {
    store::v1::LeafOwner* leaf = record.add_leaves();
    leaf->set_pointer(pointer);
    leaf->set_owner("default/shop/front");
  }
  return record;
}

class ObjectChangesTest : public testing::Test {
 protected:
  // The application has `record`, which the runtime accepted as generation 1.
  void Have(const store::v1::DesiredRecord& record) {
    const std::string key = store::ObjectKey(record.object().ref());
    present_.objects[key] = record;
    store::v1::InventoryRecord& inventory = present_.inventory[key];
    inventory.set_wanted(true);
    inventory.set_generation(1);
    inventory.set_accepted(1);
    inventory.set_digest("as applied");
    runtime::v1::Projection& projection = present_.observed.objects[key];
    projection.set_generation(1);
    projection.set_digest("as applied");
  }
  std::vector<ObjectChange> ChangesTo(const std::vector<store::v1::DesiredRecord>& objects) const {
    DesiredApplication desired;
    desired.name_space = "default";
    desired.name = "shop";
    desired.objects = objects;
    return MakeObjectChanges(present_, desired);
  }

  PresentApplication present_;
};

TEST_F(ObjectChangesTest, NothingIsSaidOfWhatStays) {
  const auto record = Record("Deployment", R"({"spec":{"replicas":1}})", {"/spec/replicas"});
  Have(record);
  EXPECT_THAT(ChangesTo({record}), IsEmpty());
}

TEST_F(ObjectChangesTest, NamesTheLeavesForWhichAnObjectIsMadeAnew) {
  const auto record = Record("Deployment", R"({"spec":{"replicas":1}})", {"/spec/replicas"});
  Have(record);
  DesiredApplication desired;
  desired.objects = {Record("Deployment", R"({"spec":{"replicas":2}})", {"/spec/replicas"})};
  const auto changes = MakeObjectChanges(
      present_, desired, {{store::ObjectKey(record.object().ref()), {"/spec/replicas"}}});
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_THAT(changes[0].replaced_for(), testing::ElementsAre("/spec/replicas"));
}

TEST_F(ObjectChangesTest, ALeafThatComesOrGoesHasOneValue) {
  Have(Record("Deployment", R"({"spec":{"replicas":1}})", {"/spec/replicas"}));
  const auto changes =
      ChangesTo({Record("Deployment", R"({"spec":{"paused":true}})", {"/spec/paused"})});
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(changes[0].action(), ObjectChange::ACTION_UPDATED);
  ASSERT_EQ(changes[0].leaves_size(), 2);
  EXPECT_EQ(changes[0].leaves(0).pointer(), "/spec/paused");
  EXPECT_EQ(changes[0].leaves(0).before(), "");
  EXPECT_EQ(changes[0].leaves(0).after(), "true");
  EXPECT_EQ(changes[0].leaves(0).owner_before(), "");
  EXPECT_EQ(changes[0].leaves(1).before(), "1");
  EXPECT_EQ(changes[0].leaves(1).after(), "");
  EXPECT_EQ(changes[0].leaves(1).owner(), "");
}

TEST_F(ObjectChangesTest, ALeafThatBecomesSteeredIsMarkedAndItsSeedNamed) {
  Have(Record("Deployment", R"({"spec":{"replicas":1}})", {"/spec/replicas"}));
  auto steered = Record("Deployment", R"({"spec":{}})", {});
  store::v1::SteeredLeafRecord* leaf = steered.add_steered();
  leaf->set_pointer("/spec/replicas");
  leaf->set_owner("default/shop/front/clock#0");
  leaf->set_seed("1");
  const auto changes = ChangesTo({steered});
  ASSERT_THAT(changes, SizeIs(1));
  ASSERT_EQ(changes[0].leaves_size(), 1);
  EXPECT_TRUE(changes[0].leaves(0).steered());
  EXPECT_EQ(changes[0].leaves(0).after(), "1");
  EXPECT_EQ(changes[0].leaves(0).owner_before(), "default/shop/front");
  EXPECT_EQ(changes[0].leaves(0).owner(), "default/shop/front/clock#0");
}

// Else a plan would not show that eight pods become one.
TEST_F(ObjectChangesTest, ALeafThatWasSteeredHasTheValueOfItsLastAction) {
  auto steered = Record("Deployment", R"({"spec":{}})", {});
  store::v1::SteeredLeafRecord* leaf = steered.add_steered();
  leaf->set_pointer("/spec/replicas");
  leaf->set_owner("default/shop/front/clock#0");
  leaf->set_by(provider::v1::STEERING_ACTIONS);
  leaf->set_seed("1");
  Have(steered);
  store::v1::ClaimRecord* claim = present_.inventory.begin()->second.add_claims();
  claim->set_pointer("/spec/replicas");
  claim->set_owner("default/shop/front/clock#0");
  claim->set_value("8");
  EXPECT_THAT(ChangesTo({steered}), IsEmpty());
  const auto fixed = Record("Deployment", R"({"spec":{"replicas":1}})", {"/spec/replicas"});
  const auto changes = ChangesTo({fixed});
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(changes[0].leaves(0).before(), "8");
  EXPECT_EQ(changes[0].leaves(0).after(), "1");
  present_.objects.begin()->second.mutable_steered(0)->set_by(provider::v1::STEERING_PLATFORM);
  present_.inventory.begin()->second.clear_claims();
  EXPECT_EQ(ChangesTo({fixed}).at(0).leaves(0).before(), "(as the platform steers it)");
}

TEST_F(ObjectChangesTest, WhatASecretHoldsIsNotShown) {
  Have(Record("Secret", R"({"data":{"key":"b2xk"},"type":"Opaque"})", {"/data/key", "/type"}));
  const auto changes = ChangesTo(
      {Record("Secret", R"({"data":{"key":"bmV3"},"type":"other"})", {"/data/key", "/type"})});
  ASSERT_THAT(changes, SizeIs(1));
  ASSERT_EQ(changes[0].leaves_size(), 2);
  EXPECT_EQ(changes[0].leaves(0).before(), "(hidden)");
  EXPECT_EQ(changes[0].leaves(0).after(), "(hidden)");
  EXPECT_EQ(changes[0].leaves(1).after(), "\"other\"");
}

TEST_F(ObjectChangesTest, AnObjectThatIsMissingIsNotedOnlyIfEverythingIsKnown) {
  const auto record = Record("Deployment", R"({"spec":{"replicas":1}})", {"/spec/replicas"});
  Have(record);
  present_.observed.objects.clear();
  EXPECT_THAT(ChangesTo({record}), IsEmpty());
  present_.observed.complete = true;
  const auto changes = ChangesTo({record});
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(changes[0].action(), ObjectChange::ACTION_UNCHANGED);
  EXPECT_THAT(changes[0].notes(), ElementsAre("is not on the platform and will be made again"));
}

TEST_F(ObjectChangesTest, AnObjectThatSomebodyElseChangedIsNoted) {
  const auto record = Record("Deployment", R"({"spec":{"replicas":1}})", {"/spec/replicas"});
  Have(record);
  present_.observed.objects.begin()->second.set_digest("another");
  const auto changes = ChangesTo({record});
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_THAT(changes[0].notes(),
              ElementsAre("was changed by somebody else and will be put right"));
}

TEST_F(ObjectChangesTest, AnObjectThatTheRuntimeRefusesIsNotedUnlessItChanges) {
  const auto record = Record("Deployment", R"({"spec":{"replicas":1}})", {"/spec/replicas"});
  Have(record);
  store::v1::InventoryRecord& inventory = present_.inventory.begin()->second;
  inventory.set_refused(1);
  inventory.set_problem("too many");
  EXPECT_THAT(ChangesTo({record}).at(0).notes(),
              ElementsAre("is refused by the runtime: too many"));
  EXPECT_THAT(ChangesTo({Record("Deployment", R"({"spec":{"replicas":2}})", {"/spec/replicas"})})
                  .at(0)
                  .notes(),
              IsEmpty());
}

}  // namespace
}  // namespace weft::scheduler
