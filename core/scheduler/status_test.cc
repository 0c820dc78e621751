#include "core/scheduler/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/scheduler/testing.h"
#include "core/store/object_key.h"

namespace weft::scheduler {
namespace {

using common::v1::Verdict;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kWorkload[] = "default/shop/front";
constexpr char kTrait[] = "default/shop/front/scaler#0";

// An application of one workload with one trait, all accepted and healthy: what each test changes.
class StatusTest : public testing::Test {
 protected:
  void SetUp() override {
    record_.set_name_space("default");
    record_.set_name("shop");
    record_.set_generation(4);
    record_.set_created_unix_ms(1500);
    store::v1::InstanceRecord* instance = record_.add_instances();
    instance->mutable_instance()->set_key(kWorkload);
    instance->mutable_instance()->set_name("front");
    instance->mutable_instance()->set_type("example.org/v1.Web");
    instance->set_component_name("site");
    instance->set_revision(2);
    instance->set_provider("web");
    instance->set_assesses(true);
    *instance->add_objects() = Ref("Deployment", "front");
    store::v1::TraitRecord* trait = instance->add_traits();
    trait->mutable_instance()->set_key(kTrait);
    trait->mutable_instance()->set_type("scaler");
    trait->set_provider("traits");
    trait->set_assesses(true);
    store::v1::InventoryRecord& object = inventory_[kFront];
    *object.mutable_ref() = Ref("Deployment", "front");
    object.set_generation(3);
    object.set_accepted(3);
    object.set_wanted(true);
    observed_.complete = true;
    SetVerdict(kWorkload, common::v1::VERDICT_HEALTHY);
    SetVerdict(kTrait, common::v1::VERDICT_HEALTHY);
  }
  void SetVerdict(const std::string& key, Verdict verdict, const std::string& message = "") {
    Opinion& opinion = opinions_[key];
    opinion = Opinion();
    opinion.known = true;
    opinion.current = true;
    opinion.health = MakeHealth(verdict, "Said");
    opinion.health.set_message(message);
  }
  core::v1::Application Make() const {
    return MakeStatus({.record = record_,
                       .inventory = inventory_,
                       .desired = desired_,
                       .observed = observed_,
                       .problems = problems_,
                       .pending = pending_,
                       .opinion = [this](const std::string& key) { return opinions_.at(key); },
                       .reports = reports_,
                       .why_away =
                           [this](const std::string& provider) {
                             const auto away = away_.find(provider);
                             return away == away_.end() ? "" : away->second;
                           },
                       .latest_revision = [](const std::string&) { return int64_t{5}; }});
  }
  void AddPod(const std::string& name, const std::string& status) {
    runtime::v1::Projection& pod = observed_.objects["v1|Pod|default|" + name];
    *pod.mutable_ref() = Ref("Pod", name);
    pod.set_owner(kWorkload);
    pod.set_status(status);
  }
  // The one pod of a status in which the platform says `status` of it.
  core::v1::PodStatus PodWith(const std::string& status) {
    AddPod("front-1", status);
    const core::v1::Application application = Make();
    EXPECT_EQ(application.components(0).pods_size(), 1);
    return application.components(0).pods(0);
  }

