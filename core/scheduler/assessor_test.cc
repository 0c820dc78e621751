#include "core/scheduler/assessor.h"

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/mesh/providers.h"
#include "core/scheduler/testing.h"
#include "core/store/keys.h"
#include "core/store/memory_store.h"

namespace weft::scheduler {
namespace {

namespace pb = ::weft::provider::v1;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kShop[] = "default/shop";
constexpr char kWorkload[] = "default/shop/front";
constexpr char kTrait[] = "default/shop/front/scaler#0";

// A provider that answers when a test says so. Thread-safe.
class HeldProvider final : public mesh::ProviderStub {
 public:
  void Describe(pb::DescribeRequest, mesh::Callback<pb::DescribeResponse> done) override {
    pb::DescribeResponse description;
    description.add_protocol_versions("v1");
    done(description);
  }
  void RenderWorkload(pb::RenderWorkloadRequest, mesh::Callback<pb::RenderResponse> done) override {
    done(absl::UnimplementedError("it only assesses"));
  }
  void RenderTrait(pb::RenderTraitRequest, mesh::Callback<pb::RenderResponse> done) override {
    done(absl::UnimplementedError("it only assesses"));
  }
  void AssessWorkload(pb::AssessRequest request, mesh::Callback<pb::AssessResponse> done) override {
    calls_.push_back({request, std::move(done)});
  }
  void AssessTrait(pb::AssessRequest request, mesh::Callback<pb::AssessResponse> done) override {
    calls_.push_back({request, std::move(done)});
  }
  void WorkloadTimeline(pb::TimelineRequest, mesh::Callback<pb::TimelineResponse> done) override {
    done(absl::UnimplementedError("it only assesses"));
  }
  void TraitTimeline(pb::TimelineRequest, mesh::Callback<pb::TimelineResponse> done) override {
    done(absl::UnimplementedError("it only assesses"));
  }
  void FinalizeWorkload(pb::FinalizeRequest, mesh::Callback<pb::FinalizeResponse> done) override {
    done(absl::UnimplementedError("it only assesses"));
  }
  void FinalizeTrait(pb::FinalizeRequest, mesh::Callback<pb::FinalizeResponse> done) override {
    done(absl::UnimplementedError("it only assesses"));
  }
  bool Connected() override { return true; }

  // The instances of the calls that wait.
  std::vector<std::string> Waiting() const {
    std::vector<std::string> keys;
    for (const Call& call : calls_) keys.push_back(call.request.instance().key());
    return keys;
  }
  const pb::AssessRequest& first() const { return calls_.front().request; }
  void Answer(const std::string& reason, absl::Duration recheck = absl::ZeroDuration()) {
    pb::AssessResponse response;
    *response.mutable_health() = MakeHealth(common::v1::VERDICT_HEALTHY, reason);
    response.mutable_recheck_after()->set_seconds(recheck / absl::Seconds(1));
    response.mutable_recheck_after()->set_nanos(
        static_cast<int32_t>(recheck % absl::Seconds(1) / absl::Nanoseconds(1)));
    Finish(response);
  }
  void Fail() { Finish(absl::DeadlineExceededError("too slow")); }

 private:
  struct Call {
    pb::AssessRequest request;
    mesh::Callback<pb::AssessResponse> done;
  };
  void Finish(absl::StatusOr<pb::AssessResponse> answer) {
    const Call call = std::move(calls_.front());
    calls_.pop_front();
    call.done(std::move(answer));
  }
  std::deque<Call> calls_;  // The tests use one thread.
};

class AssessorTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = "/tmp/weft_assessor_XXXXXX";
    directory_ = mkdtemp(pattern.data());
    std::ofstream(directory_ + "/web.yaml") << "name: web\naddress: unix:/none\n";
    providers_ = std::make_unique<mesh::Providers>(mesh::Providers::Options{
        .directory = directory_,
        .store = &store_,
        .connect = [this](const mesh::ProviderConfig&) { return provider_; },
        .on_change = [] {}});
    providers_->Start();
    assessor_ = MakeAssessor();
    record_.set_name_space("default");
    record_.set_name("shop");
    store::v1::InstanceRecord* instance = record_.add_instances();
    instance->mutable_instance()->set_key(kWorkload);
    instance->set_provider("web");
    instance->set_assesses(true);
    *instance->add_objects() = Ref("Deployment", "front");
    inventory_[kFront].set_generation(1);
    SetStatus("1");
  }
  void TearDown() override {
    while (!provider_->Waiting().empty()) provider_->Fail();
    assessor_.reset();
    providers_.reset();
    std::filesystem::remove_all(directory_);
  }
  std::unique_ptr<Assessor> MakeAssessor() {
    return std::make_unique<Assessor>(store_, *providers_, events_,
                                      [this](const std::string& application) {
                                        EXPECT_EQ(application, kShop);
                                        ++verdicts_;
                                      });
  }
  void AddTrait(const std::string& provider = "web") {
    store::v1::TraitRecord* trait = record_.mutable_instances(0)->add_traits();
    trait->mutable_instance()->set_key(kTrait);
    trait->set_provider(provider);
    trait->set_assesses(true);
  }
  // What the platform says of the Deployment.
  void SetStatus(const std::string& status) {
    runtime::v1::Projection& projection = observed_.objects[kFront];
    *projection.mutable_ref() = Ref("Deployment", "front");
    projection.set_owner(kWorkload);
    projection.set_generation(1);
    projection.set_up_to_date(true);
    projection.set_status(status);
  }
  absl::Duration Assess() { return assessor_->Assess(record_, inventory_, observed_); }
  Opinion Of(const std::string& instance = kWorkload) { return assessor_->Of(kShop, instance); }
  bool StatusIsStored() { return store_.Get(store::StatusKey("default", "shop")).ok(); }

