#include "core/scheduler/finalizer.h"

#include <gmock/gmock.h>
#include <optional>

#include "absl/strings/str_cat.h"
#include "core/scheduler/leaving.h"
#include "core/scheduler/records.h"
#include "core/scheduler/testing.h"
#include "core/store/keys.h"

namespace weft::scheduler {
namespace {

namespace pb = ::weft::provider::v1;
using common::v1::VERDICT_DEGRADED;
using common::v1::VERDICT_HEALTHY;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kShop[] = "default/shop";
constexpr char kQueue[] = "{name: queue}";
constexpr char kQueueKey[] = "default/shop/front/queue#0";
constexpr char kScalerKey[] = "default/shop/front/scaler#0";
constexpr char kNotYet[] = "its time has not come";
constexpr char kConfig[] = "v1|ConfigMap|default|front-queue";

pb::FinalizeResponse Wait(const std::string& message, absl::Duration retry = absl::Seconds(30)) {
  pb::FinalizeResponse response;
  response.set_outcome(pb::FINALIZE_OUTCOME_WAIT);
  response.set_message(message);
  response.mutable_retry_after()->set_seconds(absl::ToInt64Seconds(retry));
  return response;
}

pb::FinalizeResponse DoneAnswer() {
  pb::FinalizeResponse response;
  response.set_outcome(pb::FINALIZE_OUTCOME_DONE);
  return response;
}

// A core whose workload type and whose traits "scaler" and "queue" finalize; "queue" comes after
// "scaler" and makes a ConfigMap. Each instance waits until a test says something else.
class FinalizerTest : public testing::Test {
 protected:
  void SetUp() override {
    pb::DescribeResponse web = DescriptionOf(*core_.web);
    web.mutable_capabilities(0)->add_features(pb::FEATURE_FINALIZE);
    Redescribe(*core_.web, "web", web);
    pb::DescribeResponse traits = DescriptionOf(*core_.traits);
    traits.mutable_capabilities(0)->add_features(pb::FEATURE_FINALIZE);
    pb::Capability* queue = traits.add_capabilities();
    queue->set_kind(pb::CAPABILITY_KIND_TRAIT);
    queue->set_type("queue");
    queue->add_applies_to("*");
    queue->add_after("scaler");
    queue->add_features(pb::FEATURE_FINALIZE);
    pb::Write* write = queue->add_writes();
    write->set_api_version("v1");
    write->set_kind("ConfigMap");
    write->set_mode(pb::WRITE_MODE_CREATE);
    core_.traits->render_trait =
        [others = core_.traits->render_trait](
            const pb::RenderTraitRequest& request) -> absl::StatusOr<pb::RenderResponse> {
      if (request.instance().type() != "queue") return others(request);
      pb::RenderResponse response;
      response.set_outcome(pb::OUTCOME_READY);
      response.set_artifact(request.expected_artifact());
      pb::Part* part = response.add_parts();
      *part->mutable_object() = Ref("ConfigMap", request.instance().name() + "-queue");
      part->set_operation(pb::PART_OPERATION_MERGE);
      part->set_json(R"({"data":{"queue":"orders"}})");
      return response;
    };
    Redescribe(*core_.traits, "traits", traits);
    core_.web->finalize = core_.traits->finalize = [this](const pb::FinalizeRequest& request) {
      return Answer(request);
    };
  }

  static pb::DescribeResponse DescriptionOf(mesh::FakeProvider& provider) {
    pb::DescribeResponse description;
    provider.Describe({}, [&](const auto& answer) { description = *answer; });
    return description;
  }
  void Redescribe(mesh::FakeProvider& provider, const std::string& name,
                  const pb::DescribeResponse& description) {
    core_.SetConnected(provider, name, false);
    provider.SetDescription(description);
    core_.SetConnected(provider, name, true);
  }

  absl::StatusOr<pb::FinalizeResponse> Answer(const pb::FinalizeRequest& request) {
    std::lock_guard lock(mutex_);
    asked_.push_back(request);
    const auto answer = answers_.find(request.instance().key());
    return answer == answers_.end() ? Wait(kNotYet) : answer->second;
  }
  // What the provider says of an instance from now on; lets it be asked.
  void Say(const std::string& instance, const absl::StatusOr<pb::FinalizeResponse>& answer) {
    {
      std::lock_guard lock(mutex_);
      answers_[instance] = answer;
    }
    AskAgain();
  }
  void AskAgain() {
    core_.Skip(Finalizer::kAgainLatest);
    core_.scheduler().Touch(kShop);
  }
  std::vector<pb::FinalizeRequest> Asked() {
    std::lock_guard lock(mutex_);
    return asked_;
  }
  // The instances that were asked for, each once, in the order of the first question.
  std::vector<std::string> Order() {
    std::vector<std::string> keys;
    for (const pb::FinalizeRequest& request : Asked()) {
      const std::string& key = request.instance().key();
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
    }
    return keys;
  }

