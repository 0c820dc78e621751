#include "core/api/application_watch.h"

#include <algorithm>
#include <vector>

#include "core/base/data_directory.h"
#include "core/base/service.h"
#include "core/scheduler/application_key.h"

namespace weft::api {

// One watch: writes the application's status, and again whenever it changed since the last write
// began. A slow client gets fewer, never older ones; nothing is queued for it.
class ApplicationWatch final : public grpc::ServerWriteReactor<core::v1::Application>,
                               public OpenWatch,
                               public std::enable_shared_from_this<ApplicationWatch> {
 public:
  ApplicationWatch(Watches& watches, std::string ns, std::string name)
      : watches_(watches), ns_(std::move(ns)), name_(std::move(name)) {}

  void Start() override {
    const std::string key = scheduler::ApplicationKeyOf(ns_, name_);
    subscription_ = watches_.scheduler_.Subscribe(key, [self = weak_from_this()] {
      if (const auto watch = self.lock()) watch->Changed();
    });
    Changed();
  }

  void End(const grpc::Status& status) override {
    std::lock_guard lock(mutex_);
    FinishLocked(status);
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok) return FinishLocked({grpc::StatusCode::CANCELLED, "the client went"});
    if (changed_) LookLocked();
  }
  void OnCancel() override { End({grpc::StatusCode::CANCELLED, "the client went"}); }
  void OnDone() override {
    watches_.scheduler_.Unsubscribe(scheduler::ApplicationKeyOf(ns_, name_), subscription_);
    watches_.Closed(this);
  }

 private:
  void Changed() {
    std::lock_guard lock(mutex_);
    changed_ = true;
    if (!writing_) LookLocked();
  }

  // Reads the status in the pool, which may block for the store, and writes it.
  void LookLocked() {
    if (finished_) return;
    writing_ = true;
    changed_ = false;
    const bool taken = watches_.pool_.TryRun([self = shared_from_this()] { self->Look(); });
    if (!taken) FinishLocked({grpc::StatusCode::UNAVAILABLE, "the core is too busy: watch again"});
  }

  void Look() {
    absl::StatusOr<core::v1::Application> status = watches_.scheduler_.Status(ns_, name_);
    std::lock_guard lock(mutex_);
    if (finished_) return;
    if (!status.ok()) return FinishLocked(ToGrpc(status.status()));
    std::string bytes = status->SerializeAsString();
    if (bytes == written_) {
      writing_ = false;
      if (changed_) LookLocked();
      return;
    }
    written_ = std::move(bytes);
    message_ = *std::move(status);
    StartWrite(&message_);
  }

  void FinishLocked(const grpc::Status& status) {
    if (finished_) return;
    finished_ = true;
    Finish(status);
  }

  Watches& watches_;
  const std::string ns_, name_;
  uint64_t subscription_ = 0;
  std::mutex mutex_;
  core::v1::Application message_;
  std::string written_;   // The last message, to write nothing twice.
  bool writing_ = false;  // Reading the status, or writing it.
  bool changed_ = false;  // Since the status was read last.
  bool finished_ = false;
};

Watches::Watches(scheduler::Scheduler& scheduler, store::Store& store, WorkerPool& pool)
    : scheduler_(scheduler), store_(store), pool_(pool), process_(RandomHex(16)) {}

grpc::ServerWriteReactor<core::v1::Application>* Watches::Open(const std::string& ns,
                                                               const std::string& name) {
  auto watch = std::make_shared<ApplicationWatch>(*this, ns, name);
  Begin(watch);
  return watch.get();
}

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
