#include "core/store/recent_values.h"

namespace weft::store {

int64_t RecentValues::SizeOf(const Entry& entry) {
  return static_cast<int64_t>(entry.first.size() + entry.second.size());
}

std::optional<std::string> RecentValues::Find(const std::string& key) {
  std::lock_guard lock(mutex_);
  const auto found = places_.find(key);
  if (found == places_.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->second;
}

uint64_t RecentValues::Moment() {
  std::lock_guard lock(mutex_);
  return writes_;
}

void RecentValues::Read(const std::string& key, const std::string& value, uint64_t moment) {
  std::lock_guard lock(mutex_);
  if (writes_ == moment) PutLocked(key, value);
}

void RecentValues::Wrote(const std::string& key, const std::string& value) {
  std::lock_guard lock(mutex_);
  ++writes_;
  PutLocked(key, value);
}

void RecentValues::Forget(const std::string& key) {
  std::lock_guard lock(mutex_);
  ++writes_;
  ForgetLocked(key);
}

void RecentValues::PutLocked(const std::string& key, const std::string& value) {
  ForgetLocked(key);
  entries_.emplace_front(key, value);
  places_[entries_.front().first] = entries_.begin();
  size_ += SizeOf(entries_.front());
  while (size_ > limit_) ForgetLocked(entries_.back().first);
}

void RecentValues::ForgetLocked(absl::string_view key) {
  const auto found = places_.find(key);
  if (found == places_.end()) return;
  const auto entry = found->second;
  size_ -= SizeOf(*entry);
  places_.erase(found);  // Before the key that it refers to.
  entries_.erase(entry);
}

}  // namespace weft::store
