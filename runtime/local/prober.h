#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/base/keyed_queue.h"
#include "runtime/local/object.h"
#include "runtime/local/pod.h"
#include "runtime/local/readiness.h"

namespace weft::local {

// One run of one container, and how to ask whether it is ready.
struct ProbeTarget {
  std::string container_id;
  std::string started_at;  // RFC 3339; a restart is another run.
  std::string address;     // IPv4.
  HttpProbe probe;         // Its port is a number.
};

// OK: the answer is 200 to 399; else UNAVAILABLE says what was asked and what came of it. Blocks,
// no longer than the probe's timeout. Thread-safe.
absl::Status ProbeHttp(const ProbeTarget& target);

// Asks containers in their periods whether they are ready. Of one that is not, after ten failures
// in a row it says why: in the log, and to whoever asks. Thread-safe.
class Prober {
 public:
  using Ask = std::function<absl::Status(const ProbeTarget&)>;
  // `on_change` gets the group of a container whose readiness has changed or became known, or of
  // which there is a Complaint now.
  Prober(int threads, absl::Time now, Ask ask, std::function<void(const std::string&)> on_change);

  // The containers of `group` that are to be asked from now on: those of before that are not among
  // them are forgotten.
  void Track(const std::string& group, const std::vector<ProbeTarget>& targets);

  // kUnknown: not asked yet, but it may have been before this prober was made, so it may well be
  // ready.
  Readiness Of(const std::string& container_id, const std::string& started_at) const;

  // Why a container is still not ready: its last failure. Empty: it is ready, or has not failed
  // often enough.
  std::string Complaint(const std::string& container_id, const std::string& started_at) const;

  void Stop() { queue_.Stop(); }

 private:
  struct Tracked {
    std::string group;
    ProbeTarget target;
    ReadinessJudge judge;
    bool inherited;
    int failures = 0;  // In a row.
    std::string complaint = "";
  };
  const Tracked* FindLocked(const std::string& container_id, const std::string& started_at) const;
  static bool Complain(Tracked& tracked, const absl::Status& answer);
  KeyedQueue::Clock::duration Probe(const std::string& container_id);
  KeyedQueue::Clock::duration FirstDelay(const ProbeTarget& target) const;

  const absl::Time began_;
  const Ask ask_;
  const std::function<void(const std::string&)> on_change_;
  mutable std::mutex mutex_;
  std::map<std::string, Tracked> tracked_;  // By container id.
  KeyedQueue queue_;                        // Of container ids. Last: its threads use the rest.
};

}  // namespace weft::local
