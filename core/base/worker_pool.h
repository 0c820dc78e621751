#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace weft {

// A bounded pool of threads for work that may block, so that gRPC's callbacks need not.
// Thread-safe. Destruction has its threads do what was taken, then ends.
class WorkerPool {
 public:
  // `threads` workers; at most `limit` pieces of work wait. With none, work is done by RunOne, and
  // what waits in the end is not done.
  WorkerPool(int threads, size_t limit);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Takes `work`, or returns false because as many as allowed wait: answer RESOURCE_EXHAUSTED.
  [[nodiscard]] bool TryRun(std::function<void()> work);

  // Does the piece of work that has waited longest, on this thread. False: none waits. For tests
  // that choose when something is done.
  bool RunOne();

 private:
  void Run();
  void RunNext(std::unique_lock<std::mutex>& lock);

  const size_t limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace weft
