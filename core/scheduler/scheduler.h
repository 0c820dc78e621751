#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/keyed_queue.h"
#include "core/mesh/providers.h"
#include "core/scheduler/assessor.h"
#include "core/scheduler/observed.h"
#include "core/scheduler/runtime_watch.h"
#include "core/store/store.h"
#include "weft/core/v1/applications.pb.h"
#include "weft/runtime/v1/runtime.grpc.pb.h"

namespace weft::scheduler {

// Keeps every stored application as it should be: one application is worked on by one thread at a
// time, level-triggered, with back-off and jitter where something fails. Thread-safe.
class Scheduler {
 public:
  // All outlive the object.
  Scheduler(store::Store& store, const mesh::Providers& providers,
            runtime::v1::Runtime::StubInterface& runtime);
  ~Scheduler();

  // Looks at every stored application and begins to watch the runtime.
  absl::Status Start();

  // Something was stored for `application`: look at it now.
  void Touch(const std::string& application);
  // A provider came, went or was replaced: look at everything.
  void ProvidersChanged();

  // NOT_FOUND; else the store's errors.
  absl::StatusOr<core::v1::Application> Status(const std::string& ns,
                                               const std::string& name) const;

  // Calls `changed` whenever the status of `application` may have become another, until Unsubscribe
  // returns. It must not block nor call back.
  uint64_t Subscribe(const std::string& application, std::function<void()> changed);
  void Unsubscribe(const std::string& application, uint64_t subscription);

 private:
  struct Work {
    bool pending = false;  // Something changed since it was looked at.
    bool looking = false;  // A pass is under way.
    int failures = 0;      // In a row.
    std::vector<std::string> problems;
  };

  KeyedQueue::Clock::duration Run(const std::string& application);
  absl::StatusOr<absl::Duration> Pass(const std::string& application);
  KeyedQueue::Clock::duration Looked(const std::string& application,
                                     const absl::StatusOr<absl::Duration>& again);
  void Add(const std::string& application, std::chrono::milliseconds delay);
  void Everything();
  void Notify(const std::string& application);

  store::Store& store_;
  const mesh::Providers& providers_;
  runtime::v1::Runtime::StubInterface& runtime_;
  Observed observed_;
  mutable std::mutex mutex_;
  std::map<std::string, Work> work_;  // By application.
  mutable std::mutex subscriptions_mutex_;
  std::map<std::string, std::map<uint64_t, std::function<void()>>> subscriptions_;
  uint64_t last_subscription_ = 0;
  std::unique_ptr<Assessor> assessor_;
  std::unique_ptr<KeyedQueue> queue_;
  std::unique_ptr<RuntimeWatch> watch_;
};

}  // namespace weft::scheduler
