#include "core/scheduler/dirty_keys.h"

#include <utility>

namespace weft::scheduler {

bool DirtyKeys::Add(const std::string& key) {
  std::lock_guard lock(mutex_);
  if (!waiting_.insert(key).second) return false;
  order_.push_back(key);
  return order_.size() == 1;
}

std::optional<std::string> DirtyKeys::Take() {
  std::lock_guard lock(mutex_);
  if (order_.empty()) return std::nullopt;
  std::string key = std::move(order_.front());
  order_.pop_front();
  waiting_.erase(key);
  return key;
}

size_t DirtyKeys::size() const {
  std::lock_guard lock(mutex_);
  return order_.size();
}

}  // namespace weft::scheduler
