#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace weft {

// Work by key, for level-triggered loops: a key is worked on by one thread at a time, different
// keys in parallel, and any number of additions of a waiting key are one piece of work. A key added
// while it is worked on is worked on again.
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

  KeyedQueue(int threads, Work work);
  ~KeyedQueue();
  KeyedQueue(const KeyedQueue&) = delete;
  KeyedQueue& operator=(const KeyedQueue&) = delete;

  // Works on `key` after `delay`, or sooner if it already waits for a sooner time.
  void Add(const std::string& key, Clock::duration delay = Clock::duration(0));

  // Stops taking work and waits for what is under way. Idempotent.
  void Stop();

 private:
  void AddLocked(const std::string& key, Clock::time_point due);
  void Run();

  const Work work_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::pair<Clock::time_point, std::string>> waiting_;  // By due time.
  std::unordered_map<std::string, Clock::time_point> due_;       // Of the waiting keys.
  std::unordered_map<std::string, Clock::time_point>
      running_;  // Keys worked on, with when to do them again.
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace weft
