#include "core/mesh/recent_answers.h"

namespace weft::mesh {

int64_t RecentAnswers::SizeOf(absl::string_view key, const std::string& answer) {
  return static_cast<int64_t>(key.size() + answer.size()) + kEntryBytes;
}

std::optional<std::string> RecentAnswers::Find(const std::string& key) {
  std::lock_guard lock(mutex_);
  const auto found = places_.find(key);
  if (found == places_.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->second;
}

void RecentAnswers::Put(const std::string& key, const std::string& answer) {
  std::lock_guard lock(mutex_);
  ForgetLocked(key);
  if (SizeOf(key, answer) > limit_) return;
  entries_.emplace_front(key, answer);
  places_[entries_.front().first] = entries_.begin();
  size_ += SizeOf(key, answer);
  while (size_ > limit_) ForgetLocked(entries_.back().first);
}

void RecentAnswers::Forget(const std::string& key) {
  std::lock_guard lock(mutex_);
  ForgetLocked(key);
}

void RecentAnswers::ForgetLocked(absl::string_view key) {
  const auto found = places_.find(key);
  if (found == places_.end()) return;
  const auto entry = found->second;
  size_ -= SizeOf(entry->first, entry->second);
  places_.erase(found);  // Before the key that it refers to.
  entries_.erase(entry);
}

}  // namespace weft::mesh
