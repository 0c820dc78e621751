#include "core/api/watches.h"

#include <algorithm>
#include <vector>

#include "core/base/data_directory.h"

namespace weft::api {

Watches::Watches(scheduler::Scheduler& scheduler, store::Store& store, WorkerPool& pool)
    : scheduler_(scheduler), store_(store), pool_(pool), process_(RandomHex(16)) {}

void Watches::Begin(const std::shared_ptr<OpenWatch>& watch) {
  bool ending = false;
  {
    std::lock_guard lock(mutex_);
    open_.insert(watch);
    ending = ending_;
  }
  watch->Start();
  if (ending) watch->End({grpc::StatusCode::UNAVAILABLE, "the core drains"});
}

void Watches::End() {
  std::vector<std::shared_ptr<OpenWatch>> open;
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
    open.assign(open_.begin(), open_.end());
  }
  for (const auto& watch : open) watch->End({grpc::StatusCode::UNAVAILABLE, "the core drains"});
}

void Watches::Closed(OpenWatch* watch) {
  std::shared_ptr<OpenWatch> last;  // Released outside the lock.
  std::lock_guard lock(mutex_);
  const auto found = std::find_if(open_.begin(), open_.end(),
                                  [&](const auto& open) { return open.get() == watch; });
  last = *found;
  open_.erase(found);
}

}  // namespace weft::api