  std::string directory_;
  store::MemoryStore store_;
  Events events_{store_};
  std::shared_ptr<HeldProvider> provider_ = std::make_shared<HeldProvider>();
  std::unique_ptr<mesh::Providers> providers_;
  std::unique_ptr<Assessor> assessor_;
  std::atomic<int> verdicts_ = 0;
  store::v1::ApplicationRecord record_;
  Inventory inventory_;
  Observed::View observed_;
};

TEST_F(AssessorTest, AsksOnceForWhatIsObserved) {
  AddTrait();
  EXPECT_FALSE(Of().known);
  EXPECT_EQ(Assess(), absl::InfiniteDuration());
  EXPECT_THAT(provider_->Waiting(), ElementsAre(kWorkload, kTrait));
  provider_->Answer("Fine");
  provider_->Answer("Scaled");
  EXPECT_EQ(verdicts_, 2);
  EXPECT_TRUE(Of().known);
  EXPECT_TRUE(Of().current);
  EXPECT_EQ(Of().health.reason(), "Fine");
  EXPECT_EQ(Of(kTrait).health.reason(), "Scaled");
  EXPECT_EQ(Assess(), absl::InfiniteDuration());
  EXPECT_THAT(provider_->Waiting(), IsEmpty());
}

TEST_F(AssessorTest, AsksAgainWhenWhatIsObservedChanged) {
  Assess();
  provider_->Answer("Fine");
  SetStatus("2");
  Assess();
  EXPECT_THAT(provider_->Waiting(), ElementsAre(kWorkload));
  EXPECT_TRUE(Of().known);
  EXPECT_FALSE(Of().current);
  provider_->Answer("Better");
  EXPECT_EQ(Of().health.reason(), "Better");
  EXPECT_TRUE(Of().current);
}

TEST_F(AssessorTest, ShowsAProviderOnlyWhatBelongsToItsInstance) {
  SetStatus("1");
  runtime::v1::Projection& pod = observed_.objects["v1|Pod|default|front-1"];
  *pod.mutable_ref() = Ref("Pod", "front-1");
  *pod.mutable_controller() = Ref("Deployment", "front");
  pod.set_owner(kWorkload);
  pod.set_up_to_date(true);
  observed_.objects["other"].set_owner("default/shop/other");
  Assess();
  const pb::AssessRequest& request = provider_->first();
  ASSERT_EQ(request.observed_size(), 2);
  EXPECT_EQ(request.objects(0).name(), "front");
  EXPECT_EQ(request.observed(0).status(), "1");
  EXPECT_TRUE(request.observed(0).up_to_date());
  EXPECT_TRUE(request.observed(1).up_to_date());
  EXPECT_EQ(request.observed(1).controller().name(), "front");
  EXPECT_TRUE(request.has_now());
}

TEST_F(AssessorTest, WhatThePlatformSaysOfAnOlderGenerationIsNotUpToDate) {
  inventory_[kFront].set_generation(2);
  Assess();
  EXPECT_FALSE(provider_->first().observed(0).up_to_date());
}

// Else an application that was just changed would be taken for settled and healthy.
TEST_F(AssessorTest, TellsOfLeavesThatAnActionHolds) {
  for (const bool released : {false, true}) {
    store::v1::ClaimRecord* claim = inventory_[kFront].add_claims();
    claim->set_pointer(released ? "/spec/paused" : "/spec/replicas");
    claim->set_value("5");
    claim->set_reason("job morning");
    claim->set_released(released);
  }
  Assess();
  ASSERT_EQ(provider_->first().steered_size(), 1);
  const pb::SteeredValue& steered = provider_->first().steered(0);
  EXPECT_EQ(steered.object().name(), "front");
  EXPECT_EQ(steered.pointer(), "/spec/replicas");
  EXPECT_EQ(steered.value(), "5");
  EXPECT_EQ(steered.reason(), "job morning");
}

TEST_F(AssessorTest, AVerdictOnWhatChangedMeanwhileIsNotCurrent) {
  Assess();
  SetStatus("2");
  Assess();
  EXPECT_THAT(provider_->Waiting(), ElementsAre(kWorkload));  // Still the first.
  provider_->Answer("Fine");
  EXPECT_TRUE(Of().known);
  EXPECT_FALSE(Of().current);
  Assess();
  EXPECT_THAT(provider_->Waiting(), ElementsAre(kWorkload));
  provider_->Answer("Better");
  EXPECT_TRUE(Of().current);
}

