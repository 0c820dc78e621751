#include "plugins/sdk/instances_client.h"

#include <condition_variable>
#include <deque>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mutex>
#include <optional>

#include "absl/strings/str_cat.h"

namespace weft::sdk {
namespace {

namespace pb = ::weft::core::v1;
using testing::ElementsAre;

constexpr char kType[] = "cron-hpa";
constexpr auto kLimit = std::chrono::seconds(20);

// A core that says what a test tells it to say. Thread-safe.
class ScriptedCore final : public pb::Instances::Service {
  using WatchStream =
      grpc::ServerReaderWriter<pb::WatchInstancesResponse, pb::WatchInstancesRequest>;

 public:
  // Sends `message` on the watch that is there, or the next one.
  void Say(pb::WatchInstancesResponse message) {
    std::lock_guard lock(mutex_);
    messages_.push_back(std::move(message));
    changed_.notify_all();
  }
  // Ends the watch after what was said.
  void EndWatch() {
    std::lock_guard lock(mutex_);
    messages_.emplace_back(std::nullopt);
    changed_.notify_all();
  }
  std::vector<pb::Action> actions() const {
    std::lock_guard lock(mutex_);
    return actions_;
  }

  grpc::Status Watch(grpc::ServerContext* context, WatchStream* stream) override {
    pb::WatchInstancesRequest request;
    if (!stream->Read(&request) || request.subscribe().types(0) != kType)
      return {grpc::StatusCode::INVALID_ARGUMENT, "a watch begins with its type"};
    std::unique_lock lock(mutex_);
    while (!context->IsCancelled()) {
      changed_.wait_for(lock, std::chrono::milliseconds(10), [this] { return !messages_.empty(); });
      if (messages_.empty()) continue;
      const std::optional<pb::WatchInstancesResponse> message = std::move(messages_.front());
      messages_.pop_front();
      if (!message.has_value()) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting");
      stream->Write(*message);
    }
    return grpc::Status::CANCELLED;
  }
  grpc::Status Report(grpc::ServerContext*, const pb::ReportRequest* request,
                      pb::ReportResponse*) override {
    std::lock_guard lock(mutex_);
    if (request->instance().empty()) return {grpc::StatusCode::NOT_FOUND, "no such instance"};
    report_ = *request;
    return grpc::Status::OK;
  }
  pb::ReportRequest report() const {
    std::lock_guard lock(mutex_);
    return report_;
  }
  grpc::Status Act(grpc::ServerContext*, const pb::ActRequest* request,
                   pb::ActResponse* response) override {
    std::lock_guard lock(mutex_);
    for (const pb::Action& action : request->actions()) {
      actions_.push_back(action);
      response->add_results()->set_outcome(pb::ACT_OUTCOME_DONE);
    }
    return grpc::Status::OK;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::optional<pb::WatchInstancesResponse>> messages_;  // Nothing: the watch ends.
  std::vector<pb::Action> actions_;
  pb::ReportRequest report_;
};

// Writes down what it is told, in order. Thread-safe.
class RecordingLife final : public Life {
 public:
  void Changed(const LiveInstance& instance) override { Add("changed " + instance.instance.key); }
  void Gone(const std::string& key) override { Add("gone " + key); }
  void Synced() override { Add("synced"); }
  void MayAct(bool may) override { Add(may ? "acts" : "stands by"); }

  // What it was told since the last call, once that is so many things.
  std::vector<std::string> Next(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kLimit, [&] { return told_.size() >= count; });
    return std::exchange(told_, {});
  }

 private:
  void Add(std::string what) {
    std::lock_guard lock(mutex_);
    told_.push_back(std::move(what));
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> told_;
};

pb::WatchInstancesResponse Live(std::initializer_list<const char*> keys) {
  pb::WatchInstancesResponse message;
  for (const char* key : keys) {
    pb::LiveInstance* instance = message.add_changed();
    instance->mutable_instance()->set_key(key);
    instance->mutable_instance()->set_type(kType);
    instance->mutable_instance()->set_properties("{}");
  }
  return message;
}

pb::WatchInstancesResponse Synced() {
  pb::WatchInstancesResponse message;
  message.mutable_synced();
  return message;
}

pb::WatchInstancesResponse Granted(uint64_t epoch) {
  pb::WatchInstancesResponse message;
  message.add_epochs()->set_type(kType);
  message.mutable_epochs(0)->set_epoch(epoch);
  return message;
}

class InstancesClientTest : public testing::Test {
 protected:
  InstancesClientTest() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&core_);
    server_ = builder.BuildAndStart();
    client_ = std::make_unique<InstancesClient>(
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", port_), grpc::InsecureChannelCredentials()),
        kType,
        InstancesClient::Timing{.first_delay = absl::Milliseconds(1),
                                .longest_delay = absl::Milliseconds(10)});
    client_->Start(life_);
  }
  ~InstancesClientTest() override {
    client_->Stop();
    server_->Shutdown();
  }

