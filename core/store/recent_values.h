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

// The last used values of a store, in memory: as many as have room in `limit` bytes. All that is
// written at once is seen at once: while it is written, its keys are not here, and nothing that is
// read meanwhile comes here. Thread-safe; one thread writes.
class RecentValues {
 public:
  // What an entry takes beside its key and its value, about.
  static constexpr int64_t kEntryBytes = 160;

  // What a key has after a write: null: nothing, or it is not known.
  using Written = absl::flat_hash_map<absl::string_view, const std::string*>;

  explicit RecentValues(int64_t limit) : limit_(limit) {}

  std::optional<std::string> Find(const std::string& key);

  // Of now: taken before a value is read from the store.
  uint64_t Moment();
  // What was read. It is kept if nothing has been written since `moment`.
  void Read(const std::string& key, const std::string& value, uint64_t moment);

  // What will be written.
  void Put(const std::string& key, const std::string& value);

  // Around a write of all keys of `written`, by the thread that writes. What was Put meanwhile is
  // newer and stays.
  void BeginWrite(const Written& written);
  void EndWrite(const Written& written);

 private:
  using Entry = std::pair<std::string, std::string>;  // Key and value.

  static int64_t SizeOf(absl::string_view key, const std::string& value);
  void PutLocked(absl::string_view key, const std::string& value);
  void ForgetLocked(absl::string_view key);

  const int64_t limit_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // The last used first.
  absl::flat_hash_map<absl::string_view, std::list<Entry>::iterator> places_;  // Of their keys.
  int64_t size_ = 0;
  uint64_t writes_ = 0;
  bool writing_ = false;
};

}  // namespace weft::store