  store::v1::ApplicationRecord record_;
  Inventory inventory_;
  std::map<std::string, store::v1::DesiredRecord> desired_;
  Observed::View observed_;
  std::vector<std::string> problems_;
  std::map<std::string, store::v1::ReportRecord> reports_;
  bool pending_ = false;
  std::map<std::string, Opinion> opinions_;
  std::map<std::string, std::string> away_;
};

TEST_F(StatusTest, SaysWhatIsStored) {
  const core::v1::Application status = Make();
  EXPECT_EQ(status.name(), "shop");
  EXPECT_EQ(status.generation(), 4);
  EXPECT_EQ(status.created().seconds(), 1);
  EXPECT_EQ(status.created().nanos(), 500000000);
  ASSERT_EQ(status.components_size(), 1);
  const core::v1::ComponentStatus& component = status.components(0);
  EXPECT_EQ(component.instance_name(), "front");
  EXPECT_EQ(component.component_name(), "site");
  EXPECT_EQ(component.revision(), 2);
  EXPECT_EQ(component.latest_revision(), 5);
  EXPECT_EQ(component.workload_type(), "example.org/v1.Web");
  ASSERT_EQ(component.objects_size(), 1);
  EXPECT_EQ(component.objects(0).ref().name(), "front");
  EXPECT_TRUE(component.objects(0).accepted());
  ASSERT_EQ(component.traits_size(), 1);
  EXPECT_EQ(component.traits(0).type(), "scaler");
  EXPECT_TRUE(status.settled());
  EXPECT_EQ(status.health().verdict(), common::v1::VERDICT_HEALTHY);
}

TEST_F(StatusTest, IsSettledOnlyWhenEverythingIs) {
  const struct {
    const char* name;
    std::function<void()> unsettle;
  } kCases[] = {
      {"something waits to be looked at", [this] { pending_ = true; }},
      {"there is a problem", [this] { problems_ = {"the runtime is away"}; }},
      {"the view is not complete", [this] { observed_.complete = false; }},
      {"an object is not accepted", [this] { inventory_[kFront].set_accepted(2); }},
      {"an object is still to go", [this] { inventory_[kFront].set_wanted(false); }},
      {"a verdict is about something before", [this] { opinions_[kWorkload].current = false; }},
      {"a trait's verdict is about something before",
       [this] { opinions_[kTrait].current = false; }},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    record_.Clear();
    SetUp();
    problems_.clear();
    pending_ = false;
    ASSERT_TRUE(Make().settled());
    c.unsettle();
    EXPECT_FALSE(Make().settled());
  }
}

TEST_F(StatusTest, IsAsBadAsItsWorstPart) {
  constexpr Verdict kHealthy = common::v1::VERDICT_HEALTHY,
                    kProgressing = common::v1::VERDICT_PROGRESSING,
                    kUnknown = common::v1::VERDICT_UNKNOWN,
                    kDegraded = common::v1::VERDICT_DEGRADED, kFailed = common::v1::VERDICT_FAILED;
  const Verdict kFromBestToWorst[] = {kHealthy, kProgressing, kUnknown, kDegraded, kFailed};
  for (const Verdict workload : kFromBestToWorst) {
    for (const Verdict trait : kFromBestToWorst) {
      SetVerdict(kWorkload, workload);
      SetVerdict(kTrait, trait);
      EXPECT_EQ(Make().health().verdict(), IsWorse(trait, workload) ? trait : workload);
    }
  }
  for (size_t i = 0; i < std::size(kFromBestToWorst); ++i) {
    for (size_t j = 0; j < std::size(kFromBestToWorst); ++j)
      EXPECT_EQ(IsWorse(kFromBestToWorst[i], kFromBestToWorst[j]), i > j);
  }
  EXPECT_FALSE(IsWorse(static_cast<Verdict>(77), kUnknown));
  EXPECT_TRUE(IsWorse(static_cast<Verdict>(77), kProgressing));
}

TEST_F(StatusTest, NamesThePartThatIsWorst) {
  SetVerdict(kWorkload, common::v1::VERDICT_PROGRESSING, "1 of 3");
  EXPECT_EQ(Make().health().message(), "front: 1 of 3");
  SetVerdict(kTrait, common::v1::VERDICT_FAILED, "no metrics");
  EXPECT_EQ(Make().health().message(), "scaler of front: no metrics");
  EXPECT_EQ(Make().health().reason(), "Said");
}

TEST_F(StatusTest, AWorkloadWhoseProviderIsAwayKeepsItsVerdictMarkedStale) {
  away_["web"] = "the provider web does not answer";
  const core::v1::Application status = Make();
  EXPECT_EQ(status.components(0).health().verdict(), common::v1::VERDICT_HEALTHY);
  EXPECT_TRUE(status.components(0).stale());
  EXPECT_EQ(status.components(0).stale_reason(), "the provider web does not answer");
  EXPECT_TRUE(status.settled());  // What the verdict speaks of has not changed.
}

TEST_F(StatusTest, AWorkloadThatNobodyEverJudgedIsUnknownWhileItsProviderIsAway) {
  opinions_[kWorkload] = {};
  EXPECT_EQ(Make().components(0).health().verdict(), common::v1::VERDICT_PROGRESSING);
  away_["web"] = "the provider web does not answer";
  const core::v1::ComponentStatus component = Make().components(0);
  EXPECT_EQ(component.health().verdict(), common::v1::VERDICT_UNKNOWN);
  EXPECT_EQ(component.health().message(), "the provider web does not answer");
  EXPECT_FALSE(component.stale());
}

TEST_F(StatusTest, ATraitWhoseProviderIsAwayIsUnknown) {
  away_["traits"] = "the provider traits does not answer";
  const core::v1::Application status = Make();
  EXPECT_EQ(status.components(0).health().verdict(), common::v1::VERDICT_HEALTHY);
  EXPECT_FALSE(status.components(0).stale());
  EXPECT_EQ(status.components(0).traits(0).health().verdict(), common::v1::VERDICT_UNKNOWN);
  EXPECT_EQ(status.components(0).traits(0).health().message(),
            "the provider traits does not answer");
  EXPECT_EQ(status.health().verdict(), common::v1::VERDICT_UNKNOWN);
}

TEST_F(StatusTest, ACallThatFailsIsAReasonToo) {
  opinions_[kWorkload].failure = "failed: deadline exceeded";
  opinions_[kTrait].failure = "failed: bad bytes";
  const core::v1::ComponentStatus component = Make().components(0);
  EXPECT_EQ(component.stale_reason(), "the provider web failed: deadline exceeded");
  EXPECT_EQ(component.traits(0).health().message(), "the provider traits failed: bad bytes");
}

TEST_F(StatusTest, ATypeThatDoesNotAssessIsHealthyOnceAccepted) {
  record_.mutable_instances(0)->set_assesses(false);
  record_.mutable_instances(0)->mutable_traits(0)->set_assesses(false);
  opinions_.clear();  // Nobody asks for them.
  EXPECT_EQ(Make().health().verdict(), common::v1::VERDICT_HEALTHY);
  inventory_[kFront].set_accepted(2);
  EXPECT_EQ(Make().components(0).health().verdict(), common::v1::VERDICT_PROGRESSING);
  EXPECT_EQ(Make().components(0).health().reason(), "NotAccepted");
}

TEST_F(StatusTest, ATypeThatDoesNotAssessIsAsItsProviderReported) {
  store::v1::TraitRecord* trait = record_.mutable_instances(0)->mutable_traits(0);
  trait->set_assesses(false);
  reports_[kTrait].set_state("seen");
  EXPECT_EQ(Make().components(0).traits(0).health().reason(), "NotAssessed");
  *reports_[kTrait].mutable_health() = MakeHealth(common::v1::VERDICT_DEGRADED, "QuotaLow");
  EXPECT_EQ(Make().components(0).traits(0).health().reason(), "QuotaLow");
  EXPECT_EQ(Make().health().verdict(), common::v1::VERDICT_DEGRADED);
  trait->set_assesses(true);
  EXPECT_EQ(Make().components(0).traits(0).health().reason(), "Said");
}

TEST_F(StatusTest, AnObjectThatIsRefusedSaysWhy) {
  inventory_[kFront].set_accepted(2);
  inventory_[kFront].set_problem("refused: no such image");
  const core::v1::ObjectStatus object = Make().components(0).objects(0);
  EXPECT_FALSE(object.accepted());
  EXPECT_EQ(object.message(), "refused: no such image");
}

TEST_F(StatusTest, AnApplicationThatIsDeletedIsNeverSettled) {
  record_.set_deleting(true);
  inventory_[kFront].set_wanted(false);
  SetVerdict(kWorkload, common::v1::VERDICT_FAILED);
  const core::v1::Application status = Make();
  EXPECT_TRUE(status.deleting());
  EXPECT_FALSE(status.settled());
  EXPECT_EQ(status.health().verdict(), common::v1::VERDICT_PROGRESSING);
  EXPECT_EQ(status.health().reason(), "Deleting");
}

TEST_F(StatusTest, ShowsThePodsOfEachInstanceByName) {
  AddPod("front-2", "{}");
  AddPod("front-1", "{}");
  AddPod("other-1", "{}");
  observed_.objects["v1|Pod|default|other-1"].set_owner("default/shop/other");
  const core::v1::ComponentStatus front = Make().components(0);
  std::vector<std::string> names;
  for (const core::v1::PodStatus& pod : front.pods()) names.push_back(pod.name());
  EXPECT_THAT(names, ElementsAre("front-1", "front-2"));
}

TEST_F(StatusTest, ReadsARunningPod) {
  const core::v1::PodStatus pod = PodWith(R"({"phase":"Running","podIP":"10.1.0.4",
    "containerStatuses":[
      {"containerID":"docker://abc","ready":true,"restartCount":2,
       "state":{"running":{"startedAt":"2026-01-02T03:04:05.5Z"}}},
      {"containerID":"docker://def","ready":true,"restartCount":1}]})");
  EXPECT_EQ(pod.phase(), "Running");
  EXPECT_EQ(pod.ip(), "10.1.0.4");
  EXPECT_TRUE(pod.ready());
  EXPECT_EQ(pod.restarts(), 3);
  EXPECT_EQ(pod.container_id(), "docker://abc");
  EXPECT_EQ(pod.started().seconds(), 1767323045);
  EXPECT_EQ(pod.started().nanos(), 500000000);
  EXPECT_EQ(pod.reason(), "");
}

TEST_F(StatusTest, ReadsWhyAPodDoesNotRun) {
  const struct {
    const char* name;
    const char* status;
    const char* reason;
    const char* message;
  } kCases[] = {
      {"it waits",
       R"({"containerStatuses":[{"ready":true},{"ready":false,
         "state":{"waiting":{"reason":"ImagePullBackOff","message":"no such image"}}}]})",
       "ImagePullBackOff", "no such image"},
      {"it ended",
       R"({"containerStatuses":[{"ready":false,
         "state":{"terminated":{"reason":"Error","message":"exit 1"}}}]})",
       "Error", "exit 1"},
      {"the pod's own reason comes first",
       R"({"reason":"Evicted","message":"no memory","containerStatuses":[{"ready":false,
         "state":{"terminated":{"reason":"Error","message":"exit 1"}}}]})",
       "Evicted", "no memory"},
      {"it has no container yet", R"({"phase":"Pending","containerStatuses":[]})", "", ""},
      {"it has no status yet", "", "", ""},
      {"its status makes no sense", R"({"containerStatuses":{"a":7},"phase":3})", "", ""},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    const core::v1::PodStatus pod = PodWith(c.status);
    EXPECT_FALSE(pod.ready());
    EXPECT_EQ(pod.reason(), c.reason);
    EXPECT_EQ(pod.message(), c.message);
    EXPECT_FALSE(pod.has_started());
  }
}