  std::vector<ActOutcome> Act(std::initializer_list<const char*> instances) {
    std::vector<Action> actions;
    for (const char* key : instances)
      actions.push_back({key, {"apps/v1", "Deployment", "web", ""}, "/spec/replicas", 3});
    std::promise<absl::StatusOr<std::vector<ActOutcome>>> answered;
    client_->Act(std::move(actions),
                 [&](auto outcomes) { answered.set_value(std::move(outcomes)); });
    const auto outcomes = answered.get_future().get();
    EXPECT_TRUE(outcomes.ok()) << outcomes.status();
    return outcomes.value_or(std::vector<ActOutcome>());
  }

  ScriptedCore core_;
  RecordingLife life_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<InstancesClient> client_;
};

TEST_F(InstancesClientTest, TellsWhatLivesAndActsOnlyWhenAllOfItWasTold) {
  core_.Say(Granted(7));
  core_.Say(Live({"a", "b"}));
  EXPECT_THAT(life_.Next(2), ElementsAre("changed a", "changed b"));
  EXPECT_THAT(Act({"a"}), ElementsAre(ActOutcome::kStaleEpoch));
  core_.Say(Synced());
  EXPECT_THAT(life_.Next(2), ElementsAre("synced", "acts"));
  EXPECT_THAT(Act({"a", "b"}), ElementsAre(ActOutcome::kDone, ActOutcome::kDone));
  ASSERT_EQ(core_.actions().size(), 2u) << "the one without an epoch was not sent";
  EXPECT_EQ(core_.actions()[1].as_of().epoch(), 7u);
  EXPECT_EQ(core_.actions()[1].as_of().sequence(), 2u);
}

TEST_F(InstancesClientTest, ANewConnectionStandsByUntilItIsTold) {
  core_.Say(Live({"a", "b"}));
  core_.Say(Synced());
  core_.Say(Granted(1));
  EXPECT_THAT(life_.Next(4), ElementsAre("changed a", "changed b", "synced", "acts"));
  core_.EndWatch();
  EXPECT_THAT(life_.Next(1), ElementsAre("stands by"));
  core_.Say(Granted(2));
  core_.Say(Live({"b"}));
  core_.Say(Synced());
  EXPECT_THAT(life_.Next(4), ElementsAre("changed b", "gone a", "synced", "acts"));
  Act({"b"});
  EXPECT_EQ(core_.actions()[0].as_of().epoch(), 2u);
  EXPECT_EQ(core_.actions()[0].as_of().sequence(), 1u) << "it counts within the epoch";
}

TEST_F(InstancesClientTest, AnEpochThatIsTakenEndsItsActions) {
  core_.Say(Synced());
  core_.Say(Granted(1));
  core_.Say(Granted(0));
  EXPECT_THAT(life_.Next(3), ElementsAre("synced", "acts", "stands by"));
  EXPECT_THAT(Act({"a"}), ElementsAre(ActOutcome::kStaleEpoch));
  EXPECT_TRUE(core_.actions().empty());
}

TEST_F(InstancesClientTest, WhenItStopsItsLifeStandsBy) {
  core_.Say(Synced());
  core_.Say(Granted(1));
  EXPECT_THAT(life_.Next(2), ElementsAre("synced", "acts"));
  client_->Stop();
  EXPECT_THAT(life_.Next(1), ElementsAre("stands by"));
}

TEST_F(InstancesClientTest, ReportsAlsoWithoutAnEpoch) {
  const auto report = [this](InstanceReport what) {
    std::promise<absl::Status> stored;
    client_->Report(std::move(what), [&](const absl::Status& status) { stored.set_value(status); });
    return stored.get_future().get();
  };
  EXPECT_TRUE(report({.instance = "web",
                      .state = "10.0.0.1",
                      .health = Health{.verdict = Verdict::kDegraded},
                      .outputs = {{"url", "http://10.0.0.1"}}})
                  .ok());
  const pb::ReportRequest stored = core_.report();
  EXPECT_EQ(stored.instance(), "web");
  EXPECT_EQ(stored.state(), "10.0.0.1");
  EXPECT_EQ(stored.health().verdict(), common::v1::VERDICT_DEGRADED);
  ASSERT_EQ(stored.outputs_size(), 1);
  EXPECT_EQ(stored.outputs(0).value(), "http://10.0.0.1");
  EXPECT_TRUE(absl::IsNotFound(report({})));
  client_->Stop();
  EXPECT_TRUE(absl::IsCancelled(report({.instance = "web"})));
}

}  // namespace
}  // namespace weft::sdk
