#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "runtime/local/last_output.h"
#include "runtime/local/pod.h"
#include "runtime/local/prober.h"
#include "runtime/local/run_notes.h"

namespace weft::local {

// How the containers of pods do: by their probes, and by what is known of those that have ended.
// Keys are those of the objects that keep the pods. Thread-safe, for different keys at once.
class PodJudge {
 public:
  // `prober` and `engine` outlive it.
  PodJudge(Prober& prober, engine::Engine& engine, std::function<absl::Time()> now)
      : prober_(prober), outputs_(engine), now_(std::move(now)) {}

  // Judges by the last probes whether what runs is ready, has what runs now probed, and finds out
  // why and with which last words what has failed did.
  void Judge(const std::string& key, std::vector<Pod>& pods);

  // The run of `member` is about to be ended since it has failed (Member::failed). False: that was
  // known.
  bool WillEnd(const std::string& key, const Member& member);

  // Forgets what it knows of others than these runs, which are all that there are.
  void Keep(const std::string& key, const std::vector<engine::Container>& runs);
  void Forget(const std::string& key);

 private:
  Answers AnswersOf(const Member& member, ProbeKind kind, const std::optional<Probe>& probe) const;
  void JudgeOne(const std::string& key, const Pod& pod, Member& member);

  Prober& prober_;
  LastOutputs outputs_;
  const std::function<absl::Time()> now_;
  RunNotes<std::string> ended_for_;  // Why runs were ended.
};

}  // namespace weft::local
