#include "runtime/base/board.h"

namespace weft::runtime {

Board::Subscription::~Subscription() {
  std::lock_guard lock(board_.mutex_);
  board_.subscriptions_.erase(this);
}

std::optional<BoardEvent> Board::Subscription::Next() {
  std::lock_guard lock(board_.mutex_);
  std::string key;
  if (!initial_.empty()) {
    key = *initial_.begin();
    initial_.erase(initial_.begin());
  } else if (!synced_ || (board_.complete_ && !told_complete_)) {
    synced_ = true;
    told_complete_ = board_.complete_;
    return BoardEvent{BoardEvent::Type::kSynced, {}, {}, told_complete_};
  } else if (!order_.empty()) {
    key = order_.front();
    order_.pop_front();
    queued_.erase(key);
  } else {
    return std::nullopt;
  }
  const auto found = board_.projections_.find(key);
  if (found != board_.projections_.end()) {
    known_[key] = found->second.ref;
    return BoardEvent{BoardEvent::Type::kChanged, found->second, {}, false};
  }
  BoardEvent event{BoardEvent::Type::kGone, {}, known_.at(key), false};
  known_.erase(key);
  return event;
}

void Board::Subscription::ChangedLocked(const std::string& key) {
  if (initial_.count(key) == 0 && queued_.insert(key).second) order_.push_back(key);
}

void Board::Subscription::GoneLocked(const std::string& key) {
  if (known_.count(key) > 0) return ChangedLocked(key);
  // The watcher never heard of it.
  initial_.erase(key);
  if (queued_.erase(key) > 0) std::erase(order_, key);
}

std::unique_ptr<Board::Subscription> Board::Subscribe(std::function<void()> notify) {
  std::unique_ptr<Subscription> subscription(new Subscription(*this, std::move(notify)));
  std::lock_guard lock(mutex_);
  for (const auto& [key, projection] : projections_) subscription->initial_.insert(key);
  subscriptions_.insert(subscription.get());
  return subscription;
}

void Board::Put(Projection projection) {
  std::lock_guard lock(mutex_);
  const std::string key = KeyOf(projection.ref);
  const auto [it, fresh] = projections_.try_emplace(key);
  if (!fresh && it->second == projection) return;
  it->second = std::move(projection);
  for (Subscription* subscription : subscriptions_) subscription->ChangedLocked(key);
  NotifyLocked();
}

void Board::Remove(const std::string& key) {
  std::lock_guard lock(mutex_);
  if (projections_.erase(key) == 0) return;
  for (Subscription* subscription : subscriptions_) subscription->GoneLocked(key);
  NotifyLocked();
}

void Board::SetComplete() {
  std::lock_guard lock(mutex_);
  if (complete_) return;
  complete_ = true;
  NotifyLocked();
}

std::vector<Projection> Board::List(bool& complete) const {
  std::lock_guard lock(mutex_);
  std::vector<Projection> list;
  for (const auto& [key, projection] : projections_) list.push_back(projection);
  complete = complete_;
  return list;
}

void Board::NotifyLocked() {
  for (Subscription* subscription : subscriptions_) subscription->notify_();
}

}  // namespace weft::runtime
