#pragma once

#include <condition_variable>
#include <mutex>

namespace weft {

// One operation of a reactor of gRPC's callback API, for a thread that waits for it: Begin, start
// it, Await; its reaction calls Done. One at a time. Thread-safe.
class PendingOperation {
 public:
  void Begin() {
    std::lock_guard lock(mutex_);
    under_way_ = true;
  }
  void Done(bool ok) {
    std::lock_guard lock(mutex_);
    under_way_ = false;
    ok_ = ok;
    changed_.notify_all();
  }
  // Blocks until it is done; whether it succeeded.
  bool Await() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !under_way_; });
    return ok_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool under_way_ = false;
  bool ok_ = false;
};

}  // namespace weft
