#pragma once

#include <cstddef>
#include <mutex>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"

namespace weft::mesh {

// Which keys a store may have, by their hashes, in some 16 bytes each: for one that it has not it
// need not be asked. Thread-safe.
class StoredKeys {
 public:
  // Before the store has it; and after it has not any more.
  void Add(const std::string& key) {
    std::lock_guard lock(mutex_);
    hashes_.insert(HashOf(key));
  }
  void Remove(const std::string& key) {
    std::lock_guard lock(mutex_);
    hashes_.erase(HashOf(key));
  }
  // All that were there before have been added.
  void SetComplete() {
    std::lock_guard lock(mutex_);
    complete_ = true;
  }

  // False: it has not.
  bool MayHave(const std::string& key) const {
    std::lock_guard lock(mutex_);
    return !complete_ || hashes_.contains(HashOf(key));
  }

 private:
  static size_t HashOf(const std::string& key) { return absl::HashOf(key); }

  mutable std::mutex mutex_;
  absl::flat_hash_set<size_t> hashes_;
  bool complete_ = false;
};

}  // namespace weft::mesh
