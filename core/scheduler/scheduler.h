#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "core/base/keyed_queue.h"
#include "core/mesh/providers.h"
#include "core/scheduler/assessor.h"
#include "core/scheduler/change_log.h"
#include "core/scheduler/events.h"
#include "core/scheduler/finalizer.h"
#include "core/scheduler/pod_events.h"
#include "core/scheduler/runtimes.h"
#include "core/store/store.h"
#include "weft/core/v1/applications.pb.h"

namespace weft::scheduler {

// Keeps every stored application as it should be, on the runtime that it goes to: one application
// is worked on by one thread at a time, level-triggered, with back-off and jitter where something
// fails. Each runtime's applications have threads of their own, so that one that is slow delays no
// other's. Namespaces take turns, and what somebody asked for comes before what events ask for.
// Thread-safe.
class Scheduler {
 public:
  // All outlive the object; it starts and stops `runtimes`.
  Scheduler(store::Store& store, const mesh::Providers& providers, Runtimes& runtimes,
            Events& events, std::function<absl::Time()> now = absl::Now);
  ~Scheduler();

  // Looks at every stored application and begins to watch the runtimes.
  absl::Status Start();

  // Something was stored for `application`: look at it now.
  void Touch(const std::string& application);
  // A provider came, went or was replaced: looks at what waits for one, and nothing else, as it may
  // come and go all the time.
  void ProvidersChanged();

  // NOT_FOUND; else the store's errors.
  absl::StatusOr<core::v1::Application> Status(const std::string& ns,
                                               const std::string& name) const;

  // Calls `changed` whenever the status of `application`, or with "" of any, may have become
  // another, until Unsubscribe returns. It must not block nor call back.
  uint64_t Subscribe(const std::string& application, std::function<void()> changed);
  void Unsubscribe(const std::string& application, uint64_t subscription);

  // Which applications' status may have become another, since this process began.
  const ChangeLog& changes() const { return changes_; }

  // Calls `changed` with every application of which something may have become another: what is
  // stored of it, what is observed of it, its status. One at a time; null: none, and the one before
  // is not called any more when this returns. It must not block nor call back.
  void Listen(std::function<void(const std::string& application)> changed);

 private:
  struct Work {
    std::string runtime;   // In whose queue it is worked on; kUnplaced: its record has to tell.
    bool urgent = false;   // Somebody waits for the next look at it.
    bool pending = false;  // Something changed since it was looked at.
    bool looking = false;  // A pass is under way.
    int failures = 0;      // In a row.
    std::vector<std::string> problems;
  };

  KeyedQueue::Clock::duration Run(const std::string& runtime, const std::string& application);
  void Place(const std::string& application, const std::string& runtime, bool urgent);
  absl::StatusOr<absl::Duration> Pass(const std::string& runtime, const std::string& application);
  KeyedQueue::Clock::duration Looked(const std::string& application,
                                     const absl::StatusOr<absl::Duration>& again);
  void Add(const std::string& application, std::chrono::milliseconds delay, bool urgent);
  using Which = std::function<bool(const std::string& application, const Work& work)>;
  void Look(const Which& which);
  void EnqueueLocked(const std::string& application, KeyedQueue::Clock::duration delay);
  void Notify(const std::string& application);
  void NotifyStatus(const std::string& application);
  void TellListener(const std::string& application);

  store::Store& store_;
  const mesh::Providers& providers_;
  Runtimes& runtimes_;
  Events& events_;
  const std::function<absl::Time()> now_;
  PodEvents pods_;
  mutable std::mutex mutex_;
  std::map<std::string, Work> work_;                           // By application.
  std::map<std::string, std::unique_ptr<KeyedQueue>> queues_;  // By runtime.
  bool stopping_ = false;
  ChangeLog changes_;
  mutable std::mutex subscriptions_mutex_;
  std::map<std::string, std::map<uint64_t, std::function<void()>>> subscriptions_;
  uint64_t last_subscription_ = 0;
  std::function<void(const std::string&)> listener_;
  std::unique_ptr<Assessor> assessor_;
  std::unique_ptr<Finalizer> finalizer_;
};

}  // namespace weft::scheduler
