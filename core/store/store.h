#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace weft::store {

// A change of several keys, all or nothing.
struct Transaction {
  // The key must have this value now; nullopt: must not exist.
  struct Condition {
    std::string key;
    std::optional<std::string> value;
  };
  std::vector<Condition> conditions;
  std::vector<std::pair<std::string, std::string>> puts;
  std::vector<std::string> deletes;

  void Put(std::string key, std::string value) {
    puts.emplace_back(std::move(key), std::move(value));
  }
  void Delete(std::string key) { deletes.push_back(std::move(key)); }
  void Expect(std::string key, std::optional<std::string> value) {
    conditions.push_back({std::move(key), std::move(value)});
  }
};

// An ordered map of bytes to bytes that survives everything: the core's one memory. Keys are paths
// such as "apps/default/hello"; core/store/keys.h makes them.
//
// Thread-safe. All implementations pass core/store/store_test.cc.
class Store {
 public:
  virtual ~Store() = default;

  // The value of `key`, or NOT_FOUND.
  virtual absl::StatusOr<std::string> Get(const std::string& key) = 0;

  // Every key that starts with `prefix` and is greater than `after`, with its value, in the order
  // of the keys' bytes; at most `limit` of them, 0: all.
  virtual absl::StatusOr<std::vector<std::pair<std::string, std::string>>> List(
      const std::string& prefix, const std::string& after = "", int64_t limit = 0) = 0;

  // Applies `transaction` and returns when it is durable. Transactions of several callers share one
  // write to the disk. ABORTED, naming the key: a condition does not hold; nothing was changed.
  // Another error: whether it was applied is not known; read again.
  virtual absl::Status Commit(Transaction transaction) = 0;

  // Applies `transaction` after those committed before and with the next one, `within` a time at
  // the latest, without waiting and without an answer. For what may be lost, such as the last seen
  // status: the more time there is, the more of it shares one write to the disk.
  virtual void CommitLater(Transaction transaction, absl::Duration within) = 0;
};

// Calls `each` with every entry below `prefix`, in the order of List, until it returns an error,
// which is returned. Reads a page after the other: for what there may be very much of. An entry
// that is written or deleted meanwhile may be missed.
absl::Status ForEach(
    Store& store, const std::string& prefix,
    const std::function<absl::Status(const std::string& key, const std::string& value)>& each);

}  // namespace weft::store
