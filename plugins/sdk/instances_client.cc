#include "plugins/sdk/instances_client.h"

#include <algorithm>
#include <chrono>
#include <spdlog/spdlog.h>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/service.h"
#include "plugins/sdk/convert.h"

namespace weft::sdk {

namespace pb = ::weft::core::v1;

// What a call of Act needs until it ends.
struct InstancesClient::Call {
  grpc::ClientContext context;
  pb::ActRequest request;
  pb::ActResponse response;
  Done done;
};

InstancesClient::InstancesClient(const std::shared_ptr<grpc::Channel>& channel, std::string type,
                                 const Timing& timing)
    : type_(std::move(type)), timing_(timing), stub_(pb::Instances::NewStub(channel)) {}

InstancesClient::~InstancesClient() { Stop(); }

void InstancesClient::Start(Life& life) {
  life_ = &life;
  thread_ = std::thread([this] { Run(); });
}

void InstancesClient::Stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  changed_.wait(lock, [this] { return under_way_ == 0; });
  ending_ = true;
  if (watch_ != nullptr) watch_->TryCancel();
  changed_.notify_all();
  lock.unlock();
  if (thread_.joinable()) thread_.join();
}

void InstancesClient::Act(std::vector<Action> actions, Done done) {
  auto call = std::make_shared<Call>();
  for (const Action& action : actions) *call->request.add_actions() = ToProto(action);
  call->done = std::move(done);
  bool may = false;
  {
    std::lock_guard lock(mutex_);
    may = epoch_ != 0 && !stopping_;
    if (may) {
      ++under_way_;
      for (pb::Action& action : *call->request.mutable_actions()) {
        action.mutable_as_of()->set_epoch(epoch_);
        action.mutable_as_of()->set_sequence(++sequence_);
      }
    }
  }
  if (!may) return call->done(std::vector(actions.size(), ActOutcome::kStaleEpoch));
  call->context.set_deadline(std::chrono::system_clock::now() +
                             absl::ToChronoMilliseconds(timing_.act));
  stub_->async()->Act(&call->context, &call->request, &call->response,
                      [this, call](const grpc::Status& status) { Answered(*call, status); });
}

void InstancesClient::Answered(Call& call, const grpc::Status& status) {
  if (!status.ok()) {
    call.done(FromGrpc(status));
  } else if (call.response.results_size() != call.request.actions_size()) {
    call.done(absl::InternalError(absl::StrCat("the core answered ", call.response.results_size(),
                                               " of ", call.request.actions_size(), " actions")));
  } else {
    std::vector<ActOutcome> outcomes;
    for (const auto& result : call.response.results())
      outcomes.push_back(FromProto(result.outcome()));
    call.done(std::move(outcomes));
  }
  Ended();
}

void InstancesClient::Report(InstanceReport report, std::function<void(absl::Status)> done) {
  struct ReportCall {
    grpc::ClientContext context;
    pb::ReportRequest request;
    pb::ReportResponse response;
  };
  {
    std::unique_lock lock(mutex_);
    if (stopping_) {
      lock.unlock();
      return done(absl::CancelledError("the provider stops"));
    }
    ++under_way_;
  }
  auto call = std::make_shared<ReportCall>();
  call->request = ToProto(report);
  call->context.set_deadline(std::chrono::system_clock::now() +
                             absl::ToChronoMilliseconds(timing_.act));
  stub_->async()->Report(&call->context, &call->request, &call->response,
                         [this, call, done = std::move(done)](const grpc::Status& status) {
                           done(FromGrpc(status));
                           Ended();
                         });
}

void InstancesClient::Ended() {
  std::lock_guard lock(mutex_);
  --under_way_;
  changed_.notify_all();
}

