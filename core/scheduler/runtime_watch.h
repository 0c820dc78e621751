#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "core/scheduler/observed.h"
#include "weft/runtime/v1/runtime.grpc.pb.h"

namespace weft::scheduler {

// Keeps `observed` up to date from a runtime's watch, in a thread of its own; watches again with
// back-off (100 ms to 2 s) when the stream ends.
class RuntimeWatch {
 public:
  struct Listener {
    // One application changed, after the stream's first SYNCED: up to it on_sync stands for all.
    std::function<void(const std::string& application)> on_change;
    std::function<void()> on_sync;  // The state of the connection changed: look at everything.
  };
  // `name` is for people. `stub` and `observed` outlive the object. The listener is called from its
  // thread.
  RuntimeWatch(const std::string& name, runtime::v1::Runtime::StubInterface& stub,
               Observed& observed, Listener listener);
  ~RuntimeWatch();

  // It has told what there is once, or failed to. True when on_sync is called for the first time.
  bool HasSpoken() const { return has_spoken_; }
  // Why the runtime cannot be heard at the moment; empty: it can.
  std::string WhyAway() const;

 private:
  void Run();
  std::string WatchOnce();
  void Take(const runtime::v1::WatchResponse& response);

  const std::string name_;
  runtime::v1::Runtime::StubInterface& stub_;
  Observed& observed_;
  const Listener listener_;
  bool synced_ = false;  // This stream has said SYNCED; of the thread.
  std::atomic<bool> has_spoken_ = false;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  grpc::ClientContext* call_ = nullptr;
  std::string away_;
  std::thread thread_;
};

}  // namespace weft::scheduler
