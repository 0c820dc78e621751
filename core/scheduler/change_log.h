#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace weft::scheduler {

// Which keys changed, in the order in which they did so last, each once: whoever reads slowly reads
// what holds when it comes. A reader keeps the number up to which it has read; so one that was away
// goes on where it was. Of what this process did; the keys that changed longest ago are forgotten.
// Thread-safe.
class ChangeLog {
 public:
  // Remembers so many keys.
  explicit ChangeLog(size_t most) : most_(most) {}

  void Add(const std::string& key);
  // The number of the last change; 0: there was none.
  uint64_t last() const;

  struct Changes {
    std::vector<std::string> keys;  // In the order in which they changed.
    uint64_t up_to = 0;             // All changes up to this one are among them.

    bool operator==(const Changes&) const = default;
  };
  // At most `limit` keys that changed after the change `number`. Nothing: it is not remembered what
  // that was, or there was no such change.
  std::optional<Changes> After(uint64_t number, size_t limit) const;

 private:
  const size_t most_;
  mutable std::mutex mutex_;
  uint64_t last_ = 0;
  uint64_t forgotten_ = 0;                     // The last change that is not remembered.
  std::map<uint64_t, std::string> by_number_;  // The last change of each key.
  std::unordered_map<std::string, uint64_t> numbers_;
};

}  // namespace weft::scheduler
