#include "core/api/instances_service.h"

#include <atomic>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/scheduler/testing.h"

namespace weft::api {
namespace {

namespace pb = ::weft::provider::v1;

using core::v1::Instances;
using grpc::StatusCode;
using scheduler::ApplicationText;
using scheduler::Await;
using scheduler::ComponentText;
using testing::ElementsAre;

const char kType[] = "example.org/v1.Cron";
const char kCron[] = "default/shop/front/example.org/v1.Cron#0";

// The type kType, which steers the scale, and "idle", which does not live in time.
pb::DescribeResponse Description(bool with_cron = true) {
  pb::DescribeResponse description;
  description.add_protocol_versions("v1");
  for (const std::string& type : {std::string(kType), std::string("idle")}) {
    if (type == kType && !with_cron) continue;
    pb::Capability* capability = description.add_capabilities();
    capability->set_kind(pb::CAPABILITY_KIND_TRAIT);
    capability->set_type(type);
    capability->add_applies_to("+scale");
    if (type != kType) continue;
    capability->add_aliases("cron");
    capability->add_features(pb::FEATURE_INSTANCES);
    pb::Write* write = capability->add_writes();
    write->set_api_version("*");
    write->set_kind("*");
    write->set_pointer("+scale");
    write->set_mode(pb::WRITE_MODE_STEER);
  }
  return description;
}

pb::RenderResponse RenderCron(const pb::RenderTraitRequest& request) {
  pb::RenderResponse response;
  response.set_outcome(pb::OUTCOME_READY);
  response.set_artifact(request.expected_artifact());
  pb::Part* part = response.add_parts();
  part->mutable_object()->set_api_version("apps/v1");
  part->mutable_object()->set_kind("Deployment");
  part->mutable_object()->set_name(request.instance().name());
  part->set_operation(pb::PART_OPERATION_STEER);
  part->set_pointer("/spec/replicas");
  part->set_steering(pb::STEERING_ACTIONS);
  return response;
}

// One watch, and what it was told so far.
class Watcher {
 public:
  Watcher(Instances::Stub& stub, const std::string& caller) {
    call_.AddMetadata("caller", caller);
    call_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    stream_ = stub.Watch(&call_);
  }
  ~Watcher() { call_.TryCancel(); }

  void Subscribe(const std::vector<std::string>& types = {kType}) {
    core::v1::WatchInstancesRequest request;
    request.mutable_subscribe();
    for (const std::string& type : types) request.mutable_subscribe()->add_types(type);
    stream_->Write(request);
  }
  void Beat() {
    core::v1::WatchInstancesRequest request;
    request.mutable_heartbeat();
    stream_->Write(request);
  }
  void HalfClose() { stream_->WritesDone(); }
  // Reads until `holds`; false: the stream ended before.
  bool ReadUntil(const std::function<bool()>& holds) {
    core::v1::WatchInstancesResponse page;
    while (!holds()) {
      if (!stream_->Read(&page)) return false;
      ++messages;
      for (const auto& instance : page.changed()) live[instance.instance().key()] = instance;
      for (const std::string& key : page.gone()) live.erase(key);
      for (const auto& epoch : page.epochs()) epochs[epoch.type()] = epoch.epoch();
      synced = synced || page.has_synced();
    }
    return true;
  }
  bool Hold(uint64_t epoch) {
    return ReadUntil([&] { return synced && epochs.contains(kType) && epochs[kType] == epoch; });
  }
  // The last action's value, as it was told.
  std::string value() {
    return live.contains(kCron) && live[kCron].steered_size() == 1 ? live[kCron].steered(0).value()
                                                                   : "none";
  }
  // What the stream ends with.
  grpc::Status End() {
    ReadUntil([] { return false; });
    return stream_->Finish();
  }
  void Kill() { call_.TryCancel(); }

  std::map<std::string, core::v1::LiveInstance> live;
  std::map<std::string, uint64_t> epochs;
  bool synced = false;
  int messages = 0;

