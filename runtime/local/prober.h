#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/base/keyed_queue.h"
#include "runtime/engine/engine.h"
#include "runtime/local/object.h"
#include "runtime/local/readiness.h"

namespace weft::local {

enum class ProbeKind { kStartup, kLiveness, kReadiness };

// One run of one container, and one of the things that it is asked.
struct ProbeTarget {
  std::string container_id;
  std::string started_at;  // RFC 3339; a restart is another run.
  std::string address;     // IPv4.
  ProbeKind kind = ProbeKind::kReadiness;
  Probe probe;  // Its port is a number.
};

// OK: it is well; UNAVAILABLE: it is not, and the message says what was asked and what came of it;
// ABORTED: that could not be found out, as when the engine is away. Each blocks, hardly longer than
// the probe's timeout. Thread-safe. HTTP: 200 to 399 is well; TCP: a connection is; a command:
// exit code 0.
absl::Status ProbeHttp(const ProbeTarget& target);
absl::Status ProbeTcp(const ProbeTarget& target);
absl::Status ProbeExec(engine::Engine& engine, const ProbeTarget& target);
// As the probe's action says.
absl::Status AskContainer(engine::Engine& engine, const ProbeTarget& target);

// What is known of a container by asking it.
struct Answers {
  bool asked = false;
  bool ready = false;   // So many successes in a row came last.
  bool failed = false;  // So many failures in a row came last.
  // Not asked yet, but it may have been before this prober was made, so it may well be ready.
  bool inherited = false;
  std::string failure;   // What came of the last one that failed; empty: none did.
  bool telling = false;  // It failed often enough for that to be told.
};

// Asks containers in their periods what they are to be asked. Of one that is not ready, after ten
// failures in a row it says why: in the log, and to whoever asks. Thread-safe.
class Prober {
 public:
  using Ask = std::function<absl::Status(const ProbeTarget&)>;
  // `on_change` gets the group of a container of which Of says something new.
  Prober(int threads, absl::Time now, Ask ask, std::function<void(const std::string&)> on_change);

  // What the containers of `group` are to be asked from now on: what they were asked before and is
  // not among that is forgotten.
  void Track(const std::string& group, const std::vector<ProbeTarget>& targets);

  // Of a run that is not asked this: nothing.
  Answers Of(const std::string& container_id, const std::string& started_at, ProbeKind kind) const;

  void Stop() { queue_.Stop(); }

 private:
  struct Tracked {
    std::string group;
    ProbeTarget target;
    ReadinessJudge judge;
    bool inherited;
    KeyedQueue::Clock::time_point first;  // When it is asked for the first time.
    int failures = 0;                     // In a row.
    std::string failure = "";
    bool telling = false;
    // The last failure that counts; nothing: none did.
    std::optional<KeyedQueue::Clock::time_point> counted = std::nullopt;
  };
  static void Tell(Tracked& tracked, const absl::Status& answer);
  static Answers AnswersOf(const Tracked& tracked);
  KeyedQueue::Clock::duration AskOne(const std::string& key);
  KeyedQueue::Clock::duration FirstDelay(const ProbeTarget& target) const;

  const absl::Time began_;
  const Ask ask_;
  const std::function<void(const std::string&)> on_change_;
  mutable std::mutex mutex_;
  std::map<std::string, Tracked> tracked_;  // By container id and kind.
  KeyedQueue queue_;                        // Of keys of tracked_. Last: its threads use the rest.
};

}  // namespace weft::local
