#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/keyed_queue.h"
#include "core/scheduler/admission.h"
#include "core/scheduler/events.h"
#include "core/scheduler/render_again.h"
#include "core/store/store.h"

namespace weft::scheduler {

// Renders applications again when that is due (render_again.h), each in its turn, with a back-off
// where it fails. What is due stands in the store, so nothing is forgotten with the process.
// Thread-safe.
class Rerenderer {
 public:
  // All outlive the object. By `now` it is judged what is due.
  Rerenderer(store::Store& store, Events& events, std::function<absl::Time()> now);
  ~Rerenderer();

  // Looks at everything that is stored as due. `admission`, with the pool in which it works, lives
  // until Stop. An error is the store's.
  absl::Status Start(const Admission& admission);
  // Waits for what is under way. Idempotent.
  void Stop();

  // When the application is due may have become another time.
  void Touch(const std::string& application);

 private:
  KeyedQueue::Clock::duration Work(const std::string& application);
  absl::StatusOr<absl::Duration> Render(const std::string& ns, const std::string& name);
  absl::Status Held(const std::string& ns, const std::string& name,
                    const std::vector<common::v1::ObjectRef>& held, StoredRenderAgain before);
  absl::Status Failed(const std::string& ns, const std::string& name, const absl::Status& why,
                      StoredRenderAgain before);
  absl::Status Put(const std::string& ns, const std::string& name, const StoredRenderAgain& again);

  store::Store& store_;
  Events& events_;
  const std::function<absl::Time()> now_;
  const Admission* admission_ = nullptr;
  std::mutex mutex_;  // Of queue_.
  std::unique_ptr<KeyedQueue> queue_;
};

}  // namespace weft::scheduler