 private:
  grpc::ClientContext call_;
  std::unique_ptr<
      grpc::ClientReaderWriter<core::v1::WatchInstancesRequest, core::v1::WatchInstancesResponse>>
      stream_;
};

// A core that is served inside the process, with the application "shop", whose trait steers.
// Callers say who they are.
class InstancesServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    core_.StartScheduler();
    core_.traits->render_trait = RenderCron;
    Describe(Description());
    Serve();
    core_.Apply({ComponentText(), ApplicationText("{name: cron}")});
    ASSERT_TRUE(core_.AwaitSettled(common::v1::VERDICT_HEALTHY));
  }
  void TearDown() override { server_->Shutdown(std::chrono::system_clock::now()); }

  void Describe(const pb::DescribeResponse& description) {
    core_.traits->SetDescription(description);
    core_.SetConnected(*core_.traits, "traits", false);
    core_.SetConnected(*core_.traits, "traits", true);
  }
  // Serves, or serves again, as after a restart of the core.
  void Serve(WorkerPool* pool = nullptr) {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
    service_.reset();
    InstancesService::Parts parts{.store = &core_.store,
                                  .providers = &core_.providers(),
                                  .scheduler = &core_.scheduler(),
                                  .runtimes = &core_.runtimes(),
                                  .pool = pool == nullptr ? &core_.pool() : pool,
                                  .identify = Identify};
    parts.steady_now = [this] {
      return std::chrono::steady_clock::time_point(std::chrono::seconds(seconds_));
    };
    service_ = std::make_unique<InstancesService>(std::move(parts));
    grpc::ServerBuilder builder;
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    stub_ = Instances::NewStub(server_->InProcessChannel(grpc::ChannelArguments()));
  }
  static absl::StatusOr<auth::Caller> Identify(const grpc::ServerContextBase& context) {
    const auto& metadata = context.client_metadata();
    const auto caller = metadata.find("caller");
    if (caller == metadata.end()) return absl::UnauthenticatedError("who are you?");
    const std::string name(caller->second.data(), caller->second.size());
    return name == "user" ? auth::Caller() : auth::Caller{auth::Caller::Kind::kProvider, name};
  }

  static core::v1::Action Set(const std::string& value, uint64_t epoch, uint64_t sequence,
                              const std::string& instance = kCron,
                              const std::string& object = "front") {
    core::v1::Action action;
    action.set_instance(instance);
    *action.mutable_object() = scheduler::Ref("Deployment", object);
    action.set_pointer("/spec/replicas");
    action.mutable_set()->set_value(value);
    action.mutable_as_of()->set_epoch(epoch);
    action.mutable_as_of()->set_sequence(sequence);
    return action;
  }
  grpc::Status Call(const core::v1::ActRequest& request, core::v1::ActResponse* response,
                    const std::string& caller = "traits") {
    grpc::ClientContext call;
    call.AddMetadata("caller", caller);
    return stub_->Act(&call, request, response);
  }
  // The outcome of one action, or the status of the call.
  std::string Act(const core::v1::Action& action, const std::string& caller = "traits") {
    core::v1::ActRequest request;
    *request.add_actions() = action;
    core::v1::ActResponse response;
    const grpc::Status status = Call(request, &response, caller);
    if (!status.ok()) return absl::StrCat("status ", status.error_code());
    return core::v1::ActOutcome_Name(response.results(0).outcome()).substr(12);
  }
  StatusCode Report(const std::string& instance, const std::string& caller = "traits") {
    grpc::ClientContext call;
    call.AddMetadata("caller", caller);
    core::v1::ReportRequest request;
    request.set_instance(instance);
    request.set_state("memo");
    core::v1::ReportResponse response;
    return stub_->Report(&call, request, &response).error_code();
  }
  static std::string Refused(StatusCode code) { return absl::StrCat("status ", code); }

  scheduler::TestCore core_;
  std::atomic<int> seconds_ = 0;
  std::unique_ptr<InstancesService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Instances::Stub> stub_;
};

