#include "runtime/base/watch_streams.h"

#include "runtime/base/convert.h"

namespace weft::runtime {

using v1::WatchResponse;

class WatchStreams::Stream final : public grpc::ServerWriteReactor<WatchResponse> {
 public:
  Stream(WatchStreams& streams, std::string id)
      : streams_(streams),
        id_(std::move(id)),
        subscription_(streams.board_.Subscribe([&streams, id = id_] { streams.queue_.Add(id); })) {}

  // Writes the next news unless a write is under way or there is none.
  void Pump() {
    std::lock_guard lock(mutex_);
    if (writing_ || finished_) return;
    const std::optional<BoardEvent> event = subscription_->Next();
    if (!event.has_value()) return;
    response_.Clear();
    ToProto(*event, &response_);
    writing_ = true;
    // With the lock: a write that begins after Finish is one of a call that may be over.
    StartWrite(&response_);
  }

  void End(const grpc::Status& status) {
    {
      std::lock_guard lock(mutex_);
      if (finished_) return;
      finished_ = true;
    }
    Finish(status);
  }

  void OnWriteDone(bool ok) override {
    {
      std::lock_guard lock(mutex_);
      writing_ = false;
    }
    if (ok) return Pump();
    End(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the client is gone"));
  }

  void OnCancel() override { End(grpc::Status::CANCELLED); }

  void OnDone() override {
    streams_.Closed(id_);
    delete this;
  }

 private:
  WatchStreams& streams_;
  const std::string id_;
  const std::unique_ptr<Board::Subscription> subscription_;
  std::mutex mutex_;
  WatchResponse response_;  // Of the write under way.
  bool writing_ = false;
  bool finished_ = false;
};

WatchStreams::WatchStreams(Board& board)
    : board_(board), queue_(1, [this](const std::string& id) { return Pump(id); }) {}

WatchStreams::~WatchStreams() { queue_.Stop(); }

grpc::ServerWriteReactor<WatchResponse>* WatchStreams::Open() {
  std::lock_guard lock(mutex_);
  const std::string id = std::to_string(++counter_);
  auto* stream = new Stream(*this, id);
  streams_[id] = stream;
  if (draining_) {
    stream->End(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the runtime is stopping"));
  } else {
    queue_.Add(id);
  }
  return stream;
}

void WatchStreams::Drain() {
  std::lock_guard lock(mutex_);
  draining_ = true;
  for (const auto& [id, stream] : streams_)
    stream->End(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the runtime is stopping"));
}

void WatchStreams::Closed(const std::string& id) {
  std::lock_guard lock(mutex_);
  streams_.erase(id);
}

KeyedQueue::Clock::duration WatchStreams::Pump(const std::string& id) {
  std::lock_guard lock(mutex_);  // Keeps the stream from going away.
  if (const auto found = streams_.find(id); found != streams_.end()) found->second->Pump();
  return KeyedQueue::kDone;
}

}  // namespace weft::runtime
