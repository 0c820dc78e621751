#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <grpcpp/grpcpp.h>
#include <memory>
#include <mutex>
#include <thread>

#include "absl/status/status.h"
#include "core/base/service.h"
#include "runtime/engine/engine.h"

// Calls that stream bytes between a client and the engine. The engine's side blocks, so each has a
// thread of its own; their number is limited.
namespace weft::local {

// How many such calls there may be. Thread-safe.
class StreamLimit {
 public:
  explicit StreamLimit(int limit) : free_(limit) {}

  bool Take() {
    if (free_.fetch_sub(1) > 0) return true;
    free_.fetch_add(1);
    return false;
  }
  void Return() { free_.fetch_add(1); }

 private:
  std::atomic<int> free_;
};

inline grpc::Status TooManyStreams() {
  return {grpc::StatusCode::RESOURCE_EXHAUSTED, "too many streams of bytes are under way"};
}

// A call that sends: `work` runs on the call's thread and writes with Write. Deletes itself.
template <typename Response>
class SendingCall final : public grpc::ServerWriteReactor<Response> {
 public:
  using Work = std::function<absl::Status(SendingCall& call)>;

  SendingCall(StreamLimit& limit, Work work) : limit_(limit), work_(std::move(work)) {
    taken_ = limit_.Take();
    if (!taken_) {
      this->Finish(TooManyStreams());
    } else {
      // Touches nothing of the call after Finish: that may be the end of it.
      std::thread([this] { this->Finish(ToGrpc(work_(*this))); }).detach();
    }
  }

  // Blocks until the client has taken it. False: the client is gone.
  bool Write(const Response& response) {
    {
      std::lock_guard lock(mutex_);
      writing_ = true;
    }
    this->StartWrite(&response);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !writing_; });
    return ok_;
  }

  // Cancelled when the client is: for the engine's side.
  engine::StreamControl& control() { return control_; }

  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    writing_ = false;
    ok_ = ok;
    changed_.notify_all();
  }
  void OnCancel() override { control_.Cancel(); }
  void OnDone() override {
    if (taken_) limit_.Return();
    delete this;
  }

 private:
  StreamLimit& limit_;
  const Work work_;
  bool taken_ = false;
  engine::StreamControl control_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool writing_ = false;
  bool ok_ = true;
};

// A call that receives: `work` runs on the call's thread and reads with Read. Deletes itself.
template <typename Request>
class ReceivingCall final : public grpc::ServerReadReactor<Request> {
 public:
  using Work = std::function<absl::Status(ReceivingCall& call)>;

  ReceivingCall(StreamLimit& limit, grpc::CallbackServerContext& context, Work work)
      : limit_(limit), context_(context), work_(std::move(work)) {
    taken_ = limit_.Take();
    if (!taken_) {
      this->Finish(TooManyStreams());
    } else {
      // Touches nothing of the call after Finish: that may be the end of it.
      std::thread([this] { this->Finish(ToGrpc(work_(*this))); }).detach();
    }
  }

  // Blocks for the next message. False: the client has sent all. CANCELLED: the client is gone.
  absl::StatusOr<bool> Read(Request& request) {
    {
      std::lock_guard lock(mutex_);
      reading_ = true;
    }
    this->StartRead(&request);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !reading_; });
    if (!ok_ && (cancelled_ || context_.IsCancelled()))
      return absl::CancelledError("the client is gone");
    return ok_;
  }

  void OnReadDone(bool ok) override {
    std::lock_guard lock(mutex_);
    reading_ = false;
    ok_ = ok;
    changed_.notify_all();
  }
  void OnCancel() override {
    std::lock_guard lock(mutex_);
    cancelled_ = true;
  }
  void OnDone() override {
    if (taken_) limit_.Return();
    delete this;
  }

 private:
  StreamLimit& limit_;
  grpc::CallbackServerContext& context_;
  const Work work_;
  bool taken_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool reading_ = false;
  bool ok_ = true;
  bool cancelled_ = false;
};

}  // namespace weft::local