TEST_F(InstancesServiceTest, AWatcherLearnsWhatLivesActsAndSeesItDone) {
  Watcher watcher(*stub_, "traits");
  watcher.Subscribe();
  ASSERT_TRUE(watcher.Hold(1));
  ASSERT_EQ(watcher.live.size(), 1U);
  const core::v1::LiveInstance& live = watcher.live[kCron];
  EXPECT_EQ(live.instance().type(), kType);
  EXPECT_EQ(live.target().runtime(), "local");
  EXPECT_EQ(live.steered(0).seed(), "1");
  EXPECT_GT(live.attached().seconds(), 0);
  EXPECT_EQ(Act(Set("5", 1, 1)), "DONE");
  ASSERT_TRUE(watcher.ReadUntil([&] { return watcher.value() == "5"; }));
  EXPECT_TRUE(Await([&] {
    return core_.runtime.SteeredOf(scheduler::kFront) ==
           std::vector<std::string>{"/spec/replicas = 5"};
  }));
}

TEST_F(InstancesServiceTest, TellsWhatComesAndGoesLater) {
  Watcher watcher(*stub_, "traits");
  watcher.Subscribe();
  ASSERT_TRUE(watcher.Hold(1));
  core_.Apply({ApplicationText("{name: cron}", "blog", "back")});
  ASSERT_TRUE(watcher.ReadUntil([&] { return watcher.live.size() == 2; }));
  core_.Apply({ApplicationText()});  // Without the trait.
  ASSERT_TRUE(watcher.ReadUntil([&] { return !watcher.live.contains(kCron); }));
  ASSERT_TRUE(core_.admission().Delete("default", "blog").ok());
  core_.scheduler().Touch("default/blog");
  EXPECT_TRUE(watcher.ReadUntil([&] { return watcher.live.empty(); }));
}

TEST_F(InstancesServiceTest, TellsOfPodsAsThePlatformDoes) {
  Watcher watcher(*stub_, "traits");
  watcher.Subscribe();
  runtime::v1::Projection pod;
  *pod.mutable_ref() = scheduler::Ref("Pod", "front-1");
  pod.set_owner("default/shop/front");
  *pod.mutable_controller() = scheduler::Ref("Deployment", "front");
  pod.set_status(R"({"podIP":"10.0.0.7","containerStatuses":[{"ready":true}]})");
  core_.runtime.Say(pod);
  ASSERT_TRUE(watcher.ReadUntil([&] { return watcher.live[kCron].pods_size() == 1; }));
  EXPECT_EQ(watcher.live[kCron].pods(0).ip(), "10.0.0.7");
  EXPECT_TRUE(watcher.live[kCron].pods(0).ready());
}

TEST_F(InstancesServiceTest, WhenTheOneThatActsIsKilledTheOtherTakesOver) {
  Watcher acts(*stub_, "traits"), stands_by(*stub_, "traits");
  acts.Subscribe();
  ASSERT_TRUE(acts.Hold(1));
  stands_by.Subscribe();
  ASSERT_TRUE(stands_by.Hold(0));
  EXPECT_EQ(Act(Set("5", 1, 1)), "DONE");
  acts.Kill();
  ASSERT_TRUE(stands_by.Hold(2));
  EXPECT_EQ(Act(Set("6", 1, 2)), "STALE_EPOCH");
  EXPECT_EQ(Act(Set("7", 2, 1)), "DONE");
  EXPECT_EQ(Act(Set("8", 2, 1)), "SUPERSEDED");
  EXPECT_EQ(Act(Set("7", 2, 1)), "DONE");  // The same again.
  EXPECT_TRUE(stands_by.ReadUntil([&] { return stands_by.value() == "7"; }));
}

