#pragma once

#include <atomic>
#include <condition_variable>
#include <grpcpp/grpcpp.h>
#include <memory>
#include <mutex>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/pending_operation.h"
#include "core/base/service.h"
#include "core/base/status.h"
#include "core/base/stream_limit.h"

namespace weft {

// A call that passes on what comes and goes of a Stream (Command, Connection), which its first
// message asks for. Two threads of its own carry it, one each way, since the stream's side blocks:
// such calls are few. Deletes itself.
template <typename Request, typename Response, typename Stream>
class TwoWayCall : public grpc::ServerBidiReactor<Request, Response> {
 public:
  void OnReadDone(bool ok) final { reading_.Done(ok); }
  void OnWriteDone(bool ok) final { writing_.Done(ok); }
  void OnCancel() final {
    std::lock_guard lock(mutex_);
    cancelled_ = true;
    if (stream_ != nullptr) stream_->Cancel();
  }
  void OnDone() final {
    if (taken_) limit_.Return();
    Leave();
  }

 protected:
  // `limit` outlives it.
  explicit TwoWayCall(StreamLimit& limit) : limit_(limit) {}

  // The last act of whoever makes it.
  void Begin() {
    taken_ = limit_.Take();
    if (!taken_) {
      left_ = 1;
      this->Finish(TooManyStreams());
    } else {
      std::thread([this] { Work(); }).detach();
    }
  }

  // Each blocks, on a thread of the call.
  virtual absl::StatusOr<std::unique_ptr<Stream>> Open(const Request& first) = 0;
  // Until the client has no more to say, or nobody listens.
  virtual void PassInput(Stream& stream) = 0;
  // To its end.
  virtual absl::Status PassOutput(Stream& stream) = 0;

  // Blocks for the client's next message. False: there is none, or the call ends.
  bool Read(Request& request) {
    {
      std::lock_guard lock(mutex_);
      if (no_more_reads_) return false;
      starting_ = true;
    }
    reading_.Begin();
    // Not with the lock: it may be done at once, on this thread.
    this->StartRead(&request);
    {
      std::lock_guard lock(mutex_);
      starting_ = false;
      started_.notify_all();
    }
    return reading_.Await();
  }

  // Blocks until the client has taken it. CANCELLED: the client is gone.
  absl::Status Write(const Response& response) {
    writing_.Begin();
    this->StartWrite(&response);
    return writing_.Await() ? absl::OkStatus() : Gone();
  }

  // CANCELLED: the client is gone.
  absl::Status CheckClient() {
    std::lock_guard lock(mutex_);
    return cancelled_ ? Gone() : absl::OkStatus();
  }

 private:
  static absl::Status Gone() { return absl::CancelledError("the client is gone"); }

  void Work() {
    std::unique_ptr<Stream> stream;
    std::thread input;
    const absl::Status status = Carry(stream, input);
    StopReading();
    this->Finish(ToGrpc(status));  // With it ends a read that is under way,
    if (stream != nullptr) {
      std::lock_guard lock(mutex_);
      stream_ = nullptr;
      stream->Cancel();  // and with this a write.
    }
    if (input.joinable()) input.join();
    Leave();
  }

  absl::Status Carry(std::unique_ptr<Stream>& stream, std::thread& input) {
    Request first;
    if (!Read(first)) return absl::InvalidArgumentError("there is no first message");
    WEFT_ASSIGN_OR_RETURN(stream, Open(first));
    {
      std::lock_guard lock(mutex_);
      stream_ = stream.get();
      if (cancelled_) stream->Cancel();
    }
    input = std::thread([this, &running = *stream] { PassInput(running); });
    return PassOutput(*stream);
  }

  // No read begins after this: none may after Finish. One that is under way ends with the call.
  void StopReading() {
    std::unique_lock lock(mutex_);
    no_more_reads_ = true;
    started_.wait(lock, [&] { return !starting_; });
  }

  // The call and the thread leave; the last deletes.
  void Leave() {
    if (--left_ == 0) delete this;
  }

  StreamLimit& limit_;
  bool taken_ = false;
  std::atomic<int> left_ = 2;
  PendingOperation reading_, writing_;
  std::mutex mutex_;
  std::condition_variable started_;
  bool starting_ = false, no_more_reads_ = false, cancelled_ = false;
  Stream* stream_ = nullptr;  // While it runs.
};

}  // namespace weft
