#include "core/store/recent_values.h"

namespace weft::store {

int64_t RecentValues::SizeOf(absl::string_view key, const std::string& value) {
  return static_cast<int64_t>(key.size() + value.size()) + kEntryBytes;
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
  if (!writing_ && writes_ == moment) PutLocked(key, value);
}

void RecentValues::Put(const std::string& key, const std::string& value) {
  std::lock_guard lock(mutex_);
  ++writes_;
  PutLocked(key, value);
}

void RecentValues::BeginWrite(const Written& written) {
  std::lock_guard lock(mutex_);
  writing_ = true;
  for (const auto& [key, value] : written) ForgetLocked(key);
}

void RecentValues::EndWrite(const Written& written) {
  std::lock_guard lock(mutex_);
  writing_ = false;
  ++writes_;
  for (const auto& [key, value] : written)
    if (value != nullptr && !places_.contains(key)) PutLocked(key, *value);
}

void RecentValues::PutLocked(absl::string_view key, const std::string& value) {
  ForgetLocked(key);
  if (SizeOf(key, value) > limit_) return;
  entries_.emplace_front(std::string(key), value);
  places_[entries_.front().first] = entries_.begin();
  size_ += SizeOf(key, value);
  while (size_ > limit_) ForgetLocked(entries_.back().first);
}

void RecentValues::ForgetLocked(absl::string_view key) {
  const auto found = places_.find(key);
  if (found == places_.end()) return;
  const auto entry = found->second;
  size_ -= SizeOf(entry->first, entry->second);
  places_.erase(found);  // Before the key that it refers to.
  entries_.erase(entry);
}

}  // namespace weft::store
