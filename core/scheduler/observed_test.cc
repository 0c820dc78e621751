#include "core/scheduler/observed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/scheduler/testing.h"
#include "core/store/object_key.h"

namespace weft::scheduler {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

runtime::v1::Projection Projection(const common::v1::ObjectRef& ref, const std::string& owner) {
  runtime::v1::Projection projection;
  *projection.mutable_ref() = ref;
  projection.set_owner(owner);
  return projection;
}

runtime::v1::Projection Pod(const std::string& name) {
  runtime::v1::Projection pod = Projection(Ref("Pod", name), "default/shop/front");
  *pod.mutable_controller() = Ref("Deployment", "front");
  return pod;
}

class ObservedTest : public testing::Test {
 protected:
  void List(const std::vector<std::string>& deployments, bool complete = true) {
    observed_.Begin();
    for (const std::string& name : deployments)
      observed_.Update(Projection(Ref("Deployment", name), "default/shop/" + name));
    observed_.Synced(complete);
  }
  std::vector<std::string> Objects(const std::string& application = "default/shop") {
    std::vector<std::string> names;
    for (const auto& [key, projection] : observed_.Of(application).objects)
      names.push_back(projection.ref().name());
    return names;
  }
  std::set<std::string> Gone() { return observed_.Of("default/shop").gone; }

