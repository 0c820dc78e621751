#include "core/store/memory_store.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace weft::store {

absl::StatusOr<std::string> MemoryStore::Get(const std::string& key) {
  std::lock_guard lock(mutex_);
  const auto it = values_.find(key);
  if (it == values_.end()) return absl::NotFoundError(absl::StrCat("no ", key));
  return it->second;
}

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> MemoryStore::List(
    const std::string& prefix, const std::string& after, int64_t limit) {
  std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, std::string>> result;
  auto it = after < prefix ? values_.lower_bound(prefix) : values_.upper_bound(after);
  for (; it != values_.end() && absl::StartsWith(it->first, prefix); ++it) {
    if (limit > 0 && static_cast<int64_t>(result.size()) == limit) break;
    result.emplace_back(*it);
  }
  return result;
}

absl::Status MemoryStore::Commit(Transaction transaction) {
  std::lock_guard lock(mutex_);
  for (const Transaction::Condition& condition : transaction.conditions) {
    const auto it = values_.find(condition.key);
    const bool holds = condition.value.has_value()
                           ? it != values_.end() && it->second == *condition.value
                           : it == values_.end();
    if (!holds) return absl::AbortedError(absl::StrCat(condition.key, " changed meanwhile"));
  }
  for (auto& [key, value] : transaction.puts) values_[key] = std::move(value);
  for (const std::string& key : transaction.deletes) values_.erase(key);
  return absl::OkStatus();
}

void MemoryStore::CommitLater(Transaction transaction, absl::Duration) {
  Commit(std::move(transaction)).IgnoreError();
}

}  // namespace weft::store
