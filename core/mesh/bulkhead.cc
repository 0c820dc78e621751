#include "core/mesh/bulkhead.h"

#include <utility>

namespace weft::mesh {

bool Bulkhead::Enter(Kind kind, const std::string& application, std::function<void()> call) {
  {
    std::lock_guard lock(mutex_);
    // While others wait all turns are taken, or a thread is about to start them.
    if (running_ == in_flight_ || !users_.empty() || !background_.empty()) {
      if (kind == Kind::kUser) {
        if (waiting_.size() >= kWaitingApplications && !waiting_.contains(application))
          return false;
        ++waiting_[application];
      }
      (kind == Kind::kUser ? users_ : background_).push_back({application, std::move(call)});
      return true;
    }
    ++running_;
  }
  call();
  return true;
}

// A call that ends before it returns leaves here again; that it only counts, and the loop goes on,
// keeps the stack flat.
void Bulkhead::Leave() {
  std::unique_lock lock(mutex_);
  --running_;
  if (std::exchange(starting_, true)) return;
  while (running_ < in_flight_) {
    std::function<void()> next = NextLocked();
    if (next == nullptr) break;
    ++running_;
    lock.unlock();
    next();
    next = nullptr;  // What it holds is not destroyed under the lock.
    lock.lock();
  }
  starting_ = false;
}

// Null: nothing waits.
std::function<void()> Bulkhead::NextLocked() {
  const bool background =
      !background_.empty() && (users_.empty() || users_in_a_row_ == kUsersInARow);
  std::deque<Waiting>& from = background ? background_ : users_;
  if (from.empty()) return nullptr;
  Waiting next = std::move(from.front());
  from.pop_front();
  users_in_a_row_ = background || background_.empty() ? 0 : users_in_a_row_ + 1;
  if (!background && --waiting_[next.application] == 0) waiting_.erase(next.application);
  return std::move(next.call);
}

}  // namespace weft::mesh