  Observed observed_;
};

TEST_F(ObservedTest, KeepsWhatDoesNotSayWhoseItIs) {
  EXPECT_EQ(observed_.Update(Projection(Ref("Deployment", "odd"), "")), "");
  const std::string key = store::ObjectKey(Ref("Deployment", "odd"));
  EXPECT_THAT(observed_.Objects(), ElementsAre(key));
  ASSERT_TRUE(observed_.Find(key).has_value());
  EXPECT_EQ(observed_.Find(key)->ref().name(), "odd");
  EXPECT_EQ(observed_.Remove(Ref("Deployment", "odd")), "");
  EXPECT_THAT(observed_.Objects(), IsEmpty());
  EXPECT_FALSE(observed_.Find(key).has_value());
}

TEST_F(ObservedTest, KeepsTheLatestOfEachObjectByApplication) {
  runtime::v1::Projection front = Projection(Ref("Deployment", "front"), "default/shop/front");
  EXPECT_EQ(observed_.Update(front), "default/shop");
  front.set_generation(2);
  EXPECT_EQ(observed_.Update(front), "default/shop");
  observed_.Update(Projection(Ref("Deployment", "other"), "default/blog/other"));
  EXPECT_THAT(Objects(), ElementsAre("front"));
  EXPECT_EQ(observed_.Of("default/shop").objects.at(kFront).generation(), 2u);
  EXPECT_THAT(Objects("default/blog"), ElementsAre("other"));
}

TEST_F(ObservedTest, TakesNothingThatBelongsToNoApplication) {
  EXPECT_EQ(observed_.Update(Projection(Ref("Deployment", "front"), "")), "");
  EXPECT_EQ(observed_.Update(Projection(Ref("Deployment", "front"), "someone")), "");
  EXPECT_EQ(observed_.Remove(Ref("Deployment", "never-seen")), "");
}

TEST_F(ObservedTest, IsCompleteFromSyncedUntilTheWatchIsLost) {
  EXPECT_FALSE(observed_.Of("default/shop").complete);
  List({"front"});
  EXPECT_TRUE(observed_.Of("default/shop").complete);
  EXPECT_TRUE(observed_.Of("default/none").complete);
  observed_.Lost();
  EXPECT_FALSE(observed_.Of("default/shop").complete);
  EXPECT_THAT(Objects(), ElementsAre("front"));
  List({"front"}, /*complete=*/false);
  EXPECT_FALSE(observed_.Of("default/shop").complete);
}

TEST_F(ObservedTest, DropsWhatANewListDoesNotHave) {
  List({"back", "front"});
  observed_.DeletionTaken("default/shop", "apps/v1|Deployment|default|back");
  List({"front"});
  EXPECT_THAT(Objects(), ElementsAre("front"));
  EXPECT_THAT(Gone(), ElementsAre("apps/v1|Deployment|default|back"));
}

TEST_F(ObservedTest, ALostWatchDropsNothing) {
  List({"back", "front"});
  observed_.Begin();
  observed_.Lost();
  EXPECT_THAT(Objects(), ElementsAre("back", "front"));
  EXPECT_THAT(Gone(), IsEmpty());
}

TEST_F(ObservedTest, AListThatIsCompletedLaterDropsWhatItNeverHad) {
  List({"back", "front", "side"});
  List({"front"}, /*complete=*/false);
  EXPECT_THAT(Objects(), ElementsAre("back", "front", "side"));
  observed_.Update(Projection(Ref("Deployment", "side"), "default/shop/side"));
  observed_.Synced(/*complete=*/true);
  EXPECT_THAT(Objects(), ElementsAre("front", "side"));
}

TEST_F(ObservedTest, RemembersWhatIsGoneUntilThatIsDealtWith) {
  List({"front"});
  observed_.DeletionTaken("default/shop", kFront);
  EXPECT_EQ(observed_.Remove(Ref("Deployment", "front")), "default/shop");
  EXPECT_THAT(Objects(), IsEmpty());
  EXPECT_THAT(Gone(), ElementsAre(kFront));
  observed_.ForgetGone("default/shop", kFront);
  EXPECT_THAT(Gone(), IsEmpty());
}

// The event may be about an earlier life of what is there.
TEST_F(ObservedTest, WhatGoesBeforeItsDeletionWasTakenIsNotKnownToBeGone) {
  List({"front"});
  observed_.Remove(Ref("Deployment", "front"));
  observed_.DeletionTaken("default/shop", kFront);
  EXPECT_THAT(Gone(), IsEmpty());
}

TEST_F(ObservedTest, WhatIsAppliedAgainIsNotGoneByAnEventThatComesLate) {
  List({"front"});
  observed_.DeletionTaken("default/shop", kFront);
  observed_.ForgetGone("default/shop", kFront);
  observed_.Remove(Ref("Deployment", "front"));
  EXPECT_THAT(Gone(), IsEmpty());
}

TEST_F(ObservedTest, WhatComesBackIsNotGone) {
  List({"front"});
  observed_.DeletionTaken("default/shop", kFront);
  observed_.Remove(Ref("Deployment", "front"));
  observed_.Update(Projection(Ref("Deployment", "front"), "default/shop/front"));
  EXPECT_THAT(Gone(), IsEmpty());
}

// It may have come back while nobody listened.
TEST_F(ObservedTest, WhatWasGoneBeforeTheWatchWasLostIsNotKnownToBe) {
  List({"front"});
  observed_.DeletionTaken("default/shop", kFront);
  observed_.Remove(Ref("Deployment", "front"));
  observed_.Lost();
  EXPECT_THAT(Gone(), IsEmpty());
}

TEST_F(ObservedTest, DoesNotRememberPodsThatAreGone) {
  List({"front"});
  for (int i = 0; i < 3; ++i) {
    observed_.Update(Pod("front-" + std::to_string(i)));
    EXPECT_EQ(observed_.Remove(Ref("Pod", "front-" + std::to_string(i))), "default/shop");
  }
  EXPECT_THAT(Objects(), ElementsAre("front"));
  EXPECT_THAT(Gone(), IsEmpty());
}

TEST_F(ObservedTest, AnObjectMovesWithItsOwner) {
  List({"front"});
  EXPECT_EQ(observed_.Update(Projection(Ref("Deployment", "front"), "default/blog/front")),
            "default/blog");
  EXPECT_THAT(Objects(), IsEmpty());
  EXPECT_THAT(Objects("default/blog"), ElementsAre("front"));
}

TEST_F(ObservedTest, ForgetsAnApplication) {
  List({"back", "front"});
  observed_.DeletionTaken("default/shop", "apps/v1|Deployment|default|back");
  observed_.Remove(Ref("Deployment", "back"));
  observed_.Forget("default/shop");
  EXPECT_THAT(Objects(), IsEmpty());
  EXPECT_THAT(Gone(), IsEmpty());
  EXPECT_EQ(observed_.Remove(Ref("Deployment", "front")), "");
}

}  // namespace
}  // namespace weft::scheduler
