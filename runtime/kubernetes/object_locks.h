#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>

namespace weft::kubernetes {

// A lock for each object, so that one is worked on by one thread at a time. Thread-safe.
class ObjectLocks {
 public:
  class Held {
   public:
    // Blocks until nobody holds `key`.
    Held(ObjectLocks& locks, std::string key) : locks_(locks), key_(std::move(key)) {
      std::unique_lock lock(locks_.mutex_);
      locks_.changed_.wait(lock, [&] { return locks_.held_.insert(key_).second; });
    }
    ~Held() {
      std::lock_guard lock(locks_.mutex_);
      locks_.held_.erase(key_);
      locks_.changed_.notify_all();
    }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

   private:
    ObjectLocks& locks_;
    const std::string key_;
  };

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> held_;
};

}  // namespace weft::kubernetes