TEST_F(StatusTest, ASteeredLeafSaysWhoActedAndWhy) {
  store::v1::SteeredLeafRecord* leaf = desired_[kFront].add_steered();
  leaf->set_pointer("/spec/replicas");
  leaf->set_owner(kTrait);
  leaf->set_seed("2");
  {
    const core::v1::Application application = Make();
    const core::v1::ObjectStatus& object = application.components(0).objects(0);
    ASSERT_EQ(object.steered_size(), 1);
    EXPECT_EQ(object.steered(0).pointer(), "/spec/replicas");
    EXPECT_EQ(object.steered(0).by(), kTrait);
    EXPECT_EQ(object.steered(0).value(), "");
    EXPECT_FALSE(object.steered(0).has_acted());
  }
  store::v1::ClaimRecord* claim = inventory_[kFront].add_claims();
  claim->set_pointer("/spec/replicas");
  claim->set_owner(kTrait);
  claim->set_value("5");
  claim->set_reason("job morning");
  claim->set_acted_unix_ms(2500);
  {
    const core::v1::Application application = Make();
    const core::v1::SteeredLeafStatus& steered = application.components(0).objects(0).steered(0);
    EXPECT_EQ(steered.value(), "5");
    EXPECT_EQ(steered.reason(), "job morning");
    EXPECT_EQ(steered.acted().seconds(), 2);
  }
  claim->set_released(true);
  EXPECT_EQ(Make().components(0).objects(0).steered(0).value(), "");
}

TEST_F(StatusTest, AContestedLeafIsAProblemAndTakesNothingFromHealthNorFromBeingSettled) {
  store::v1::ContestedRecord* contested = inventory_[kFront].add_contested();
  contested->set_pointer("/spec/replicas");
  contested->set_writer("kubectl-edit");
  const core::v1::Application application = Make();
  const core::v1::ObjectStatus& object = application.components(0).objects(0);
  ASSERT_EQ(object.contested_size(), 1);
  EXPECT_EQ(object.contested(0).pointer(), "/spec/replicas");
  EXPECT_EQ(object.contested(0).writer(), "kubectl-edit");
  EXPECT_THAT(application.problems(),
              ElementsAre(HasSubstr("Deployment/front /spec/replicas is left to kubectl-edit")));
  EXPECT_EQ(application.health().verdict(), common::v1::VERDICT_HEALTHY);
  EXPECT_TRUE(application.settled());
}

}  // namespace
}  // namespace weft::scheduler
