#pragma once

#include <atomic>
#include <functional>
#include <grpcpp/grpcpp.h>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/pending_operation.h"
#include "runtime/base/calls.h"

namespace weft::local {

// A call that receives, on a thread of its own, because the engine's side blocks: `work` runs there
// and reads with Read. Deletes itself.
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
    reading_.Begin();
    this->StartRead(&request);
    const bool ok = reading_.Await();
    if (!ok && (cancelled_ || context_.IsCancelled()))
      return absl::CancelledError("the client is gone");
    return ok;
  }

  void OnReadDone(bool ok) override { reading_.Done(ok); }
  void OnCancel() override { cancelled_ = true; }
  void OnDone() override {
    if (taken_) limit_.Return();
    delete this;
  }

 private:
  StreamLimit& limit_;
  grpc::CallbackServerContext& context_;
  const Work work_;
  bool taken_ = false;
  PendingOperation reading_;
  std::atomic<bool> cancelled_ = false;
};

}  // namespace weft::local
