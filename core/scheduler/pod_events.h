#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/scheduler/observed.h"
#include "core/store/records.pb.h"

namespace weft::scheduler {

// Notices containers that ended and were started again. What is seen of a pod first is how it was.
// A pod that gets another container, and counts no restart, after a change of the application's
// objects is the change being carried out: until the application is healthy, or for kRollout since
// the last such pod. Thread-safe.
class PodEvents {
 public:
  static constexpr absl::Duration kRollout = absl::Minutes(10);

  // What happened to the pods of an application since the last look. `healthy` tells whether it is,
  // as it was observed by then.
  std::vector<store::v1::EventRecord> Look(const std::string& application,
                                           const Observed::View& observed, absl::Time now,
                                           const std::function<bool()>& healthy);
  // The application is gone.
  void Forget(const std::string& application);

 private:
  struct Pod {
    size_t status = 0;  // Hash of what was said of it last.
    int32_t restarts = 0;
    std::string container;
    int64_t started = 0;  // When its first container was, in seconds since 1970; 0: never.
  };
  struct Application {
    uint64_t generations = 0;                   // Of its objects, added up.
    absl::Time changed = absl::InfinitePast();  // If that is not carried out yet.
    std::map<std::string, Pod> pods;            // By store::ObjectKey.
  };

  static bool Restarted(const Pod& before, const Pod& now, absl::Time at, Application& of);

  std::mutex mutex_;
  std::map<std::string, Application> applications_;
};

}  // namespace weft::scheduler