  void Apply(const std::string& traits, const std::string& image = "site:1") {
    const auto response = core_.Apply({ComponentText(image), ApplicationText(traits)});
    ASSERT_THAT(Brief(response), IsEmpty());
  }
  bool Has(const std::string& object) {
    return testing::Value(core_.runtime.Objects(), Contains(testing::StartsWith(object)));
  }
  // Waits until its provider said that it has to wait.
  bool AwaitAsked(const std::string& instance) {
    return Await([&] {
      const core::v1::Application status = core_.Status();
      return !Order().empty() && Order().back() == instance &&
             std::any_of(status.leaving().begin(), status.leaving().end(),
                         [&](const auto& leaving) {
                           return leaving.key() == instance && leaving.message() == kNotYet;
                         });
    });
  }
  bool AwaitGone(const std::string& object) {
    return Await([&] { return !Has(object); });
  }
  // "TYPE: MESSAGE", with "BLOCKED " before it.
  std::vector<std::string> Leaving() {
    std::vector<std::string> leaving;
    const core::v1::Application status = core_.Status();
    for (const auto& instance : status.leaving())
      leaving.push_back(absl::StrCat(instance.blocked() ? "BLOCKED " : "", instance.type(), ": ",
                                     instance.message()));
    return leaving;
  }
  bool AwaitLeaving(const std::vector<std::string>& expected) {
    const bool came = Await([&] { return Leaving() == expected; });
    EXPECT_THAT(Leaving(), testing::ElementsAreArray(expected));
    return came;
  }
  store::v1::ApplicationRecord Record() {
    return ReadApplication(core_.store, "default", "shop")->record;
  }
  absl::Status Delete(bool force = false) {
    return core_.admission().Delete("default", "shop", {}, force);
  }
  bool AwaitDeparted() {
    return Await([&] { return Keys(core_.store, "application/").empty(); });
  }

