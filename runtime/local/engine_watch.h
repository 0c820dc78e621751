#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/engine/engine.h"

namespace weft::local {

// Follows the engine's events for ever: opens the stream again when it ends, has everything looked
// at each time it opens, since events may have been missed, and now and then all the same.
class EngineWatch {
 public:
  // `resync` and `on_event` are called from threads of this object; a `resync` that fails is called
  // again soon.
  EngineWatch(engine::Engine& engine, absl::Duration resync_period,
              std::function<absl::Status()> resync,
              std::function<void(const engine::Event&)> on_event);
  ~EngineWatch();  // Ends the threads.

 private:
  void Follow();
  void Resync();
  // True: stopping.
  bool WaitStop(absl::Duration duration);

  engine::Engine& engine_;
  const absl::Duration resync_period_;
  const std::function<absl::Status()> resync_;
  const std::function<void(const engine::Event&)> on_event_;
  engine::StreamControl* stream_ = nullptr;  // Of the events under way; guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool due_ = true;  // A resync is.
  std::thread follower_;
  std::thread resyncer_;
};

}  // namespace weft::local
