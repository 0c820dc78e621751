#include "core/base/worker_pool.h"

namespace weft {

WorkerPool::WorkerPool(int threads, size_t limit) : limit_(limit) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

WorkerPool::~WorkerPool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool WorkerPool::TryRun(std::function<void()> work) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_ || waiting_.size() >= limit_) return false;
    waiting_.push_back(std::move(work));
  }
  changed_.notify_one();
  return true;
}

bool WorkerPool::RunOne() {
  std::unique_lock lock(mutex_);
  if (waiting_.empty()) return false;
  RunNext(lock);
  return true;
}

void WorkerPool::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    RunNext(lock);
  }
}

// With the lock before and after; without it while it works.
void WorkerPool::RunNext(std::unique_lock<std::mutex>& lock) {
  std::function<void()> work = std::move(waiting_.front());
  waiting_.pop_front();
  lock.unlock();
  work();
  work = nullptr;
  lock.lock();
}

}  // namespace weft