  std::mutex mutex_;
  std::map<std::string, absl::StatusOr<pb::FinalizeResponse>> answers_;
  std::vector<pb::FinalizeRequest> asked_;
  TestCore core_;
};

TEST_F(FinalizerTest, WhatARemovedTraitMadeStaysUntilItsProviderSaysDone) {
  core_.StartScheduler();
  Apply(kQueue);
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  Say(kQueueKey, Wait("2 messages are left"));
  EXPECT_THAT(Asked(), IsEmpty()) << "nobody leaves";
  Apply("", "site:2");
  ASSERT_TRUE(AwaitLeaving({"queue: 2 messages are left"}));
  // What is still wanted changes at once.
  EXPECT_TRUE(
      Await([&] { return core_.runtime.JsonOf(kFront).find("site:2") != std::string::npos; }));
  EXPECT_TRUE(Has(kConfig));
  EXPECT_FALSE(core_.Status().settled());
  const pb::FinalizeRequest request = Asked().front();
  EXPECT_EQ(request.instance().type(), "queue");
  EXPECT_EQ(request.shape().kind(), "Deployment");
  EXPECT_THAT(request.objects(), SizeIs(2));
  EXPECT_THAT(request.observed(), SizeIs(2));
  EXPECT_TRUE(request.has_now());
  EXPECT_TRUE(request.has_since());
  EXPECT_TRUE(Await([&] { return Record().leaving(0).message() == "2 messages are left"; }));
  // It is put right as ever.
  core_.runtime.Lose(kConfig);
  EXPECT_TRUE(Await([&] { return Has(kConfig); }));
  Say(kQueueKey, DoneAnswer());
  ASSERT_TRUE(AwaitGone(kConfig));
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  EXPECT_THAT(Leaving(), IsEmpty());
  EXPECT_THAT(Keys(core_.store, store::DesiredPrefix("default", "shop")), SizeIs(1));
  EXPECT_THAT(Keys(core_.store, store::InventoryPrefix("default", "shop")), SizeIs(1));
}

TEST_F(FinalizerTest, ATypeThatDoesNotFinalizeIsNeverAsked) {
  core_.StartScheduler();
  Apply("{name: reader}");
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  Apply("");
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  EXPECT_THAT(Asked(), IsEmpty());
  // Nor one that does not any more.
  Apply(kQueue);
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  pb::DescribeResponse traits = DescriptionOf(*core_.traits);
  traits.mutable_capabilities(2)->clear_features();
  Redescribe(*core_.traits, "traits", traits);
  Apply("");
  ASSERT_TRUE(AwaitGone(kConfig));
  EXPECT_THAT(Asked(), IsEmpty());
}

TEST_F(FinalizerTest, TraitsGoBeforeTheirWorkloadAndInReverseOfAfter) {
  core_.StartScheduler();
  const std::string both = "{name: scaler, properties: {replicas: 3}}, {name: queue}";
  core_.Apply({ComponentText(),
               ApplicationText(both) + "    - {componentName: site, instanceName: back}\n"});
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  std::string back = ApplicationText("", "shop", "back");
  core_.Apply({back});
  ASSERT_TRUE(AwaitLeaving({"example.org/v1.Web: goes after queue of front",
                            "queue: its time has not come", "scaler: goes after queue of front"}));
  EXPECT_THAT(Order(), ElementsAre(kQueueKey));
  Say(kQueueKey, DoneAnswer());
  ASSERT_TRUE(AwaitAsked(kScalerKey));
  EXPECT_TRUE(Has(kConfig)) << "everything of a component goes together";
  EXPECT_TRUE(Has(kFront));
  Say(kScalerKey, DoneAnswer());
  ASSERT_TRUE(AwaitAsked("default/shop/front"));
  EXPECT_TRUE(Has(kConfig));
  EXPECT_TRUE(Has(kFront));
  Say("default/shop/front", DoneAnswer());
  EXPECT_TRUE(AwaitGone(kConfig));
  EXPECT_TRUE(AwaitGone(kFront));
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  EXPECT_THAT(core_.runtime.Objects(), ElementsAre(HasSubstr("back")));
}

TEST_F(FinalizerTest, ADeletedApplicationIsKeptAsItIsUntilAllAreDone) {
  core_.StartScheduler();
  Apply(kQueue);
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  ASSERT_TRUE(Delete().ok());
  ASSERT_TRUE(AwaitAsked(kQueueKey));
  core_.runtime.Lose(kFront);
  EXPECT_TRUE(Await([&] { return Has(kFront); }));
  EXPECT_EQ(core_.Status().health().reason(), "Deleting");
  ASSERT_TRUE(Delete().ok());
  EXPECT_EQ(Record().leaving_size(), 2) << "idempotent";
  Say(kQueueKey, DoneAnswer());
  ASSERT_TRUE(AwaitAsked("default/shop/front"));
  EXPECT_TRUE(Has(kFront) && Has(kConfig));
  core_.StartScheduler();
  Say("default/shop/front", DoneAnswer());
  ASSERT_TRUE(AwaitDeparted());
  EXPECT_THAT(core_.runtime.Objects(), IsEmpty());
  EXPECT_THAT(Keys(core_.store, "desired/"), IsEmpty());
}

TEST_F(FinalizerTest, WithoutItsProviderItIsBlockedAndGoesOnWhenThatIsBack) {
  core_.StartScheduler();
  Apply(kQueue);
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  core_.SetConnected(*core_.traits, "traits", false);
  Apply("");
  ASSERT_TRUE(AwaitLeaving({"queue: the provider traits does not answer at unix:/none"}));
  core_.Skip(absl::Minutes(9));
  core_.scheduler().Touch(kShop);
  EXPECT_FALSE(core_.Status().leaving(0).blocked());
  core_.Skip(absl::Minutes(1));
  core_.scheduler().Touch(kShop);
  ASSERT_TRUE(AwaitLeaving({"BLOCKED queue: the provider traits does not answer at unix:/none"}));
  EXPECT_EQ(core_.Status().health().verdict(), VERDICT_DEGRADED);
  EXPECT_EQ(core_.Status().health().message(),
            "queue of front: the provider traits does not answer at unix:/none");
  const std::string event =
      absl::StrCat("FinalizeBlocked ", kQueueKey,
                   " x1: the provider traits has not let it go for 10 min: the provider traits "
                   "does not answer at unix:/none (provider/traits)");
  ASSERT_TRUE(Await([&] { return testing::Value(core_.EventsOf(), Contains(event)); }));
  core_.StartScheduler();  // Nor is it told again by another core.
  AskAgain();
  ASSERT_TRUE(Await([&] { return !core_.Status().problems_size() && !Leaving().empty(); }));
  EXPECT_THAT(core_.EventsOf(), Contains(event));
  EXPECT_TRUE(Has(kConfig));
  Say(kQueueKey, DoneAnswer());
  core_.SetConnected(*core_.traits, "traits", true);
  ASSERT_TRUE(AwaitGone(kConfig));
  EXPECT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
}

TEST_F(FinalizerTest, ForceAsksNobodyAlsoOfOneThatIsBeingDeleted) {
  core_.StartScheduler();
  Apply(kQueue);
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  ASSERT_TRUE(Delete().ok());
  ASSERT_TRUE(AwaitAsked(kQueueKey));
  ASSERT_TRUE(Delete(/*force=*/true).ok());
  ASSERT_TRUE(AwaitDeparted());
  EXPECT_THAT(core_.runtime.Objects(), IsEmpty());
  EXPECT_THAT(core_.EventsOf(), Contains(HasSubstr("its deletion was forced")));
  Apply(kQueue);
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  const size_t asked = Asked().size();
  ASSERT_TRUE(Delete(/*force=*/true).ok());
  ASSERT_TRUE(AwaitDeparted());
  EXPECT_EQ(Asked().size(), asked);
}

TEST_F(FinalizerTest, OneThatComesBackDoesNotLeaveAnyMore) {
  core_.StartScheduler();
  Apply(kQueue);
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  Apply("");
  ASSERT_TRUE(AwaitAsked(kQueueKey));
  Apply(kQueue);
  ASSERT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
  EXPECT_THAT(Leaving(), IsEmpty());
  EXPECT_THAT(core_.runtime.Objects(), Contains(absl::StrCat(kConfig, " generation 1")));
  // What was said of the first time does not count for the second.
  core_.Skip(absl::Seconds(1));
  Apply("");
  ASSERT_TRUE(Await([&] {
    return Asked().back().since().SerializeAsString() !=
           Asked().front().since().SerializeAsString();
  }));
  EXPECT_TRUE(Has(kConfig));
}

TEST_F(FinalizerTest, WhatIsHeldIsNoPartOfARevision) {
  core_.StartScheduler();
  Apply(kQueue);
  Apply("", "site:2");
  Apply("", "site:3");
  ASSERT_TRUE(AwaitAsked(kQueueKey));
  core::v1::RollbackRequest request;
  request.set_namespace_("default");
  request.set_name("shop");
  request.set_generation(2);
  ASSERT_TRUE(core_.admission().Rollback(request).ok());
  EXPECT_THAT(Leaving(), SizeIs(1));
  Say(kQueueKey, DoneAnswer());
  ASSERT_TRUE(AwaitGone(kConfig));
  EXPECT_TRUE(core_.AwaitSettled(VERDICT_HEALTHY));
}

// The rest is asked of the object itself, without a scheduler.
class FinalizerAloneTest : public FinalizerTest {
 protected:
  void SetUp() override {
    FinalizerTest::SetUp();
    Apply(kQueue);
    Apply("");
    observed_.complete = true;
    now_ = absl::Now();
  }
  std::unique_ptr<Finalizer> Make() {
    return std::make_unique<Finalizer>(
        core_.store, core_.providers(), core_.events, [](const std::string&) {},
        [this] { return now_; });
  }
  absl::Duration Ask(Finalizer& finalizer) {
    return finalizer.Ask(Record(), *ReadInventory(core_.store, "default", "shop"), observed_);
  }
  void Set(const std::string& instance, const absl::StatusOr<pb::FinalizeResponse>& answer) {
    std::lock_guard lock(mutex_);
    answers_.insert_or_assign(instance, answer);
  }
  bool IsWanted(const std::string& object) {
    return ReadInventory(core_.store, "default", "shop")->at(object).wanted();
  }

