#include "core/scheduler/live_instances.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/scheduler/instances_testing.h"

namespace weft::scheduler {
namespace {

using core::v1::LiveInstance;
using testing::ElementsAre;
using testing::IsEmpty;

class LiveInstancesTest : public testing::Test {
 protected:
  std::vector<LiveInstance> Make(const std::set<std::string>& types = {"cron"}) {
    provider::v1::Target target;
    target.set_runtime("local");
    target.set_platform("docker");
    return MakeLiveInstances({.record = record_,
                              .inventory = inventory_,
                              .desired = desired_,
                              .reports = reports_,
                              .observed = observed_,
                              .target = target},
                             types);
  }
  void Say(const common::v1::ObjectRef& ref, const std::string& status, bool deleting = false,
           const std::string& owner = kWorkload) {
    runtime::v1::Projection& to = observed_.objects[store::ObjectKey(ref)];
    *to.mutable_ref() = ref;
    to.set_owner(owner);
    to.set_status(status);
    to.set_deleting(deleting);
  }
  store::v1::ClaimRecord& Claim(const std::string& value) {
    store::v1::ClaimRecord& claim = *inventory_[kFront].add_claims();
    claim.set_pointer("/spec/replicas");
    claim.set_owner(kCron);
    claim.set_value(value);
    claim.set_epoch(3);
    claim.set_sequence(7);
    return claim;
  }

