#include "core/scheduler/change_log.h"

namespace weft::scheduler {

void ChangeLog::Add(const std::string& key) {
  std::lock_guard lock(mutex_);
  const auto [number, fresh] = numbers_.try_emplace(key, 0);
  if (!fresh) by_number_.erase(number->second);
  number->second = ++last_;
  by_number_.emplace(last_, key);
  if (by_number_.size() <= most_) return;
  const auto oldest = by_number_.begin();
  forgotten_ = oldest->first;
  numbers_.erase(oldest->second);
  by_number_.erase(oldest);
}

uint64_t ChangeLog::last() const {
  std::lock_guard lock(mutex_);
  return last_;
}

std::optional<ChangeLog::Changes> ChangeLog::After(uint64_t number, size_t limit) const {
  std::lock_guard lock(mutex_);
  if (number < forgotten_ || number > last_) return std::nullopt;
  Changes changes{.keys = {}, .up_to = last_};
  for (auto next = by_number_.upper_bound(number); next != by_number_.end(); ++next) {
    if (changes.keys.size() == limit) break;
    changes.keys.push_back(next->second);
    changes.up_to = next->first;
  }
  if (changes.keys.size() < limit) changes.up_to = last_;
  return changes;
}

}  // namespace weft::scheduler
