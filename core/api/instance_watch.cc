#include "core/api/instance_watch.h"

#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/api/own_type.h"
#include "core/base/service.h"
#include "core/base/status.h"
#include "core/scheduler/epoch_record.h"

namespace weft::api {

using core::v1::WatchInstancesRequest;
using core::v1::WatchInstancesResponse;
using scheduler::Epochs;
using scheduler::InstanceFeed;

namespace {

constexpr int kThreads = 2;
constexpr char kTime[] = "time";                        // A key beside the watches' numbers.
constexpr auto kTick = std::chrono::milliseconds(500);  // Between two looks at heartbeats.

}  // namespace

// One watch. What it is told comes from gRPC's threads; what it tells is composed by the queue, in
// one thread at a time, and only when the message before has left.
class InstanceWatch final : public InstanceWatches::Reactor {
 public:
  InstanceWatch(InstanceWatches& watches, uint64_t id, auth::Caller caller)
      : watches_(watches), id_(id), caller_(std::move(caller)) {}

  void Start() {
    std::lock_guard lock(mutex_);
    if (!finished_) StartRead(&request_);
  }

  void Changed(const std::string& application) {
    InstanceFeed* feed = nullptr;
    {
      std::lock_guard lock(mutex_);
      feed = feed_.get();
    }
    if (feed != nullptr && feed->Changed(application)) watches_.Wake(id_);
  }

  // Sends what there is to say, if nothing is being sent. Blocks for the store.
  void Advance() {
    {
      std::lock_guard lock(mutex_);
      if (finished_ || writing_ || feed_ == nullptr) return;
    }
    message_.Clear();
    for (const auto& [type, epoch] : watches_.epochs_.TakeNews(id_)) {
      WatchInstancesResponse::Epoch* to = message_.add_epochs();
      to->set_type(type);
      to->set_epoch(epoch);
    }
    if (const absl::Status filled = feed_->Next(message_); !filled.ok())
      return End({grpc::StatusCode::UNAVAILABLE, std::string(filled.message())});
    if (message_.ByteSizeLong() == 0) return;
    std::lock_guard lock(mutex_);
    if (finished_) return;
    writing_ = true;
    StartWrite(&message_);
  }

  // Ends the watch if a type is not its caller's any more.
  void CheckTypes() {
    std::set<std::string> types;
    {
      std::lock_guard lock(mutex_);
      if (feed_ != nullptr) types = feed_->types();
    }
    for (const std::string& type : types) {
      const absl::Status own = CheckOwnType(caller_, type, *watches_.options_.providers);
      if (!own.ok()) return End(ToGrpc(own));
    }
  }

  // What it holds ends with it.
  void End(const grpc::Status& status) {
    watches_.epochs_.Leave(id_);
    std::lock_guard lock(mutex_);
    if (finished_) return;
    finished_ = true;
    Finish(status);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return End(grpc::Status::OK);  // There will be no heartbeat any more.
    if (const absl::Status taken = Take(request_); !taken.ok()) return End(ToGrpc(taken));
    Start();
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return End({grpc::StatusCode::CANCELLED, "the watcher went"});
    {
      std::lock_guard lock(mutex_);
      writing_ = false;
    }
    watches_.Wake(id_);
  }
  void OnCancel() override { End({grpc::StatusCode::CANCELLED, "the watcher went"}); }
  void OnDone() override {
    watches_.epochs_.Leave(id_);
    std::shared_ptr<InstanceWatch> last;  // Released outside the lock.
    std::lock_guard lock(watches_.mutex_);
    const auto self = watches_.open_.find(id_);
    last = std::move(self->second);
    watches_.open_.erase(self);
  }

 private:
  absl::Status Take(const WatchInstancesRequest& request) {
    if (request.has_subscribe()) return Subscribe(request.subscribe());
    {
      std::lock_guard lock(mutex_);
      if (feed_ == nullptr) return absl::InvalidArgumentError("subscribe first");
    }
    watches_.epochs_.Beat(id_);
    return absl::OkStatus();
  }