  store::v1::ApplicationRecord record_ = MakeLiveApplication("shop", R"({"at":"08:00"})");
  Inventory inventory_ = {{kFront, MakeSteeredInventory()}};
  std::map<std::string, store::v1::DesiredRecord> desired_ = {{kFront, MakeSteeredDesired()}};
  std::map<std::string, store::v1::ReportRecord> reports_;
  Observed::View observed_;
};

TEST_F(LiveInstancesTest, TellsTheInstancesOfTheTypesThatWereAskedFor) {
  const std::vector<LiveInstance> crons = Make();
  ASSERT_EQ(crons.size(), 1U);
  EXPECT_EQ(crons[0].instance().key(), kCron);
  EXPECT_EQ(crons[0].instance().properties(), R"({"at":"08:00"})");
  EXPECT_EQ(crons[0].target().platform(), "docker");
  EXPECT_EQ(crons[0].shape().scale(), "/spec/replicas");
  EXPECT_EQ(Make({"cron", "Web"}).size(), 2U);
  EXPECT_THAT(Make({"other"}), IsEmpty());
  EXPECT_TRUE(HasInstances(record_, {"Web"}));
  EXPECT_FALSE(HasInstances(record_, {"other"}));
}

TEST_F(LiveInstancesTest, NothingLivesInAnApplicationThatIsBeingDeleted) {
  record_.set_deleting(true);
  EXPECT_THAT(Make(), IsEmpty());
}

TEST_F(LiveInstancesTest, AttachedIsTheInstancesOwnTimeOrElseTheApplications) {
  EXPECT_EQ(Make()[0].attached().seconds(), 1);
  record_.mutable_instances(0)->mutable_traits(0)->set_attached_unix_ms(3250);
  EXPECT_EQ(Make()[0].attached().seconds(), 3);
  EXPECT_EQ(Make()[0].attached().nanos(), 250000000);
}

TEST_F(LiveInstancesTest, ASteeredLeafHasItsSeedAndTheLastActionThatCounts) {
  LiveInstance live = Make()[0];
  ASSERT_EQ(live.steered_size(), 1);
  EXPECT_EQ(live.steered(0).pointer(), "/spec/replicas");
  EXPECT_EQ(live.steered(0).object().name(), "front");
  EXPECT_EQ(live.steered(0).seed(), "2");
  EXPECT_EQ(live.steered(0).value(), "");
  EXPECT_FALSE(live.steered(0).has_as_of());
  store::v1::ClaimRecord& claim = Claim("5");
  live = Make()[0];
  EXPECT_EQ(live.steered(0).value(), "5");
  EXPECT_EQ(live.steered(0).as_of().epoch(), 3U);
  EXPECT_EQ(live.steered(0).as_of().sequence(), 7U);
  claim.set_released(true);
  EXPECT_EQ(Make()[0].steered(0).value(), "");
}

TEST_F(LiveInstancesTest, ALeafThatAnotherOrThePlatformSteersIsNotToldOf) {
  desired_[kFront].mutable_steered(0)->set_owner(kWorkload);
  EXPECT_EQ(Make()[0].steered_size(), 0);
  EXPECT_EQ(Make({"Web"})[0].steered_size(), 1);
  desired_[kFront].mutable_steered(0)->set_by(provider::v1::STEERING_PLATFORM);
  EXPECT_EQ(Make({"Web"})[0].steered_size(), 0);
}

TEST_F(LiveInstancesTest, ReplicasAreThoseOfThePrimaryObjectsStatus) {
  const auto replicas = [&] {
    const LiveInstance live = Make()[0];
    return std::pair(live.replicas(), live.ready_replicas());
  };
  EXPECT_EQ(replicas(), std::pair(int64_t{-1}, int64_t{-1}));
  Say(Ref("Service", "front"), R"({"replicas":9})");
  Say(Ref("Deployment", "back"), R"({"replicas":9})", false, "default/shop/back");
  Say(Ref("Deployment", "front"), "{}");
  EXPECT_EQ(replicas(), std::pair(int64_t{-1}, int64_t{-1}));
  Say(Ref("Deployment", "front"), R"({"observedGeneration":1,"replicas":3,"readyReplicas":2})");
  EXPECT_EQ(replicas(), std::pair(int64_t{3}, int64_t{2}));
  Say(Ref("Deployment", "front"), R"({"observedGeneration":2})");  // As Kubernetes writes none.
  EXPECT_EQ(replicas(), std::pair(int64_t{0}, int64_t{0}));
  record_.mutable_instances(0)->mutable_shape()->clear_scale();
  EXPECT_EQ(replicas(), std::pair(int64_t{-1}, int64_t{-1}));
}

TEST_F(LiveInstancesTest, PodsAreTheWorkloadsWithWhetherTheyTakeWork) {
  const std::string ready = R"({"podIP":"10.0.0.1","containerStatuses":[{"ready":true}]})";
  Say(Ref("Pod", "b"), ready);
  Say(Ref("Pod", "a"),
      R"({"podIP":"10.0.0.2","containerStatuses":[{"ready":true},{"ready":false}]})");
  Say(Ref("Pod", "c"), ready, /*deleting=*/true);
  Say(Ref("Pod", "d"), "{}");
  Say(Ref("Pod", "e"), ready, false, "default/shop/back");
  const LiveInstance live = Make()[0];
  std::vector<std::string> pods;
  for (const core::v1::Pod& pod : live.pods())
    pods.push_back(absl::StrCat(pod.name(), " ", pod.ip(), pod.ready() ? " ready" : ""));
  EXPECT_THAT(pods, ElementsAre("a 10.0.0.2", "b 10.0.0.1 ready", "c 10.0.0.1", "d "));
}

TEST_F(LiveInstancesTest, TheAddressIsThatOfTheServiceThatBearsTheInstancesName) {
  const auto address = [&] { return Make()[0].address(); };
  EXPECT_EQ(address(), "");
  Say(Ref("Service", "front-metrics"), R"({"clusterIP":"10.96.0.8"})");
  Say(Ref("Service", "front"), "{}");
  EXPECT_EQ(address(), "");
  Say(Ref("Service", "front"), R"({"clusterIP":"10.96.0.7"})");
  EXPECT_EQ(address(), "10.96.0.7");
}

TEST_F(LiveInstancesTest, GivesBackWhatWasReported) {
  reports_[kCron].set_state("memo");
  reports_[kWorkload].set_state("other");
  EXPECT_EQ(Make()[0].state(), "memo");
}

}  // namespace
}  // namespace weft::scheduler
