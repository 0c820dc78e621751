#include "core/base/keyed_queue.h"

#include <algorithm>

namespace weft {
namespace {
constexpr KeyedQueue::Clock::time_point kNotAgain = KeyedQueue::Clock::time_point::max();
}  // namespace

KeyedQueue::KeyedQueue(int threads, Work work) : work_(std::move(work)) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

KeyedQueue::~KeyedQueue() { Stop(); }

void KeyedQueue::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void KeyedQueue::Add(const std::string& key, Clock::duration delay) {
  {
    std::lock_guard lock(mutex_);
    const Clock::time_point due = Clock::now() + delay;
    if (auto running = running_.find(key); running != running_.end()) {
      running->second = std::min(running->second, due);
      return;
    }
    AddLocked(key, due);
  }
  changed_.notify_one();
}

void KeyedQueue::AddLocked(const std::string& key, Clock::time_point due) {
  auto [it, fresh] = due_.try_emplace(key, due);
  if (!fresh) {
    if (it->second <= due) return;
    waiting_.erase({it->second, key});
    it->second = due;
  }
  waiting_.insert({due, key});
}

void KeyedQueue::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (waiting_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const Clock::time_point due = waiting_.begin()->first;
    if (due > Clock::now()) {
      changed_.wait_until(lock, due);
      continue;
    }
    const std::string key = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    due_.erase(key);
    running_.emplace(key, kNotAgain);
    // This thread may have been the only one that knew when the next key is due.
    if (!waiting_.empty()) changed_.notify_one();
    lock.unlock();
    const Clock::duration again = work_(key);
    lock.lock();
    Clock::time_point next = running_.at(key);
    running_.erase(key);
    if (again >= Clock::duration(0)) next = std::min(next, Clock::now() + again);
    if (next != kNotAgain) {
      AddLocked(key, next);
      changed_.notify_one();
    }
  }
}

}  // namespace weft
