#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>

namespace weft::scheduler {

// The keys that somebody has to look at again, first in, first out. A key waits once, however often
// it changed meanwhile: a reader that is slow costs one copy of each key, and reads only what holds
// when it comes. Thread-safe.
class DirtyKeys {
 public:
  // Lets `key` wait, if it does not. True: none waited before, so the reader has to be woken.
  bool Add(const std::string& key);
  // The key that waits longest, which does not wait any more; nothing: none does.
  std::optional<std::string> Take();
  size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::deque<std::string> order_;
  std::unordered_set<std::string> waiting_;
};

}  // namespace weft::scheduler
