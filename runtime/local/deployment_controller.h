#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/local/backoff.h"
#include "runtime/local/controller.h"
#include "runtime/local/pod.h"
#include "runtime/local/rollout.h"

namespace weft::local {

// Keeps the pods of a Deployment as it says. See controller.h.
class DeploymentController {
 public:
  // `on_observed` is called when what the board says of a Deployment's pods is what the engine has.
  DeploymentController(Parts parts, std::function<void(const std::string& key)> on_observed)
      : parts_(std::move(parts)), on_observed_(std::move(on_observed)) {}

  absl::StatusOr<absl::Duration> Reconcile(const std::string& key);

 private:
  // Why a pod could not be started, and when to try again.
  struct Failure {
    Waiting waiting;
    absl::Time retry_at;
    int times = 0;
  };

  // What the engine has of a Deployment.
  struct Observation {
    std::vector<Pod> pods;
    std::vector<std::string> orphans;  // Sidecars whose pod is gone.
  };
  absl::StatusOr<Observation> Observe(const std::string& key);
  void JudgeReadiness(const std::string& key, std::vector<Pod>& pods);
  absl::StatusOr<absl::Duration> Keep(const ObjectPtr& object, std::vector<Pod> pods);
  absl::StatusOr<absl::Duration> End(const ObjectPtr& object, std::vector<Pod> pods);

  absl::StatusOr<absl::Duration> BringUp(const Object& object, Pod& pod);
  bool AwaitsIdentity(const Object& object, Pod& pod) const;
  std::string IdentityDirectory(const Object& object) const;
  absl::Status Start(const Object& object, bool failed_before, Pod& pod);
  absl::StatusOr<std::string> Create(const Object& object, const Pod& pod);

  // deployment_sidecars.cc
  absl::StatusOr<absl::Duration> BringUpSidecars(const Object& object, Pod& pod);
  absl::StatusOr<absl::Duration> BringUpSidecar(const Object& object, const PodContainer& spec,
                                                const Pod& pod, Sidecar& sidecar);
  absl::Status Rejoin(const Pod& pod, Sidecar& sidecar);

  // Makes and starts one container of a pod, called `name` here, unless it failed and its time has
  // not come. `image`: the container is to be made, from this. After how long to come back; an
  // error: the engine is away.
  absl::StatusOr<absl::Duration> Attempt(const Object& object, const std::string& name,
                                         const PodContainer* image, Waiting& waiting,
                                         const std::function<absl::Status(bool failed)>& start);

  void Publish(const std::string& key, const ObjectPtr& object, const std::vector<Pod>& pods,
               const RolloutPlan* plan);

  const Parts parts_;
  const std::function<void(const std::string&)> on_observed_;
  std::mutex mutex_;
  // By the Deployment's key and the name that Attempt got; guarded by mutex_.
  std::map<std::string, std::map<std::string, Failure>> failures_;
};

}  // namespace weft::local
