#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <string>

#include "core/base/keyed_queue.h"

namespace weft::local {

// How long to wait after failures in a row, by key: twice as long each time. Thread-safe.
class Backoff {
 public:
  using Duration = KeyedQueue::Clock::duration;

  Backoff(Duration first, Duration longest) : first_(first), longest_(longest) {}

  Duration Failed(const std::string& key) {
    std::lock_guard lock(mutex_);
    Duration& next = next_.try_emplace(key, first_).first->second;
    const Duration now = next;
    next = std::min(next * 2, longest_);
    return now;
  }

  void Succeeded(const std::string& key) {
    std::lock_guard lock(mutex_);
    next_.erase(key);
  }

 private:
  const Duration first_;
  const Duration longest_;
  std::mutex mutex_;
  std::map<std::string, Duration> next_;  // By key; keys without a failure have none.
};

}  // namespace weft::local
