#include "core/scheduler/admission_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "core/catalog/components.h"
#include "core/resolve/testing.h"
#include "core/scheduler/claims.h"
#include "core/scheduler/departure.h"
#include "core/scheduler/records.h"
#include "core/scheduler/testing.h"
#include "core/store/keys.h"
#include "core/store/object_key.h"

namespace weft::scheduler {
namespace {

using model::Brief;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

merge::MergedObject Object(const std::string& name, int replicas,
                           const std::string& leaf_owner = "default/shop/front") {
  return {{"apps/v1", "Deployment", "default", name},
          json::value({{"spec", {{"replicas", replicas}}}}),
          {{"/spec/replicas", leaf_owner}}};
}

// One whose replicas are steered.
merge::MergedObject Steered(const std::string& name, const std::string& owner, int seed = 1) {
  return {{"apps/v1", "Deployment", "default", name},
          json::value({{"spec", json::object()}}),
          {},
          {{"/spec/replicas", owner, merge::Steering::kActions, seed, ""}}};
}

std::string Key(const std::string& name) { return store::ObjectKey(Ref("Deployment", name)); }

class AdmissionStoreTest : public testing::Test {
 protected:
  using Objects = std::map<std::string, std::vector<merge::MergedObject>>;  // By instance.

  // What makes the store hold `texts`, for whose instances `objects` were rendered.
  absl::StatusOr<StoredChange> Change(const std::vector<std::string>& texts,
                                      const Objects& objects) {
    CheckTexts(texts);
    EXPECT_FALSE(model::HasError(checked_->diagnostics)) << model::Full(checked_->diagnostics);
    return ChangeChecked(objects);
  }
  void CheckTexts(const std::vector<std::string>& texts) {
    std::vector<model::Source> sources;
    for (const std::string& text : texts)
      sources.push_back({std::to_string(sources.size()) + ".yaml", text});
    absl::StatusOr<Checked> checked = Check(sources, "default", store_, types_, decoded_);
    ASSERT_TRUE(checked.ok()) << checked.status();
    checked_ = std::make_unique<Checked>(*std::move(checked));
  }
  absl::StatusOr<StoredChange> ChangeChecked(const Objects& objects) {
    model::Diagnostics diagnostics;
    std::vector<DesiredApplication> desired;
    for (const CheckedApplication& application : checked_->applications) {
      std::vector<std::vector<merge::MergedObject>> rendered;
      for (const auto& instance : application.resolved.instances)
        rendered.push_back(objects.contains(instance.name) ? objects.at(instance.name)
                                                           : std::vector<merge::MergedObject>());
      desired.push_back(MakeDesired(application, rendered, diagnostics));
    }
    EXPECT_THAT(diagnostics, IsEmpty()) << model::Full(diagnostics);
    return MakeChange(*checked_, desired, now_, store_);
  }
  // As Change, and stores it.
  StoredChange Store(const std::vector<std::string>& texts, const Objects& objects) {
    absl::StatusOr<StoredChange> change = Change(texts, objects);
    EXPECT_TRUE(change.ok()) << change.status();
    if (!change.ok()) return {};
    EXPECT_THAT(change->diagnostics, IsEmpty()) << model::Full(change->diagnostics);
    const absl::Status stored = store_.Commit(change->transaction);
    EXPECT_TRUE(stored.ok()) << stored;
    return *std::move(change);
  }
  void Delete(const std::string& name) {
    const auto transaction = MakeDeletion("default", name, 2000, store_);
    ASSERT_TRUE(transaction.ok()) << transaction.status();
    ASSERT_TRUE(store_.Commit(*transaction).ok());
  }
  static std::vector<std::string> ActionsOf(const StoredChange& change) {
    core::v1::ApplyResponse response;
    for (const auto& c : change.changes) *response.add_changes() = c;
    return Changes(response);
  }
  static bool WritesNothing(const StoredChange& change) {
    return change.transaction.puts.empty() && change.transaction.deletes.empty();
  }
  // "NAME generation N", with " unwanted" where it is.
  std::vector<std::string> InventoryOf(const std::string& application = "shop") {
    std::vector<std::string> all;
    const auto inventory = ReadInventory(store_, "default", application);
    EXPECT_TRUE(inventory.ok()) << inventory.status();
    for (const auto& [key, record] : *inventory) {
      all.push_back(record.ref().name() + " generation " + std::to_string(record.generation()) +
                    (record.wanted() ? "" : " unwanted"));
    }
    return all;
  }
  void PutInventory(const std::string& name,
                    const std::function<void(store::v1::InventoryRecord&)>& edit) {
    auto inventory = ReadInventory(store_, "default", "shop");
    edit((*inventory)[Key(name)]);
    Put(InventoryKeyOf("default", "shop", Key(name)), (*inventory)[Key(name)].SerializeAsString());
  }
  void EmptyStore() {
    store::Transaction transaction;
    for (const std::string& key : Keys(store_)) transaction.Delete(key);
    ASSERT_TRUE(store_.Commit(std::move(transaction)).ok());
  }
  void Put(const std::string& key, const std::string& value) {
    store::Transaction transaction;
    transaction.Put(key, value);
    ASSERT_TRUE(store_.Commit(std::move(transaction)).ok());
  }

