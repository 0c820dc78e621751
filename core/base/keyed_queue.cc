#include "core/base/keyed_queue.h"

#include <algorithm>

namespace weft {
namespace {
constexpr KeyedQueue::Clock::time_point kNotAgain = KeyedQueue::Clock::time_point::max();
}  // namespace

KeyedQueue::KeyedQueue(int threads, Work work, Group group)
    : work_(std::move(work)), group_(std::move(group)) {
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

void KeyedQueue::Add(const std::string& key, Clock::duration delay, bool urgent) {
  {
    std::lock_guard lock(mutex_);
    const Clock::time_point due = Clock::now() + delay;
    if (auto running = running_.find(key); running != running_.end()) {
      running->second.due = std::min(running->second.due, due);
      running->second.urgent |= urgent;
      return;
    }
    AddLocked(key, due, urgent);
  }
  changed_.notify_one();
}

void KeyedQueue::AddLocked(const std::string& key, Clock::time_point due, bool urgent) {
  const auto [it, fresh] = waiting_.try_emplace(key, Waiting{due, urgent});
  Waiting& waiting = it->second;
  if (!fresh) {
    const bool more_urgent = urgent && !waiting.urgent;
    waiting.urgent |= urgent;
    if (waiting.ready) {
      if (more_urgent) MakeReadyLocked(key, waiting);
      return;
    }
    if (waiting.due <= due) return;
    later_.erase({waiting.due, key});
    waiting.due = due;
  }
  later_.emplace(due, key);
}

void KeyedQueue::MakeReadyLocked(const std::string& key, Waiting& waiting) {
  waiting.ready = true;
  ready_.Add(group_ == nullptr ? "" : group_(key), key, waiting.urgent);
}

std::optional<std::string> KeyedQueue::TakeLocked() {
  const Clock::time_point now = Clock::now();
  while (!later_.empty() && later_.begin()->first <= now) {
    const std::string key = later_.begin()->second;
    later_.erase(later_.begin());
    MakeReadyLocked(key, waiting_.at(key));
  }
  while (auto taken = ready_.Take()) {
    const auto waiting = waiting_.find(taken->key);
    if (waiting == waiting_.end() || !waiting->second.ready ||
        waiting->second.urgent != taken->urgent)
      continue;
    waiting_.erase(waiting);
    return std::move(taken->key);
  }
  return std::nullopt;
}

void KeyedQueue::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const std::optional<std::string> key = TakeLocked();
    if (!key.has_value()) {
      if (later_.empty()) {
        changed_.wait(lock);
      } else {
        // A copy: meanwhile it may be taken out.
        const Clock::time_point next = later_.begin()->first;
        changed_.wait_until(lock, next);
      }
      continue;
    }
    running_.emplace(*key, Waiting{kNotAgain});
    // This thread may have been the only one that knew when the next key is due.
    if (!waiting_.empty()) changed_.notify_one();
    lock.unlock();
    const Clock::duration again = work_(*key);
    lock.lock();
    Waiting next = running_.at(*key);
    running_.erase(*key);
    if (again >= Clock::duration(0)) next.due = std::min(next.due, Clock::now() + again);
    if (next.due != kNotAgain) {
      AddLocked(*key, next.due, next.urgent);
      changed_.notify_one();
    }
  }
}

}  // namespace weft
