#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/local/attempts.h"
#include "runtime/local/controller.h"
#include "runtime/local/environment.h"
#include "runtime/local/pod.h"
#include "runtime/local/pod_judge.h"
#include "runtime/local/pod_volumes.h"

namespace weft::local {

// Brings pods up and keeps them up, whatever controller they belong to: the sandbox, then the
// containers of the start one after the other, then the others. Thread-safe, for different
// controllers at once.
class PodKeeper {
 public:
  explicit PodKeeper(Parts parts)
      : parts_(std::move(parts)),
        attempts_(parts_.images, parts_.now),
        volumes_(parts_.engine),
        judge_(parts_.prober, parts_.engine, parts_.now) {}

  // What the engine has of an object's pods; what belongs to none of them, or is of an older run
  // than the last two, is removed. They are judged (PodJudge).
  absl::StatusOr<std::vector<Pod>> Observe(const std::string& key);

  // Judges again how those pods do, of which some may have been started since.
  void Judge(const std::string& key, std::vector<Pod>& pods) { judge_.Judge(key, pods); }

  // Takes the next steps of one pod that stays. After how long to come back at the latest; an
  // error: the engine is away, so that the others would only wait for it, too.
  absl::StatusOr<absl::Duration> BringUp(const ObjectRef& owner, const PodTemplate& pod_template,
                                         Pod& pod);

  // Forgets what could not be started for a controller that is gone.
  void Forget(const std::string& key);

 private:
  absl::StatusOr<absl::Duration> BringUpSandbox(const std::string& key,
                                                const PodTemplate& pod_template, Pod& pod);
  absl::Status StartSandbox(const std::string& key, const PodTemplate& pod_template, bool failed,
                            Pod& pod);
  absl::StatusOr<absl::Duration> BringUpFilter(const std::string& key, Pod& pod, bool& filtered);
  absl::StatusOr<absl::Duration> BringUpVolumes(const std::string& key, Pod& pod, bool& filled);
  absl::Status RemoveRuns(Pod& pod);
  absl::StatusOr<std::string> SandboxImage();
  absl::StatusOr<absl::Duration> BringUpMember(const ObjectRef& owner, const std::string& identity,
                                               const PodContainer& container, Pod& pod,
                                               Member& member);
  absl::Status StartRun(const PodContainer& container, const RunText& text,
                        const std::string& identity, const Pod& pod, bool failed, Member& member);
  void EndRun(const std::string& key, const Pod& pod, const Member& member);
  absl::StatusOr<absl::Duration> Retire(Pod& pod);
  absl::StatusOr<absl::Duration> KeepOld(const std::string& key, Pod& pod);
  absl::Duration SinceEnd(const engine::Container& container) const;
  absl::Status Remove(const std::string& container);
  absl::Status Rejoin(const Pod& pod, Member& member);
  bool AwaitsIdentity(const std::string& identity, Pod& pod) const;

  const Parts parts_;
  Attempts attempts_;
  PodVolumes volumes_;
  PodJudge judge_;
  std::mutex image_mutex_;  // Held while the sandboxes' image is looked for and imported.
};

}  // namespace weft::local