  absl::Status Subscribe(const WatchInstancesRequest::Subscribe& request) {
    const std::set<std::string> types(request.types().begin(), request.types().end());
    if (types.empty()) return absl::InvalidArgumentError("subscribe to at least one type");
    for (const std::string& type : types)
      WEFT_RETURN_IF_ERROR(CheckOwnType(caller_, type, *watches_.options_.providers));
    {
      std::lock_guard lock(mutex_);
      if (feed_ != nullptr) return absl::InvalidArgumentError("subscribe once");
      feed_ = std::make_unique<InstanceFeed>(watches_.options_.source, types);
    }
    watches_.epochs_.Beat(id_);
    watches_.epochs_.Contend(id_, {types.begin(), types.end()});
    return absl::OkStatus();
  }

  InstanceWatches& watches_;
  const uint64_t id_;
  const auth::Caller caller_;
  WatchInstancesRequest request_;
  WatchInstancesResponse message_;
  std::mutex mutex_;
  std::unique_ptr<InstanceFeed> feed_;  // Made once, when the watch is subscribed.
  bool writing_ = false;
  bool finished_ = false;
};

InstanceWatches::InstanceWatches(Options options)
    : options_(std::move(options)),
      epochs_({.now = options_.now,
               .advance =
                   [this](const std::string& type) {
                     return scheduler::AdvanceEpoch(type, *options_.source.store);
                   },
               .on_news = [this](Epochs::Watcher watcher) { Wake(watcher); },
               .on_overdue =
                   [this](Epochs::Watcher watcher) {
                     if (const auto watch = Find(watcher); watch != nullptr)
                       watch->End({grpc::StatusCode::DEADLINE_EXCEEDED, "no heartbeat for 10 s"});
                   },
               .on_due = [this] { queue_.Add(kTime); }}),
      queue_(kThreads, [this](const std::string& key) { return Work(key); }) {
  queue_.Add(kTime);
}

InstanceWatches::Reactor* InstanceWatches::Open(const absl::StatusOr<auth::Caller>& caller) {
  std::shared_ptr<InstanceWatch> watch;
  bool ending = false;
  {
    std::lock_guard lock(mutex_);
    watch = std::make_shared<InstanceWatch>(*this, ++last_, caller.ok() ? *caller : auth::Caller());
    open_[last_] = watch;
    epochs_.Join(last_);
    ending = ending_;
  }
  if (!caller.ok()) {
    watch->End(ToGrpc(caller.status()));
  } else if (ending) {
    watch->End({grpc::StatusCode::UNAVAILABLE, "the core drains"});
  }
  watch->Start();
  return watch.get();
}

void InstanceWatches::Changed(const std::string& application) {
  for (const auto& [id, watch] : Watches()) watch->Changed(application);
}

void InstanceWatches::End() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  for (const auto& [id, watch] : Watches())
    watch->End({grpc::StatusCode::UNAVAILABLE, "the core drains"});
}

std::map<uint64_t, std::shared_ptr<InstanceWatch>> InstanceWatches::Watches() const {
  std::lock_guard lock(mutex_);
  return open_;
}

std::shared_ptr<InstanceWatch> InstanceWatches::Find(uint64_t id) const {
  std::lock_guard lock(mutex_);
  const auto found = open_.find(id);
  return found == open_.end() ? nullptr : found->second;
}

KeyedQueue::Clock::duration InstanceWatches::Work(const std::string& key) {
  if (key == kTime) {
    epochs_.Tick();
    for (const auto& [id, watch] : Watches()) watch->CheckTypes();
    return kTick;
  }
  if (const auto watch = Find(std::stoull(key)); watch != nullptr) watch->Advance();
  return KeyedQueue::kDone;
}

}  // namespace weft::api
