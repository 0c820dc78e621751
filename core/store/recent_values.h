#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace weft::store {

// The last used values of a store, in memory: as many as have room in `limit` bytes. It never holds
// another value than was written last, if whoever writes tells it after the store has the value.
// Thread-safe.
class RecentValues {
 public:
  explicit RecentValues(int64_t limit) : limit_(limit) {}

  std::optional<std::string> Find(const std::string& key);

  // Of now: taken before a value is read from the store.
  uint64_t Moment();
  // What was read. It is kept if nothing has been written since `moment`, and so not this key.
  void Read(const std::string& key, const std::string& value, uint64_t moment);

  void Wrote(const std::string& key, const std::string& value);
  // It was erased, or it is not known what the store has.
  void Forget(const std::string& key);

 private:
  using Entry = std::pair<std::string, std::string>;  // Key and value.

  static int64_t SizeOf(const Entry& entry);
  void PutLocked(const std::string& key, const std::string& value);
  void ForgetLocked(absl::string_view key);

  const int64_t limit_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // The last used first.
  absl::flat_hash_map<absl::string_view, std::list<Entry>::iterator> places_;  // Of their keys.
  int64_t size_ = 0;
  uint64_t writes_ = 0;
};

}  // namespace weft::store
