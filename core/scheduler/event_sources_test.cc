// What happens to an application is told, from wherever it is known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/scheduler/testing.h"
#include "core/store/keys.h"

namespace weft::scheduler {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class EventSourcesTest : public testing::Test {
 protected:
  void SetUp() override { core_.StartScheduler(); }

  void ApplyShop(const std::string& image = "site:1") {
    const core::v1::ApplyResponse response = core_.Apply({ComponentText(image), ApplicationText()});
    ASSERT_EQ(response.changes_size(), 2) << response.DebugString();
  }
  void ApplyHealthyShop() {
    ApplyShop();
    ASSERT_TRUE(core_.AwaitSettled(common::v1::VERDICT_HEALTHY));
  }
  // The platform says something new of a pod of the shop.
  void Stir(const std::string& container = "a") {
    runtime::v1::Projection pod;
    *pod.mutable_ref() = Ref("Pod", "front-0");
    *pod.mutable_controller() = Ref("Deployment", "front");
    pod.set_owner("default/shop/front");
    pod.set_status(R"({"containerStatuses":[{"containerID":")" + container + R"("}],"stir":)" +
                   std::to_string(++stirs_) + "}");
    core_.runtime.Say(pod);
  }
  // Waits until an event is told that begins so.
  bool Tells(const std::string& beginning) {
    if (!core_.events.Read("default", "shop").ok()) return false;
    const bool told = Await([&] {
      for (const std::string& line : core_.EventsOf())
        if (line.starts_with(beginning)) return true;
      return false;
    });
    EXPECT_TRUE(told) << beginning << "\n" << testing::PrintToString(core_.EventsOf());
    return told;
  }

  TestCore core_;
  int stirs_ = 0;
};

TEST_F(EventSourcesTest, WhatUsersDid) {
  ApplyHealthyShop();
  ApplyShop();  // Changes nothing.
  ApplyShop("site:2");
  core::v1::RollbackRequest back;
  back.set_namespace_("default");
  back.set_name("shop");
  ASSERT_TRUE(core_.admission().Rollback(back, {.name = "user/ann"}).ok());
  ASSERT_TRUE(core_.AwaitSettled(common::v1::VERDICT_HEALTHY));
  core_.runtime.HoldDeletions();
  ASSERT_TRUE(core_.admission().Delete("default", "shop", {.name = "user"}).ok());
  ASSERT_TRUE(core_.admission().Delete("default", "shop", {.name = "user/bob"}).ok());
  core_.runtime.EndDeletions();
  ASSERT_TRUE(Tells("Deleted  x1: everything that was made for it is gone (runtime/local)"));
  EXPECT_THAT(
      core_.EventsOf(),
      AllOf(Contains("Created  x1: generation 1 ()"), Contains("Updated  x1: generation 2 ()"),
            Contains("RolledBack  x1: generation 3, as it was at generation 1 (user/ann)"),
            Contains("Deleting  x1: its deletion was asked for (user)")));
  EXPECT_THAT(Keys(core_.store, store::kDepartures), ElementsAre("departure/default/shop"));
  ApplyHealthyShop();
  EXPECT_THAT(Keys(core_.store, store::kDepartures), ElementsAre());
  EXPECT_TRUE(Tells("Created  x2"));
}

TEST_F(EventSourcesTest, WhatTheRuntimeRefusesOrFailsToDo) {
  core_.runtime.SetAway(true);  // So that an apply is not refused before it is stored.
  ApplyShop();
  EXPECT_TRUE(Tells("ApplyFailed  x2: the runtime: the platform is away (runtime/local)"));
  core_.runtime.SetOutcome(kFront, runtime::v1::APPLY_OUTCOME_FAILED, "busy");
  core_.runtime.SetAway(false);
  EXPECT_TRUE(Tells("ApplyFailed front x3: busy (runtime/local)"));
  core_.runtime.SetOutcome(kFront, runtime::v1::APPLY_OUTCOME_REFUSED, "no room");
  EXPECT_TRUE(Tells("Refused front x1: no room (runtime/local)"));
}

TEST_F(EventSourcesTest, WhatOthersDidOnThePlatform) {
  core_.runtime.SayDigests();
  ApplyHealthyShop();
  for (int i = 1; i <= 3; ++i) {
    core_.runtime.Edit(kFront, "/spec/replicas", "kubectl-edit");
    ASSERT_TRUE(Tells("Corrected front x" + std::to_string(i) +
                      ": /spec/replicas was changed on the platform by kubectl-edit, and put "
                      "right (writer/kubectl-edit)"));
  }
  EXPECT_TRUE(Tells("Contested front x1: /spec/replicas is left to kubectl-edit"));
  ASSERT_TRUE(core_.AwaitSettled(common::v1::VERDICT_HEALTHY));
  core_.runtime.Lose(kFront);
  EXPECT_TRUE(Tells("Missing front x1: went from the platform, and is made again"));
}

TEST_F(EventSourcesTest, WhatIsMadeOrDeletedHereIsNotMissing) {
  ApplyHealthyShop();
  ApplyShop("site:2");
  ASSERT_TRUE(core_.AwaitSettled(common::v1::VERDICT_HEALTHY));
  ASSERT_TRUE(core_.admission().Delete("default", "shop").ok());
  ASSERT_TRUE(Tells("Deleted"));
  EXPECT_THAT(core_.EventsOf(), Not(Contains(StartsWith("Missing"))));
}

TEST_F(EventSourcesTest, HowInstancesDo) {
  ApplyHealthyShop();
  EXPECT_TRUE(Tells("Healthy default/shop/front x1: Said (provider/web)"));
  core_.verdict = common::v1::VERDICT_DEGRADED;
  Stir();
  EXPECT_TRUE(Tells("Degraded default/shop/front x1: Said (provider/web)"));
  core_.verdict = common::v1::VERDICT_FAILED;
  Stir();
  EXPECT_TRUE(Tells("Failed default/shop/front x1: Said (provider/web)"));
  core_.verdict = common::v1::VERDICT_HEALTHY;
  Stir();
  EXPECT_TRUE(Tells("Healthy default/shop/front x2: Said (provider/web)"));
  // A core that starts again knows how they did.
  core_.StartScheduler();
  Stir();
  ASSERT_TRUE(core_.AwaitSettled(common::v1::VERDICT_HEALTHY));
  EXPECT_TRUE(Tells("Healthy default/shop/front x2"));
}

TEST_F(EventSourcesTest, ContainersThatAreStartedAgain) {
  ApplyHealthyShop();
  Stir("a");
  ASSERT_TRUE(Await([&] { return core_.Status().components(0).pods_size() == 1; }));
  ASSERT_TRUE(core_.AwaitSettled(common::v1::VERDICT_HEALTHY));
  Stir("b");
  EXPECT_TRUE(Tells("Restarted front-0 x1: a container ended and was started again ()"));
}

TEST_F(EventSourcesTest, ProvidersThatCannotBeAsked) {
  ApplyHealthyShop();
  core_.SetConnected(*core_.web, "web", false);
  Stir();
  EXPECT_TRUE(Tells("ProviderUnavailable default/shop/front x1: the provider web "));
  core_.SetConnected(*core_.web, "web", true);
  EXPECT_TRUE(Tells("ProviderAvailable default/shop/front x1: the provider web answers again"));
  EXPECT_THAT(core_.EventsOf(), Not(Contains(HasSubstr("Unknown"))));
}

}  // namespace
}  // namespace weft::scheduler