  absl::Time now_;
  Observed::View observed_;
};

TEST_F(FinalizerAloneTest, ADoneThatWasNotStoredIsAskedForAgain) {
  Set(kQueueKey, DoneAnswer());
  auto finalizer = Make();
  Ask(*finalizer);
  EXPECT_THAT(Asked(), SizeIs(1));
  finalizer = Make();
  ASSERT_TRUE(finalizer->Store(kShop).ok());
  EXPECT_TRUE(IsWanted(kConfig));
  Ask(*finalizer);
  EXPECT_THAT(Asked(), SizeIs(2));
  ASSERT_TRUE(finalizer->Store(kShop).ok());
  EXPECT_FALSE(IsWanted(kConfig));
  EXPECT_TRUE(IsWanted(kFront));
  EXPECT_THAT(Record().leaving(), IsEmpty());
  EXPECT_EQ(Record().generation(), 2);
  finalizer = Make();
  ASSERT_TRUE(finalizer->Store(kShop).ok());
  EXPECT_EQ(Ask(*finalizer), absl::InfiniteDuration());
  EXPECT_THAT(Asked(), SizeIs(2));
}

TEST_F(FinalizerAloneTest, ADoneOfAnEarlierTimeLetsNobodyGo) {
  Set(kQueueKey, DoneAnswer());
  auto finalizer = Make();
  Ask(*finalizer);
  Apply(kQueue);
  const auto before = Record();
  ASSERT_TRUE(finalizer->Store(kShop).ok());
  EXPECT_EQ(Record().instances(0).traits_size(), 1);
  EXPECT_TRUE(IsWanted(kConfig));
  EXPECT_EQ(Record().SerializeAsString(), before.SerializeAsString());
}

TEST_F(FinalizerAloneTest, NobodyIsAskedWhileItIsNotKnownWhatIsOnThePlatform) {
  auto finalizer = Make();
  observed_.complete = false;
  Ask(*finalizer);
  EXPECT_THAT(Asked(), IsEmpty());
  EXPECT_EQ(finalizer->WaitsFor(Record().leaving(0), Record(), observed_),
            "it is not known what is on the platform");
}

TEST_F(FinalizerAloneTest, IsAskedAgainInTimeOrWhenThePlatformSaysSomethingNew) {
  const std::vector<std::pair<absl::Duration, absl::Duration>> cases = {
      {absl::ZeroDuration(), absl::Seconds(1)},
      {absl::Seconds(7), absl::Seconds(7)},
      {absl::Hours(1), absl::Minutes(1)}};
  auto finalizer = Make();
  size_t asked = 0;
  for (const auto& [said, kept] : cases) {
    Set(kQueueKey, Wait("more", said));
    EXPECT_LE(Ask(*finalizer), absl::Minutes(10));
    EXPECT_THAT(Asked(), SizeIs(++asked));
    EXPECT_EQ(Ask(*finalizer), kept);
    EXPECT_THAT(Asked(), SizeIs(asked));
    now_ += kept;
  }
  Ask(*finalizer);
  EXPECT_THAT(Asked(), SizeIs(++asked));
  observed_.objects[kFront].set_owner("default/shop/front");
  Ask(*finalizer);
  EXPECT_THAT(Asked(), SizeIs(++asked));
}

TEST_F(FinalizerAloneTest, AFailureIsTriedAgainWithABackOffThatDoubles) {
  Set(kQueueKey, absl::UnavailableError("it is away"));
  auto finalizer = Make();
  for (const int seconds : {1, 2, 4, 8, 16, 32, 60, 60}) {
    const size_t asked = Asked().size();
    Ask(*finalizer);
    ASSERT_THAT(Asked(), SizeIs(asked + 1));
    const absl::Duration again = Ask(*finalizer);
    EXPECT_LE(again, absl::Seconds(seconds));
    EXPECT_GE(again, absl::Seconds(seconds) * 4 / 5);
    now_ += again;
  }
  EXPECT_EQ(finalizer->WaitsFor(Record().leaving(0), Record(), observed_),
            "the provider traits failed: it is away");
  const size_t asked = Asked().size();
  Ask(*finalizer);
  finalizer->RetryFailed();
  Ask(*finalizer);
  EXPECT_THAT(Asked(), SizeIs(asked + 2));
}

TEST_F(FinalizerAloneTest, ThatItIsBlockedIsToldOnceByAnyCore) {
  Set(kQueueKey, Wait("2 messages are left"));
  auto finalizer = Make();
  Ask(*finalizer);
  now_ += kBlockedAfter;
  Ask(*finalizer);
  Ask(*finalizer);
  finalizer = Make();
  Ask(*finalizer);
  Ask(*finalizer);
  EXPECT_THAT(core_.EventsOf(),
              Contains("FinalizeBlocked " + std::string(kQueueKey) +
                       " x1: the provider traits has not let it go for 10 min: 2 messages are "
                       "left (provider/traits)"));
}

}  // namespace
}  // namespace weft::scheduler