  int64_t now_ = 1000;
  store::MemoryStore store_;
  const catalog::TypeTable types_ = resolve::TestTypes();
  catalog::DecodedRevisions decoded_;
  std::unique_ptr<Checked> checked_;
};

TEST_F(AdmissionStoreTest, ANewApplicationIsStoredWithEverythingItHas) {
  const StoredChange change =
      Store({ApplicationText(), ComponentText()}, {{"front", {Object("front", 1)}}});
  EXPECT_THAT(ActionsOf(change), ElementsAre("ApplicationConfiguration shop 1 CREATED",
                                             "ComponentSchematic site 1 CREATED"));
  EXPECT_THAT(change.applications, ElementsAre("default/shop"));
  EXPECT_THAT(Keys(store_),
              ElementsAre("application/default/shop", "component/default/site",
                          "desired/default/shop/" + Key("front"), "instance/default/front",
                          "inventory/default/shop/" + Key("front"), "object/" + Key("front"),
                          store::RevisionKey("default", "site", 1)));
  EXPECT_EQ(*store_.Get("instance/default/front"), "shop");
  EXPECT_EQ(*store_.Get("object/" + Key("front")), "default/shop");
  const auto stored = ReadApplication(store_, "default", "shop");
  EXPECT_EQ(stored->record.generation(), 1);
  EXPECT_EQ(stored->record.created_unix_ms(), 1000);
  EXPECT_EQ(stored->record.instances(0).objects(0).name(), "front");
  const store::v1::InventoryRecord object =
      ReadInventory(store_, "default", "shop")->at(Key("front"));
  EXPECT_EQ(object.generation(), 1u);
  EXPECT_EQ(object.accepted(), 0u);
  EXPECT_TRUE(object.wanted());
  EXPECT_EQ(object.owner(), "default/shop/front");
}

TEST_F(AdmissionStoreTest, TheSameAgainWritesNothing) {
  Store({ComponentText(), ApplicationText()}, {{"front", {Object("front", 1)}}});
  const auto again =
      Change({ComponentText(), ApplicationText()}, {{"front", {Object("front", 1)}}});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(WritesNothing(*again));
  EXPECT_THAT(again->applications, IsEmpty());
  EXPECT_THAT(ActionsOf(*again), ElementsAre("ComponentSchematic site 1 UNCHANGED",
                                             "ApplicationConfiguration shop 1 UNCHANGED"));
}

TEST_F(AdmissionStoreTest, AnApplicationThatStaysAsItIsMustNotHaveChangedMeanwhile) {
  Store({ComponentText(), ApplicationText()}, {{"front", {Object("front", 1)}}});
  auto same = Change({ApplicationText()}, {{"front", {Object("front", 1)}}});
  ASSERT_TRUE(same.ok()) << same.status();
  same->transaction.Put("something", "");
  Store({ApplicationText()}, {{"front", {Object("front", 2)}}});
  EXPECT_EQ(store_.Commit(same->transaction).code(), absl::StatusCode::kAborted);
}

TEST_F(AdmissionStoreTest, ChangedBytesRaiseTheGenerationOfTheChangedObjectOnly) {
  Store({ComponentText(), ApplicationText()},
        {{"front", {Object("front", 1), Object("front-cache", 1)}}});
  const StoredChange change =
      Store({ApplicationText()}, {{"front", {Object("front", 2), Object("front-cache", 1)}}});
  EXPECT_THAT(ActionsOf(change), ElementsAre("ApplicationConfiguration shop 2 UPDATED"));
  EXPECT_THAT(InventoryOf(), ElementsAre("front generation 2", "front-cache generation 1"));
}

TEST_F(AdmissionStoreTest, AnotherOwnerOfALeafIsStoredButChangesNothingOnThePlatform) {
  Store({ComponentText(), ApplicationText()}, {{"front", {Object("front", 1)}}});
  Store({ApplicationText()}, {{"front", {Object("front", 1, "default/shop/front/scaler#0")}}});
  EXPECT_THAT(InventoryOf(), ElementsAre("front generation 1"));
  EXPECT_EQ(ReadDesired(store_, "default", "shop")->at(Key("front")).leaves(0).owner(),
            "default/shop/front/scaler#0");
}

TEST_F(AdmissionStoreTest, AnObjectThatIsNotRenderedAnyMoreIsUnwantedButKeptUntilItIsGone) {
  Store({ComponentText(), ApplicationText()},
        {{"front", {Object("front", 1), Object("front-cache", 1)}}});
  Store({ApplicationText()}, {{"front", {Object("front", 1)}}});
  EXPECT_THAT(InventoryOf(),
              ElementsAre("front generation 1", "front-cache generation 1 unwanted"));
  EXPECT_THAT(Keys(store_, "desired/"), ElementsAre("desired/default/shop/" + Key("front")));
  EXPECT_TRUE(store_.Get("object/" + Key("front-cache")).ok());
  // Unwanted once is enough.
  const auto again = Change({ApplicationText()}, {{"front", {Object("front", 1)}}});
  EXPECT_TRUE(WritesNothing(*again));
}

TEST_F(AdmissionStoreTest, AnObjectThatIsWantedAgainGetsANewGeneration) {
  Store({ComponentText(), ApplicationText()},
        {{"front", {Object("front", 1), Object("front-cache", 1)}}});
  Store({ApplicationText()}, {{"front", {Object("front", 1)}}});
  Store({ApplicationText()}, {{"front", {Object("front", 1), Object("front-cache", 1)}}});
  EXPECT_THAT(InventoryOf(), ElementsAre("front generation 1", "front-cache generation 2"));
}

TEST_F(AdmissionStoreTest, ARefusalHoldsUntilTheObjectChanges) {
  Store({ComponentText(), ApplicationText()}, {{"front", {Object("front", 1)}}});
  PutInventory("front", [](store::v1::InventoryRecord& record) {
    record.set_refused(1);
    record.set_problem("refused: too big");
  });
  EXPECT_TRUE(WritesNothing(*Change({ApplicationText()}, {{"front", {Object("front", 1)}}})));
  Store({ApplicationText()}, {{"front", {Object("front", 2)}}});
  const store::v1::InventoryRecord record =
      ReadInventory(store_, "default", "shop")->at(Key("front"));
  EXPECT_EQ(record.generation(), 2u);
  EXPECT_EQ(record.refused(), 0u);
  EXPECT_EQ(record.problem(), "");
}

TEST_F(AdmissionStoreTest, InstanceNamesAreClaimedAndReleased) {
  Store({ComponentText(), ApplicationText("", "shop", "front")}, {});
  Store({ApplicationText("", "shop", "back")}, {});
  EXPECT_THAT(Keys(store_, "instance/"), ElementsAre("instance/default/back"));
  Store({ApplicationText("", "blog", "front")}, {});
  EXPECT_EQ(*store_.Get("instance/default/front"), "blog");
  CheckTexts({ApplicationText("", "wiki", "front")});
  EXPECT_THAT(Brief(checked_->diagnostics),
              ElementsAre("7:21 INSTANCE_OWNED /spec/components/0/instanceName"));
}

TEST_F(AdmissionStoreTest, TwoApplicationsOfOneCallCannotHaveTheSameInstanceName) {
  CheckTexts({ComponentText(), ApplicationText(), ApplicationText("", "blog")});
  ASSERT_THAT(Brief(checked_->diagnostics),
              ElementsAre("7:21 INSTANCE_OWNED /spec/components/0/instanceName"));
  EXPECT_EQ(checked_->diagnostics[0].document, "2.yaml");
}

TEST_F(AdmissionStoreTest, AnObjectBelongsToOneApplication) {
  Store({ComponentText(), ApplicationText()}, {{"front", {Object("cache", 1)}}});
  const auto change =
      Change({ApplicationText("", "blog", "back")}, {{"back", {Object("cache", 1)}}});
  ASSERT_TRUE(change.ok()) << change.status();
  ASSERT_THAT(Brief(change->diagnostics), ElementsAre("6:7 OBJECT_OWNED /spec/components/0"));
  EXPECT_EQ(change->diagnostics[0].message,
            "the object Deployment/cache belongs to the application default/shop");
}

TEST_F(AdmissionStoreTest, AnObjectBelongsToOneApplicationOfACall) {
  const auto change =
      Change({ComponentText(), ApplicationText(), ApplicationText("", "blog", "back")},
             {{"front", {Object("cache", 1)}}, {"back", {Object("cache", 1)}}});
  ASSERT_TRUE(change.ok()) << change.status();
  ASSERT_THAT(Brief(change->diagnostics), ElementsAre("6:7 OBJECT_OWNED /spec/components/0"));
  EXPECT_EQ(change->diagnostics[0].document, "2.yaml");
}

TEST_F(AdmissionStoreTest, TwoInstancesCannotHaveTheSameObject) {
  CheckTexts(
      {ComponentText(), ApplicationText() + "    - {componentName: site, instanceName: back}\n"});
  ASSERT_EQ(checked_->applications[0].resolved.instances.size(), 2u);
  model::Diagnostics diagnostics;
  const DesiredApplication desired = MakeDesired(
      checked_->applications[0], {{Object("cache", 1)}, {Object("cache", 1)}}, diagnostics);
  EXPECT_EQ(desired.objects.size(), 1u);
  ASSERT_THAT(Brief(diagnostics), ElementsAre("9:7 CONFLICT /spec/components/1"));
  EXPECT_EQ(diagnostics[0].message, "the object Deployment/cache is rendered for front too");
}

TEST_F(AdmissionStoreTest, AChangedComponentIsANewRevisionAndMovesNothing) {
  Store({ComponentText("site:1"), ApplicationText()}, {});
  const StoredChange change = Store({ComponentText("site:2")}, {});
  EXPECT_THAT(ActionsOf(change), ElementsAre("ComponentSchematic site 2 UPDATED"));
  EXPECT_THAT(Keys(store_, "revision/"), ElementsAre(store::RevisionKey("default", "site", 1),
                                                     store::RevisionKey("default", "site", 2)));
  EXPECT_THAT(ActionsOf(*Change({ComponentText("site:2")}, {})),
              ElementsAre("ComponentSchematic site 2 UNCHANGED"));
  EXPECT_EQ(ReadApplication(store_, "default", "shop")->record.instances(0).revision(), 1);
  Store({ApplicationText()}, {});
  EXPECT_EQ(ReadApplication(store_, "default", "shop")->record.instances(0).revision(), 2);
}

TEST_F(AdmissionStoreTest, WhatChangedSinceItWasReadMakesTheChangeAborted) {
  const struct {
    const char* name;
    std::string key;
  } kCases[] = {
      {"the application", store::ApplicationKey("default", "shop")},
      {"an object's inventory", InventoryKeyOf("default", "shop", Key("front"))},
      {"a stored component that it uses", store::ComponentKey("default", "site")},
      {"the owner of an instance name", store::InstanceKey("default", "front")},
      {"the owner of an object", store::ObjectOwnerKey(Key("front"))},
  };
  for (const bool fresh : {false, true}) {
    for (const auto& c : kCases) {
      SCOPED_TRACE(std::string(c.name) + (fresh ? ", of a new application" : ""));
      EmptyStore();
      Store({ComponentText()}, {});
      if (!fresh) Store({ApplicationText()}, {{"front", {Object("front", 1)}}});
      auto change = Change({ApplicationText("{name: scaler, properties: {replicas: 2}}")},
                           {{"front", {Object("front", 2)}}});
      ASSERT_TRUE(change.ok()) << change.status();
      Put(c.key, "another value");
      EXPECT_TRUE(absl::IsAborted(store_.Commit(change->transaction)));
    }
  }
}

TEST_F(AdmissionStoreTest, AnInstanceNameThatWasTakenSinceItWasCheckedIsAborted) {
  Store({ComponentText()}, {});
  CheckTexts({ApplicationText()});
  Put(store::InstanceKey("default", "front"), "blog");
  EXPECT_TRUE(absl::IsAborted(ChangeChecked({}).status()));
}

TEST_F(AdmissionStoreTest, AComponentOfTheCallThatChangedSinceIsAborted) {
  CheckTexts({ComponentText("site:1")});
  const auto change = ChangeChecked({});
  Store({ComponentText("site:2")}, {});
  EXPECT_TRUE(absl::IsAborted(store_.Commit(change->transaction)));
}

TEST_F(AdmissionStoreTest, ADeletionMakesEverythingUnwanted) {
  Store({ComponentText(), ApplicationText()},
        {{"front", {Object("front", 1), Object("front-cache", 1)}}});
  Delete("shop");
  const auto stored = ReadApplication(store_, "default", "shop");
  EXPECT_TRUE(stored->record.deleting());
  EXPECT_EQ(stored->record.generation(), 2);
  EXPECT_EQ(stored->record.updated_unix_ms(), 2000);
  EXPECT_THAT(InventoryOf(),
              ElementsAre("front generation 1 unwanted", "front-cache generation 1 unwanted"));
  EXPECT_TRUE(store_.Get(store::InstanceKey("default", "front")).ok());  // Until it is gone.
}

TEST_F(AdmissionStoreTest, ADeletionIsIdempotent) {
  Store({ComponentText(), ApplicationText()}, {});
  Delete("shop");
  const auto again = MakeDeletion("default", "shop", 3000, store_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_THAT(again->puts, IsEmpty());
  EXPECT_TRUE(absl::IsNotFound(MakeDeletion("default", "none", 3000, store_).status()));
}

TEST_F(AdmissionStoreTest, AnApplicationThatIsBeingDeletedIsNotApplied) {
  Store({ComponentText(), ApplicationText()}, {});
  Delete("shop");
  CheckTexts({ApplicationText()});
  EXPECT_THAT(Brief(checked_->diagnostics), ElementsAre("3:18 BEING_DELETED /metadata/name"));
}

// It would want its objects again, and neither come nor go.
TEST_F(AdmissionStoreTest, AnApplicationThatWasDeletedSinceItWasCheckedIsAborted) {
  Store({ComponentText(), ApplicationText()}, {{"front", {Object("front", 1)}}});
  CheckTexts({ApplicationText()});
  Delete("shop");
  EXPECT_TRUE(absl::IsAborted(ChangeChecked({{"front", {Object("front", 2)}}}).status()));
}

TEST_F(AdmissionStoreTest, ADeletionOfWhatChangedSinceIsAborted) {
  Store({ComponentText(), ApplicationText()}, {{"front", {Object("front", 1)}}});
  const auto deletion = MakeDeletion("default", "shop", 2000, store_);
  Store({ApplicationText()}, {{"front", {Object("front", 2)}}});
  EXPECT_TRUE(absl::IsAborted(store_.Commit(*deletion)));
}

TEST_F(AdmissionStoreTest, AnInstanceThatStaysKeepsTheTimeAtWhichItWasAttached) {
  const auto attached = [&] {
    const auto stored = ReadApplication(store_, "default", "shop");
    std::vector<int64_t> times;
    for (const auto& instance : stored->record.instances()) {
      times.push_back(instance.attached_unix_ms());
      for (const auto& trait : instance.traits()) times.push_back(trait.attached_unix_ms());
    }
    return times;
  };
  const auto scaler = [](int replicas) {
    return absl::StrCat("{name: scaler, properties: {replicas: ", replicas, "}}");
  };
  Store({ComponentText(), ApplicationText()}, {{"front", {Object("front", 1)}}});
  EXPECT_THAT(attached(), ElementsAre(1000));
  now_ = 2000;
  Store({ApplicationText(scaler(3))}, {{"front", {Object("front", 3)}}});
  EXPECT_THAT(attached(), ElementsAre(1000, 2000));
  now_ = 3000;
  Store({ApplicationText(scaler(4))}, {{"front", {Object("front", 4)}}});
  EXPECT_THAT(attached(), ElementsAre(1000, 2000));
  Store({ApplicationText()}, {{"front", {Object("front", 1)}}});
  Store({ApplicationText(scaler(4))}, {{"front", {Object("front", 4)}}});
  EXPECT_THAT(attached(), ElementsAre(1000, 3000));
}

TEST_F(AdmissionStoreTest, AClaimLastsWhileTheSameInstanceSteersTheLeaf) {
  const std::string cron = "default/shop/front/cron#0", other = "default/shop/front/other#0";
  const auto claims = [&] {
    std::vector<std::string> all;
    const auto inventory = ReadInventory(store_, "default", "shop");
    for (const auto& [key, record] : *inventory)
      for (const auto& claim : record.claims()) all.push_back(claim.owner() + " " + claim.value());
    return all;
  };
  const auto act = [&] {
    const auto desired = ReadDesired(store_, "default", "shop");
    PutInventory("front", [&](store::v1::InventoryRecord& record) {
      ASSERT_TRUE(ApplyAction({cron, "/spec/replicas", "7", 1, record.generation(), "", 0},
                              desired->at(Key("front")), record)
                      .changed);
    });
  };
  const auto apply = [&](const merge::MergedObject& object) {
    Store({ComponentText(), ApplicationText()}, {{"front", {object}}});
  };
  apply(Steered("front", cron));
  act();
  EXPECT_THAT(InventoryOf(), ElementsAre("front generation 2"));
  apply(Steered("front", cron));
  EXPECT_THAT(claims(), ElementsAre(cron + " 7"));
  EXPECT_THAT(InventoryOf(), ElementsAre("front generation 2"));
  apply(Steered("front", cron, 3));
  EXPECT_THAT(claims(), ElementsAre(cron + " 7"));
  EXPECT_THAT(InventoryOf(), ElementsAre("front generation 3"));
  apply(Steered("front", other, 3));
  EXPECT_THAT(claims(), IsEmpty());
  EXPECT_THAT(InventoryOf(), ElementsAre("front generation 4"));
  apply(Steered("front", cron));
  act();
  apply(Object("front", 5));
  EXPECT_THAT(claims(), IsEmpty());
  EXPECT_THAT(InventoryOf(), ElementsAre("front generation 7"));
}

TEST_F(AdmissionStoreTest, AClaimEndsWithItsObject) {
  Store({ComponentText(), ApplicationText()}, {{"front", {Steered("front", "t")}}});
  const auto desired = ReadDesired(store_, "default", "shop");
  PutInventory("front", [&](store::v1::InventoryRecord& record) {
    ApplyAction({"t", "/spec/replicas", "7", 1, 1, "", 0}, desired->at(Key("front")), record);
  });
  Store({ApplicationText()}, {{"front", {}}});
  EXPECT_TRUE(ReadInventory(store_, "default", "shop")->at(Key("front")).claims().empty());
}

TEST_F(AdmissionStoreTest, AnObjectThatTheDocumentChangesIsTakenBackFromOtherWriters) {
  const auto contested = [&] {
    const auto inventory = ReadInventory(store_, "default", "shop");
    const store::v1::InventoryRecord& record = inventory->at(Key("front"));
    return record.contested_size() + record.corrections_size();
  };
  Store({ComponentText(), ApplicationText()}, {{"front", {Object("front", 1)}}});
  PutInventory("front", [](store::v1::InventoryRecord& record) {
    record.add_contested()->set_pointer("/spec/replicas");
    record.add_corrections()->set_pointer("/spec/paused");
  });
  Store({ApplicationText()}, {{"front", {Object("front", 1)}}});
  EXPECT_EQ(contested(), 2);
  Store({ApplicationText()}, {{"front", {Object("front", 2)}}});
  EXPECT_EQ(contested(), 0);
}

}  // namespace
}  // namespace weft::scheduler
