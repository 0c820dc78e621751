#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace weft::mesh {

// The last used answers by their keys, in memory: as many as have room in `limit` bytes, what an
// entry takes beside its key and its answer counted as kEntryBytes. Thread-safe.
class RecentAnswers {
 public:
  static constexpr int64_t kEntryBytes = 160;  // About.

  explicit RecentAnswers(int64_t limit) : limit_(limit) {}

  std::optional<std::string> Find(const std::string& key);
  void Put(const std::string& key, const std::string& answer);
  void Forget(const std::string& key);

 private:
  using Entry = std::pair<std::string, std::string>;  // Key and answer.

  static int64_t SizeOf(absl::string_view key, const std::string& answer);
  void ForgetLocked(absl::string_view key);

  const int64_t limit_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // The last used first.
  absl::flat_hash_map<absl::string_view, std::list<Entry>::iterator> places_;  // Of their keys.
  int64_t size_ = 0;
};

}  // namespace weft::mesh
