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
    auto store =
        ObjectStore::Open(directory_ + "/db", [this](const ObjectRef& ref, const ObjectPtr& now) {
          changes_.push_back(KeyOf(ref) + (now == nullptr  ? " gone"
                                           : now->deleting ? " deleting"
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
