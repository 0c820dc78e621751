#include "runtime/local/object_store.h"

#include <filesystem>
#include <gtest/gtest.h>

#include "runtime/local/admission.h"
#include "runtime/local/local_test_support.h"

namespace weft::local {
namespace {

using Outcome = Acceptance::Outcome;

Candidate Deployment(const std::string& name, uint64_t generation, int replicas = 1) {
  const ObjectRef ref = DeploymentRef(name);
  Admitted admitted = Admit(ref, DeploymentText(name, replicas), {});
  EXPECT_TRUE(admitted.problems.empty());
  return {ref, generation, "owner", admitted.json, admitted.spec};
}

class ObjectStoreTest : public testing::Test {
 protected:
  ObjectStoreTest() {
    char path[] = "/tmp/weft-objects-XXXXXX";
    directory_ = mkdtemp(path);
    Reopen();
  }
  ~ObjectStoreTest() override {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  void Reopen() {
    store_.reset();
    auto store = ObjectStore::Open(directory_ + "/db", [this](const Object& object, bool gone) {
      changes_.push_back(LocalKey(object.ref) + (gone              ? " gone"
                                                 : object.deleting ? " deleting"
                                                                   : ""));
    });
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  Outcome Accept(const Candidate& candidate) { return store_->Accept({candidate})[0].outcome; }
  int Replicas(const std::string& name) {
    const ObjectPtr object = store_->Find("Deployment/default/" + name);
    return object == nullptr ? -1 : std::get<DeploymentSpec>(object->spec).replicas;
  }

  std::string directory_;
  std::unique_ptr<ObjectStore> store_;
  std::vector<std::string> changes_;
};

TEST_F(ObjectStoreTest, AHigherGenerationReplacesAnEqualOneChangesNothingALowerOneIsOutdated) {
  EXPECT_EQ(Accept(Deployment("web", 5, 1)), Outcome::kAccepted);
  EXPECT_EQ(Accept(Deployment("web", 6, 2)), Outcome::kAccepted);
  EXPECT_EQ(Accept(Deployment("web", 6, 3)), Outcome::kAccepted);
  EXPECT_EQ(Accept(Deployment("web", 5, 4)), Outcome::kOutdated);
  EXPECT_EQ(Replicas("web"), 2);
  EXPECT_EQ(changes_.size(), 2u);
}

// Of a version that knew no objects of controllers.
TEST_F(ObjectStoreTest, AnOlderFileIsBroughtUpToDate) {
  store_.reset();
  std::filesystem::remove_all(directory_);
  std::filesystem::create_directory(directory_);
  constexpr std::string_view kFirstSchema[] = {R"(
      CREATE TABLE objects (
        api_version TEXT NOT NULL, kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
        generation INTEGER NOT NULL, owner TEXT NOT NULL, deleting INTEGER NOT NULL,
        json TEXT NOT NULL, PRIMARY KEY (kind, namespace, name)) WITHOUT ROWID;
      CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;)"};
  {
    auto old = sqlite::Database::Open(directory_ + "/db", kFirstSchema);
    ASSERT_TRUE(old.ok()) << old.status();
    const Candidate web = Deployment("web", 1, 3);
    auto insert = old->Prepare(
        "INSERT INTO objects VALUES ('apps/v1', 'Deployment', 'default', 'web', 4, 'o', 0, ?)");
    ASSERT_TRUE(insert.ok() && insert->Bind(1, web.json).Run().ok());
  }
  Reopen();
  EXPECT_EQ(Replicas("web"), 3);
  EXPECT_EQ(store_->Find("Deployment/default/web")->parent, "");
  EXPECT_EQ(Accept(Deployment("web", 5, 2)), Outcome::kAccepted);
}

TEST_F(ObjectStoreTest, WhatAControllerMadeIsItsOwn) {
  Candidate child = Deployment("child", 1);
  child.parent = "Deployment/default/web";
  EXPECT_EQ(Accept(Deployment("web", 1)), Outcome::kAccepted);
  ASSERT_TRUE(store_->Make({child}).ok());
  Reopen();
  const ObjectPtr made = store_->Find("Deployment/default/child");
  EXPECT_TRUE(store_->IsKept(*made));
  EXPECT_EQ(store_->ChildrenOf(DeploymentRef("web")), (std::vector<ObjectPtr>{made}));
  // Neither takes the other's place.
  EXPECT_EQ(store_->Accept({Deployment("child", 2)})[0].message,
            "Deployment/default/child belongs to Deployment/default/web");
  EXPECT_EQ(Accept(Deployment("other", 1)), Outcome::kAccepted);
  Candidate other = Deployment("other", 2);
  other.parent = child.parent;
  EXPECT_EQ(store_->Make({other}).message(), "Deployment/default/other was applied by itself");
  // Nor does it go with it.
  ASSERT_TRUE(store_->Delete({child.ref}).ok());
  EXPECT_FALSE(store_->Find("Deployment/default/child")->deleting);
  ASSERT_TRUE(store_->DeleteChildren(DeploymentRef("web")).ok());
  EXPECT_TRUE(store_->Find("Deployment/default/child")->deleting);
}

TEST_F(ObjectStoreTest, WhatItsControllerLeftIsAnybodys) {
  Candidate child = Deployment("child", 1);
  child.parent = "Deployment/default/web";
  EXPECT_EQ(Accept(Deployment("web", 1)), Outcome::kAccepted);
  ASSERT_TRUE(store_->Make({child}).ok());
  ASSERT_TRUE(store_->Delete({DeploymentRef("web")}).ok());
  ASSERT_TRUE(store_->Forget(DeploymentRef("web")).ok());
  EXPECT_FALSE(store_->IsKept(*store_->Find("Deployment/default/child")));
  EXPECT_EQ(Accept(Deployment("child", 1, 5)), Outcome::kAccepted);
  EXPECT_EQ(Replicas("child"), 5);
  EXPECT_EQ(store_->Find("Deployment/default/child")->parent, "");
}

// A Deployment whose replicas are steered: `value`, or with `set` false where it starts.
Candidate Steered(const std::string& name, uint64_t generation, int value, bool set) {
  const ObjectRef ref = DeploymentRef(name);
  const std::vector<SteeredLeaf> steered = {{"/spec/replicas", std::to_string(value), set}};
  Admitted admitted = Admit(ref, DeploymentWithoutReplicas(name), {}, steered);
  EXPECT_TRUE(admitted.problems.empty());
  return {ref, generation, "owner", admitted.json, admitted.spec, SeededOf(steered)};
}

TEST_F(ObjectStoreTest, ASeedIsOnlyForAnObjectThatIsMadeNow) {
  Accept(Steered("web", 1, 3, false));
  EXPECT_EQ(Replicas("web"), 3);
  Accept(Steered("web", 2, 4, false));
  EXPECT_EQ(Replicas("web"), 3);
  Reopen();
  EXPECT_EQ(Replicas("web"), 3);
}

TEST_F(ObjectStoreTest, WhatIsSetStaysWhenOnlyASeedIsSaid) {
  Accept(Steered("web", 1, 3, false));
  Accept(Steered("web", 2, 7, true));
  EXPECT_EQ(Replicas("web"), 7);
  Accept(Steered("web", 3, 3, false));
  EXPECT_EQ(Replicas("web"), 7);
  Accept(Steered("web", 4, 0, true));
  EXPECT_EQ(Replicas("web"), 0);
}

// From a scaler to a steerer, and back.
TEST_F(ObjectStoreTest, ALeafThatIsHandedOverKeepsItsValue) {
  Accept(Deployment("web", 1, 5));
  Accept(Steered("web", 2, 1, false));
  EXPECT_EQ(Replicas("web"), 5);
  Accept(Deployment("web", 3, 6));
  EXPECT_EQ(Replicas("web"), 6);
}

TEST_F(ObjectStoreTest, ALeafThatNobodyGivesAValueFallsToTheDefault) {
  Accept(Steered("web", 1, 5, true));
  Candidate silent = Deployment("web", 2);
  const Admitted admitted = Admit(silent.ref, DeploymentWithoutReplicas("web"), {});
  silent.json = admitted.json;
  silent.spec = admitted.spec;
  Accept(silent);
  EXPECT_EQ(Replicas("web"), 1);
  // It has that, whatever a seed says afterwards.
  Accept(Steered("web", 3, 4, false));
  EXPECT_EQ(Replicas("web"), 1);
}

TEST_F(ObjectStoreTest, TheSameGenerationChangesNoSteeredLeaf) {
  Accept(Steered("web", 1, 3, true));
  Accept(Steered("web", 1, 4, true));
  EXPECT_EQ(Replicas("web"), 3);
  EXPECT_EQ(changes_.size(), 1u);
}

TEST_F(ObjectStoreTest, WhatWasAcceptedIsThereAfterARestart) {
  Accept(Deployment("web", 7, 3));
  Accept(Deployment("old", 1));
  ASSERT_TRUE(store_->Delete({DeploymentRef("old")}).ok());
  Reopen();
  EXPECT_EQ(Replicas("web"), 3);
  const ObjectPtr web = store_->Find("Deployment/default/web");
  EXPECT_EQ(web->generation, 7u);
  EXPECT_EQ(web->owner, "owner");
  EXPECT_TRUE(store_->Find("Deployment/default/old")->deleting);
}

TEST_F(ObjectStoreTest, AnObjectThatIsBeingDeletedTakesNothingUntilItIsGone) {
  Accept(Deployment("web", 1));
  ASSERT_TRUE(store_->Delete({DeploymentRef("web"), DeploymentRef("nobody")}).ok());
  EXPECT_EQ(Accept(Deployment("web", 2)), Outcome::kFailed);
  ASSERT_TRUE(store_->Forget(DeploymentRef("web")).ok());
  EXPECT_EQ(store_->Find("Deployment/default/web"), nullptr);
  EXPECT_EQ(Accept(Deployment("web", 1)), Outcome::kAccepted);
  EXPECT_EQ(changes_,
            (std::vector<std::string>{"Deployment/default/web", "Deployment/default/web deleting",
                                      "Deployment/default/web gone", "Deployment/default/web"}));
}

TEST_F(ObjectStoreTest, OnlyAnObjectMarkedForDeletionIsForgotten) {
  Accept(Deployment("web", 1));
  ASSERT_TRUE(store_->Forget(DeploymentRef("web")).ok());
  EXPECT_EQ(Replicas("web"), 1);
}

TEST_F(ObjectStoreTest, OneRequestMayNameAnObjectTwice) {
  const auto acceptances =
      store_->Accept({Deployment("web", 2, 2), Deployment("web", 1, 1), Deployment("web", 3, 3)});
  EXPECT_EQ(acceptances[0].outcome, Outcome::kAccepted);
  EXPECT_EQ(acceptances[1].outcome, Outcome::kOutdated);
  EXPECT_EQ(acceptances[2].outcome, Outcome::kAccepted);
  Reopen();
  EXPECT_EQ(Replicas("web"), 3);
}

TEST_F(ObjectStoreTest, RemembersSettings) {
  EXPECT_EQ(*store_->ReadSetting("engine"), "");
  ASSERT_TRUE(store_->WriteSetting("engine", "/run/a").ok());
  ASSERT_TRUE(store_->WriteSetting("engine", "/run/b").ok());
  Reopen();
  EXPECT_EQ(*store_->ReadSetting("engine"), "/run/b");
}

}  // namespace
}  // namespace weft::local
