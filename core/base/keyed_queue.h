#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/ready_keys.h"

namespace weft {

// Work by key, for level-triggered loops: a key is worked on by one thread at a time, different
// keys in parallel, and any number of additions of a waiting key are one piece of work. A key added
// while it is worked on is worked on again. Among keys whose time has come, groups take turns and
// urgent ones come first (ReadyKeys).
//
// Thread-safe. The function must not throw. Destruction waits for the work under way and drops the
// rest.
class KeyedQueue {
 public:
  using Clock = std::chrono::steady_clock;
  // Works on `key`. Returns after how long to do it again, or a negative duration for "when it is
  // added again".
  using Work = std::function<Clock::duration(const std::string& key)>;
  static constexpr Clock::duration kDone = Clock::duration(-1);
  // The group of a key. Called with a lock held: it must not block.
  using Group = std::function<std::string(const std::string& key)>;

  // Without `group` all keys are in one.
  KeyedQueue(int threads, Work work, Group group = nullptr);
  ~KeyedQueue();
  KeyedQueue(const KeyedQueue&) = delete;
  KeyedQueue& operator=(const KeyedQueue&) = delete;

  // Works on `key` after `delay`, or sooner if it already waits for a sooner time. Urgent it is if
  // any of its additions is.
  void Add(const std::string& key, Clock::duration delay = Clock::duration(0), bool urgent = false);

  // Stops taking work and waits for what is under way. Idempotent.
  void Stop();

 private:
  struct Waiting {
    Clock::time_point due;
    bool urgent = false;
    bool ready = false;  // Its time has come: it is in ready_, not in later_.
  };

  void AddLocked(const std::string& key, Clock::time_point due, bool urgent);
  void MakeReadyLocked(const std::string& key, Waiting& waiting);
  // The next key to work on, which waits no longer; nothing: none is due.
  std::optional<std::string> TakeLocked();
  void Run();

  const Work work_;
  const Group group_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<std::string, Waiting> waiting_;
  std::set<std::pair<Clock::time_point, std::string>> later_;  // By due time.
  ReadyKeys ready_;  // Also keys that were taken, or became urgent, since.
  std::unordered_map<std::string, Waiting> running_;  // Keys worked on, with when to do them again.
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace weft