TEST_F(AssessorTest, AsksAgainAfterTheTimeThatAProviderSays) {
  Assess();
  provider_->Answer("Fine", absl::Hours(1));
  const absl::Duration again = Assess();
  EXPECT_GT(again, absl::Minutes(59));
  EXPECT_LE(again, absl::Hours(1));
  EXPECT_THAT(provider_->Waiting(), IsEmpty());
  EXPECT_TRUE(Of().current);

  SetStatus("2");
  Assess();
  provider_->Answer("Fine", absl::Nanoseconds(1));
  Assess();
  EXPECT_THAT(provider_->Waiting(), ElementsAre(kWorkload));
  EXPECT_TRUE(Of().current);  // Nothing changed.
}

TEST_F(AssessorTest, NothingIsDueWhileACallIsUnderWay) {
  Assess();
  provider_->Answer("Fine", absl::Nanoseconds(1));
  Assess();
  ASSERT_THAT(provider_->Waiting(), ElementsAre(kWorkload));
  EXPECT_EQ(Assess(), absl::InfiniteDuration());
}

TEST_F(AssessorTest, AFailureKeepsTheLastVerdictAndIsRetriedLater) {
  Assess();
  provider_->Answer("Fine");
  SetStatus("2");
  Assess();
  provider_->Fail();
  EXPECT_EQ(verdicts_, 2);
  EXPECT_EQ(Of().health.reason(), "Fine");
  EXPECT_EQ(Of().failure, "failed: too slow");
  EXPECT_FALSE(Of().current);
  const absl::Duration again = Assess();
  EXPECT_GT(again, absl::ZeroDuration());
  EXPECT_LE(again, absl::Milliseconds(500));
  EXPECT_THAT(provider_->Waiting(), IsEmpty());
}

TEST_F(AssessorTest, WhatFailedIsAskedAtOnceWhenAProviderChanged) {
  Assess();
  provider_->Fail();
  Assess();
  EXPECT_THAT(provider_->Waiting(), IsEmpty());
  assessor_->RetryFailed();
  Assess();
  EXPECT_THAT(provider_->Waiting(), ElementsAre(kWorkload));
}

TEST_F(AssessorTest, AnAnswerEndsAFailure) {
  Assess();
  provider_->Fail();
  ASSERT_TRUE(Await([&] {
    Assess();
    return !provider_->Waiting().empty();
  }));
  provider_->Answer("Fine");
  EXPECT_EQ(Of().failure, "");
  EXPECT_TRUE(Of().current);
}

TEST_F(AssessorTest, AProviderThatIsNotConfiguredIsAFailureOfItsInstancesOnly) {
  AddTrait("nobody");
  Assess();
  EXPECT_THAT(provider_->Waiting(), ElementsAre(kWorkload));
  provider_->Answer("Fine");
  EXPECT_EQ(Of(kTrait).failure, "failed: the provider nobody is not configured");
  EXPECT_TRUE(Of().current);
}

TEST_F(AssessorTest, RemembersVerdictsAcrossARestart) {
  Assess();
  provider_->Answer("Fine");
  assessor_ = MakeAssessor();
  Assess();
  EXPECT_TRUE(Of().known);
  EXPECT_FALSE(Of().current);
  EXPECT_EQ(Of().health.reason(), "Fine");
  EXPECT_THAT(provider_->Waiting(), ElementsAre(kWorkload));
}

TEST_F(AssessorTest, AnInstanceThatLeftHasNoOpinion) {
  AddTrait();
  Assess();
  provider_->Answer("Fine");
  provider_->Answer("Scaled");
  record_.mutable_instances(0)->clear_traits();
  Assess();
  EXPECT_FALSE(Of(kTrait).known);
  EXPECT_TRUE(Of().known);
}

TEST_F(AssessorTest, WhatDoesNotAssessIsNeverAsked) {
  record_.mutable_instances(0)->set_assesses(false);
  EXPECT_EQ(Assess(), absl::InfiniteDuration());
  EXPECT_THAT(provider_->Waiting(), IsEmpty());
}

TEST_F(AssessorTest, AVerdictOnAForgottenApplicationIsDropped) {
  Assess();
  assessor_->Forget(kShop);
  provider_->Answer("Fine");
  EXPECT_FALSE(Of().known);
  EXPECT_FALSE(StatusIsStored());
}

// The application leaves the store a moment before it is forgotten.
TEST_F(AssessorTest, LeavesNothingInTheStoreOfAForgottenApplication) {
  Assess();
  provider_->Answer("Fine");
  ASSERT_TRUE(StatusIsStored());
  assessor_->Forget(kShop);
  EXPECT_FALSE(StatusIsStored());
}

}  // namespace
}  // namespace weft::scheduler
