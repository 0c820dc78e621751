#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "core/scheduler/event_log.h"
#include "core/store/store.h"

namespace weft::scheduler {

// Keeps what happened to applications. What is recorded is written together, a moment later and at
// most every kWriteEvery, so that no work waits for it and none fails with it: events of the last
// moments may be lost with the process. Those of an application that is gone are kept for
// kKeptAfterDeparture, of at most kDepartedKept applications. Thread-safe.
class Events {
 public:
  static constexpr absl::Duration kWriteEvery = absl::Seconds(3);
  static constexpr absl::Duration kKeptAfterDeparture = absl::Hours(24);
  static constexpr size_t kDepartedKept = 100;

  // `store` outlives the object. Nothing is written by itself before Start.
  explicit Events(store::Store& store, std::function<absl::Time()> now = absl::Now);
  // Writes what waits.
  ~Events();

  // Begins to write, in a thread of its own.
  void Start();

  // Something happened now to "NAMESPACE/NAME". Does not block. Nothing is kept of an application
  // that does not exist.
  void Record(const std::string& application, store::v1::EventRecord event);

  // What happened to an application, what was not written yet included; the last comes last.
  // NOT_FOUND: there is no such application, and no events of one that is gone. Blocks for the
  // store, whose errors it returns.
  absl::StatusOr<std::vector<store::v1::EventRecord>> Read(const std::string& ns,
                                                           const std::string& name);

  // Writes what waits, and removes what is not kept any longer. What could not be written goes on
  // to wait. Blocks for the store, whose errors it returns.
  absl::Status Flush();

 private:
  using Batch = std::map<std::string, EventLog>;  // By application.

  void Run();
  absl::Status WriteSome(bool& more);
  absl::Status Sweep();
  absl::Status SweepSome(bool& more);
  Batch Take();

  store::Store& store_;
  const std::function<absl::Time()> now_;
  std::mutex store_mutex_;  // Held while the store is read or written; before mutex_.
  absl::Time sweep_at_ = absl::InfinitePast();  // Under store_mutex_.
  std::mutex mutex_;
  std::condition_variable wake_;
  Batch pending_;
  int64_t last_unix_us_ = 0;  // Of what was recorded.
  bool departed_ = false;     // An application went since the last Sweep.
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace weft::scheduler
