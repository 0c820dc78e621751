#pragma once

#include <grpcpp/grpcpp.h>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "core/api/watches.h"
#include "core/base/service.h"

namespace weft::api {

// A watch that writes one message at a time, and the next only when the last has left and something
// may have changed: a slow client gets fewer, never older ones; nothing is queued for it. What is
// derived from it composes the messages.
template <typename Message>
class WatchReactor : public grpc::ServerWriteReactor<Message>,
                     public OpenWatch,
                     public std::enable_shared_from_this<WatchReactor<Message>> {
 public:
  // `application`: which to watch, as Scheduler::Subscribe has it. `watches` outlives it.
  WatchReactor(Watches& watches, std::string application)
      : watches_(watches), application_(std::move(application)) {}

  void Start() override {
    if (const absl::Status status = Begin(); !status.ok()) return End(ToGrpc(status));
    subscription_ = watches_.scheduler().Subscribe(application_, [self = this->weak_from_this()] {
      if (const auto watch = self.lock()) watch->Changed();
    });
    Changed();
  }

  void End(const grpc::Status& status) override {
    std::lock_guard lock(mutex_);
    FinishLocked(status);
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    working_ = false;
    if (!ok) return FinishLocked({grpc::StatusCode::CANCELLED, "the client went"});
    if (changed_ || more_) LookLocked();
  }
  void OnCancel() override { End({grpc::StatusCode::CANCELLED, "the client went"}); }
  void OnDone() override {
    watches_.scheduler().Unsubscribe(application_, subscription_);
    watches_.Closed(this);
  }

 protected:
  struct Composed {
    bool write = false;  // The message is news.
    bool more = false;   // There is more to say, also if nothing changes.
  };

  // Before anything else; what it returns ends the watch, if it is an error.
  virtual absl::Status Begin() { return absl::OkStatus(); }
  // The next message, into an empty one. In the pool, one call at a time; may block for the store.
  // An error ends the watch.
  virtual absl::StatusOr<Composed> Compose(Message& message) = 0;

  Watches& watches() { return watches_; }

 private:
  void Changed() {
    std::lock_guard lock(mutex_);
    changed_ = true;
    if (!working_) LookLocked();
  }

  void LookLocked() {
    if (finished_) return;
    working_ = true;
    changed_ = false;
    const bool taken = watches_.pool().TryRun([self = this->shared_from_this()] { self->Look(); });
    if (!taken) FinishLocked({grpc::StatusCode::UNAVAILABLE, "the core is too busy: watch again"});
  }

  void Look() {
    message_.Clear();
    const absl::StatusOr<Composed> composed = Compose(message_);
    std::lock_guard lock(mutex_);
    if (finished_) return;
    if (!composed.ok()) return FinishLocked(ToGrpc(composed.status()));
    more_ = composed->more;
    if (composed->write) return this->StartWrite(&message_);
    working_ = false;
    if (changed_ || more_) LookLocked();
  }

  void FinishLocked(const grpc::Status& status) {
    if (finished_) return;
    finished_ = true;
    this->Finish(status);
  }

  Watches& watches_;
  const std::string application_;
  uint64_t subscription_ = 0;
  Message message_;  // Of whoever composes or writes it.
  std::mutex mutex_;
  bool working_ = false;  // Composing a message, or writing it.
  bool changed_ = false;  // Since the last look.
  bool more_ = false;
  bool finished_ = false;
};

}  // namespace weft::api
