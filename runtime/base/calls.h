#pragma once

#include <functional>
#include <grpcpp/grpcpp.h>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "core/base/pending_operation.h"
#include "core/base/service.h"
#include "core/base/stream_limit.h"
#include "core/base/worker_pool.h"

// How calls of gRPC meet work that blocks.
namespace weft::runtime {

// Has `work` done by `pool` and answers with its status; RESOURCE_EXHAUSTED when that is full. Work
// whose caller is gone before it begins is not done: the caller counts on nothing of it any more,
// and may have asked for the opposite since.
inline grpc::ServerUnaryReactor* RunOn(WorkerPool& pool, grpc::CallbackServerContext* context,
                                       std::function<absl::Status()> work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const bool taken = pool.TryRun([context, reactor, work = std::move(work)] {
    reactor->Finish(context->IsCancelled() ? grpc::Status::CANCELLED : ToGrpc(work()));
  });
  if (!taken) reactor->Finish({grpc::StatusCode::RESOURCE_EXHAUSTED, "too many calls are waiting"});
  return reactor;
}

// Has `work`, which takes a while, done on a thread of its own and answers with its status.
inline grpc::ServerUnaryReactor* RunOnThread(StreamLimit& limit,
                                             grpc::CallbackServerContext* context,
                                             std::function<absl::Status()> work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (!limit.Take()) {
    reactor->Finish(TooManyStreams());
    return reactor;
  }
  std::thread([&limit, reactor, work = std::move(work)] {
    const grpc::Status status = ToGrpc(work());
    limit.Return();
    reactor->Finish(status);  // Nothing of the call is touched after this.
  }).detach();
  return reactor;
}

// A call that sends, on a thread of its own, because the platform's side blocks: `work` runs there
// and writes with Write. Deletes itself.
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
    writing_.Begin();
    this->StartWrite(&response);
    return writing_.Await();
  }

  // `cancel` is called, from any thread, when the client is gone: at once if it is already. An
  // empty one ends that; no call of it comes after that returned.
  void WhenCancelled(std::function<void()> cancel) {
    std::lock_guard lock(cancel_mutex_);
    cancel_ = std::move(cancel);
    if (cancelled_ && cancel_) cancel_();
  }

  void OnWriteDone(bool ok) override { writing_.Done(ok); }
  void OnCancel() override {
    std::lock_guard lock(cancel_mutex_);
    cancelled_ = true;
    if (cancel_) cancel_();
  }
  void OnDone() override {
    if (taken_) limit_.Return();
    delete this;
  }

 private:
  StreamLimit& limit_;
  const Work work_;
  bool taken_ = false;
  PendingOperation writing_;
  std::mutex cancel_mutex_;
  std::function<void()> cancel_;
  bool cancelled_ = false;
};

}  // namespace weft::runtime