TEST_F(InstancesServiceTest, OneThatIsSilentLosesTheEpoch) {
  Watcher silent(*stub_, "traits");
  silent.Subscribe();
  ASSERT_TRUE(silent.Hold(1));
  seconds_ = 9;
  Watcher next(*stub_, "traits");
  next.Subscribe();
  ASSERT_TRUE(next.Hold(0));
  seconds_ = 10;
  ASSERT_TRUE(next.Hold(2));
  EXPECT_EQ(silent.End().error_code(), StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(InstancesServiceTest, OneThatComesAgainGetsAHigherEpochAndEverything) {
  {
    Watcher watcher(*stub_, "traits");
    watcher.Subscribe();
    ASSERT_TRUE(watcher.Hold(1));
    EXPECT_EQ(Act(Set("5", 1, 1)), "DONE");
    watcher.HalfClose();
    EXPECT_TRUE(watcher.End().ok());
  }
  EXPECT_EQ(Act(Set("6", 1, 2)), "STALE_EPOCH");
  Watcher again(*stub_, "traits");
  again.Subscribe();
  ASSERT_TRUE(again.Hold(2));
  EXPECT_EQ(again.value(), "5");
  EXPECT_EQ(Act(Set("6", 2, 1)), "DONE");
}

TEST_F(InstancesServiceTest, ARestartOfTheCoreGrantsAHigherEpoch) {
  {
    Watcher watcher(*stub_, "traits");
    watcher.Subscribe();
    ASSERT_TRUE(watcher.Hold(1));
  }
  Serve();
  EXPECT_EQ(Act(Set("5", 1, 1)), "STALE_EPOCH");
  Watcher watcher(*stub_, "traits");
  watcher.Subscribe();
  EXPECT_TRUE(watcher.Hold(2));
}

TEST_F(InstancesServiceTest, ASlowReaderGetsTheLatestAndNotEveryChange) {
  constexpr int kChanges = 40;
  Watcher watcher(*stub_, "traits");
  watcher.Subscribe();
  ASSERT_TRUE(watcher.Hold(1));
  for (int i = 1; i <= kChanges; ++i) {
    ASSERT_EQ(Act(Set(std::to_string(i), 1, i)), "DONE");
    ASSERT_TRUE(core_.AwaitSettled(common::v1::VERDICT_HEALTHY));
  }
  watcher.messages = 0;
  ASSERT_TRUE(watcher.ReadUntil([&] { return watcher.value() == std::to_string(kChanges); }));
  EXPECT_LT(watcher.messages, kChanges / 2);
}

TEST_F(InstancesServiceTest, ActsOnManyApplicationsInOneCall) {
  constexpr int kApplications = 20;
  Watcher watcher(*stub_, "traits");
  watcher.Subscribe();
  ASSERT_TRUE(watcher.Hold(1));
  core::v1::ActRequest request;
  for (int i = 0; i < kApplications; ++i) {
    const std::string name = absl::StrCat("many", i);
    core_.Apply({ApplicationText("{name: cron}", name, name)});
    *request.add_actions() =
        Set("3", 1, 1, absl::StrCat("default/", name, "/", name, "/", kType, "#0"), name);
    *request.add_actions() = Set("3", 1, 1, absl::StrCat("default/", name, "/none"), name);
  }
  core::v1::ActResponse response;
  ASSERT_TRUE(Call(request, &response).ok());
  ASSERT_EQ(response.results_size(), 2 * kApplications);
  for (int i = 0; i < response.results_size(); ++i) {
    EXPECT_EQ(response.results(i).outcome(),
              i % 2 == 0 ? core::v1::ACT_OUTCOME_DONE : core::v1::ACT_OUTCOME_UNKNOWN)
        << response.results(i).message();
  }
  core::v1::ActRequest none;
  response.Clear();
  EXPECT_TRUE(Call(none, &response).ok());
  EXPECT_EQ(response.results_size(), 0);
}

TEST_F(InstancesServiceTest, GivesBackWhatWasReported) {
  Watcher watcher(*stub_, "traits");
  watcher.Subscribe();
  ASSERT_TRUE(watcher.Hold(1));
  EXPECT_EQ(Report(kCron), StatusCode::OK);
  EXPECT_TRUE(watcher.ReadUntil([&] { return watcher.live[kCron].state() == "memo"; }));
  EXPECT_EQ(Report("default/shop/none"), StatusCode::NOT_FOUND);
}

TEST_F(InstancesServiceTest, AReportGoesWithTheTraitAndWithTheApplication) {
  core_.Apply({ApplicationText("{name: cron}", "blog", "back")});
  EXPECT_EQ(Report(kCron), StatusCode::OK);
  EXPECT_EQ(Report("default/shop/front/idle#0"), StatusCode::NOT_FOUND);
  EXPECT_EQ(Report("default/blog/back/example.org/v1.Cron#0"), StatusCode::OK);
  core_.Apply({ApplicationText()});  // Without the trait.
  EXPECT_THAT(scheduler::Keys(core_.store, "report/"),
              ElementsAre("report/default/blog/back/example.org/v1.Cron#0"));
  ASSERT_TRUE(core_.admission().Delete("default", "blog").ok());
  EXPECT_TRUE(Await([&] { return scheduler::Keys(core_.store, "report/").empty(); }));
}

TEST_F(InstancesServiceTest, NobodyMayCallForATypeThatIsNotTheirs) {
  const auto watch = [&](const std::string& caller, const std::vector<std::string>& types) {
    Watcher watcher(*stub_, caller);
    watcher.Subscribe(types);
    return watcher.End().error_code();
  };
  EXPECT_EQ(watch("web", {kType}), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(watch("stranger", {kType}), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(watch("user", {kType}), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(watch("traits", {kType, "example.org/v1.Web"}), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(watch("traits", {"idle"}), StatusCode::PERMISSION_DENIED);  // Without the feature.
  EXPECT_EQ(watch("traits", {"cron"}), StatusCode::PERMISSION_DENIED);  // An alias.
  Watcher holder(*stub_, "traits");
  holder.Subscribe();
  ASSERT_TRUE(holder.Hold(1));
  for (const char* caller : {"web", "stranger", "user"}) {
    EXPECT_EQ(Act(Set("5", 1, 1), caller), Refused(StatusCode::PERMISSION_DENIED)) << caller;
    EXPECT_EQ(Report(kCron, caller), StatusCode::PERMISSION_DENIED) << caller;
  }
  grpc::ClientContext anonymous;
  core::v1::ActResponse response;
  EXPECT_EQ(stub_->Act(&anonymous, {}, &response).error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(holder.value(), "");
}

TEST_F(InstancesServiceTest, AWatchEndsWhenItsTypeIsNotItsCallersAnyMore) {
  Watcher watcher(*stub_, "traits");
  watcher.Subscribe();
  ASSERT_TRUE(watcher.Hold(1));
  Describe(Description(/*with_cron=*/false));
  EXPECT_EQ(watcher.End().error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Act(Set("5", 1, 1)), Refused(StatusCode::PERMISSION_DENIED));
}

TEST_F(InstancesServiceTest, AWatchBeginsWithOneSubscription) {
  Watcher beats(*stub_, "traits"), nothing(*stub_, "traits"), twice(*stub_, "traits");
  beats.Beat();
  EXPECT_EQ(beats.End().error_code(), StatusCode::INVALID_ARGUMENT);
  nothing.Subscribe({});
  EXPECT_EQ(nothing.End().error_code(), StatusCode::INVALID_ARGUMENT);
  twice.Subscribe();
  twice.Beat();
  twice.Subscribe();
  EXPECT_EQ(twice.End().error_code(), StatusCode::INVALID_ARGUMENT);
}

TEST_F(InstancesServiceTest, RefusesActionsThatBreakARule) {
  core::v1::Action action = Set("5", 1, 1);
  action.set_reason(std::string(257, 'x'));
  EXPECT_EQ(Act(action), Refused(StatusCode::INVALID_ARGUMENT));
}

TEST_F(InstancesServiceTest, EndsWatchesWhenTheCoreDrainsAlsoThoseThatComeLater) {
  Watcher open(*stub_, "traits");
  open.Subscribe();
  ASSERT_TRUE(open.Hold(1));
  service_->EndStreams();
  EXPECT_EQ(open.End().error_code(), StatusCode::UNAVAILABLE);
  Watcher later(*stub_, "traits");
  EXPECT_EQ(later.End().error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(InstancesServiceTest, TurnsCallsAwayWhenTooManyWait) {
  WorkerPool full(1, /*limit=*/0);
  Serve(&full);
  EXPECT_EQ(Act(Set("5", 1, 1)), Refused(StatusCode::RESOURCE_EXHAUSTED));
  EXPECT_EQ(Report(kCron), StatusCode::RESOURCE_EXHAUSTED);
  Watcher watcher(*stub_, "traits");
  watcher.Subscribe();
  EXPECT_TRUE(watcher.Hold(1));  // A watch needs no place in the pool.
  TearDown();
  server_.reset();
  service_.reset();  // Before its pool.
  Serve();
}

}  // namespace
}  // namespace weft::api