void InstancesClient::Run() {
  absl::Duration delay = timing_.first_delay;
  std::string last;
  while (true) {
    const grpc::Status status = Watch();
    SetEpoch(0);
    if (synced_) {
      delay = timing_.first_delay;
      last.clear();
    }
    const double jitter = std::uniform_real_distribution(0.5, 1.0)(random_);
    if (!Wait(delay * jitter)) return;
    if (status.error_message() != last)
      spdlog::warn("msg=\"the watch of instances ended\" type={} code={} error=\"{}\"", type_,
                   static_cast<int>(status.error_code()), status.error_message());
    last = status.error_message();
    delay = std::min(delay * 2, timing_.longest_delay);
  }
}

// One connection, from the subscription to its end.
grpc::Status InstancesClient::Watch() {
  synced_ = false;
  granted_ = 0;
  ++connection_;
  grpc::ClientContext context;
  context.set_wait_for_ready(true);  // The channel knows how long to wait between attempts.
  {
    std::lock_guard lock(mutex_);
    if (ending_) return grpc::Status::CANCELLED;
    watch_ = &context;
  }
  const auto stream = stub_->Watch(&context);
  pb::WatchInstancesRequest request;
  request.mutable_subscribe()->add_types(type_);
  stream->Write(request);  // Where it fails, so does the read.
  std::thread heart([this, &stream] { Beat(*stream); });
  pb::WatchInstancesResponse message;
  while (stream->Read(&message)) Take(message);
  {
    std::lock_guard lock(mutex_);
    watch_ = nullptr;
    changed_.notify_all();
  }
  heart.join();
  return stream->Finish();
}

// Sends heartbeats until the watch has ended. In a thread of its own, so that a Life that takes its
// time does not lose the epoch.
void InstancesClient::Beat(Stream& stream) {
  pb::WatchInstancesRequest request;
  request.mutable_heartbeat();
  std::unique_lock lock(mutex_);
  const auto interval = absl::ToChronoMilliseconds(timing_.heartbeat);
  while (!changed_.wait_for(lock, interval, [this] { return watch_ == nullptr; })) {
    lock.unlock();
    stream.Write(request);
    lock.lock();
  }
}

void InstancesClient::Take(const pb::WatchInstancesResponse& message) {
  for (const pb::LiveInstance& instance : message.changed()) TakeChanged(instance);
  for (const std::string& key : message.gone()) {
    if (told_.erase(key) > 0) life_->Gone(key);
  }
  if (message.has_synced()) TakeSynced();
  for (const auto& epoch : message.epochs()) {
    if (epoch.type() == type_) granted_ = epoch.epoch();
  }
  // Whoever acts before everything was told acts on what it knew before.
  if (synced_) SetEpoch(granted_);
}

void InstancesClient::TakeChanged(const pb::LiveInstance& instance) {
  told_[instance.instance().key()] = connection_;
  const absl::StatusOr<LiveInstance> converted = FromProto(instance);
  if (converted.ok()) return life_->Changed(*converted);
  spdlog::error("msg=\"an instance cannot be read\" instance={} error=\"{}\"",
                instance.instance().key(), std::string(converted.status().message()));
}

void InstancesClient::TakeSynced() {
  std::vector<std::string> gone;
  for (const auto& [key, connection] : told_) {
    if (connection != connection_) gone.push_back(key);
  }
  for (const std::string& key : gone) {
    told_.erase(key);
    life_->Gone(key);
  }
  synced_ = true;
  spdlog::info("msg=\"watching instances\" type={} instances={}", type_, told_.size());
  life_->Synced();
}

void InstancesClient::SetEpoch(uint64_t epoch) {
  {
    std::lock_guard lock(mutex_);
    if (epoch == epoch_) return;
    epoch_ = epoch;
    sequence_ = 0;
  }
  spdlog::info("msg=\"{}\" type={} epoch={}", epoch != 0 ? "acting" : "standing by", type_, epoch);
  life_->MayAct(epoch != 0);
}

// False: the object ends.
bool InstancesClient::Wait(absl::Duration delay) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, absl::ToChronoMilliseconds(delay), [this] { return ending_; });
}

}  // namespace weft::sdk
