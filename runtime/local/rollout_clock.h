#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "runtime/local/object.h"
#include "runtime/local/pod.h"

namespace weft::local {

// The pods of a Deployment or a DaemonSet that stay, counted.
struct RolloutCounts {
  int replicas = 0;
  int ready = 0;
  int available = 0;  // Ready for as long as its minReadySeconds say.
  int updated = 0;    // Of its template of today.

  bool operator==(const RolloutCounts&) const = default;
};
RolloutCounts CountPods(const DeploymentSpec& spec, const std::vector<Pod>& pods);

// How far a rollout is. Source: Kubernetes API, apps/v1 DeploymentCondition, Progressing.
enum class RolloutState {
  kComplete,  // Its template has been rolled out once, whatever became of the pods since.
  kGoesOn,
  kStuck,  // It has come no further for as long as its progressDeadlineSeconds say.
};

// Knows since when the pods of Deployments and DaemonSets are ready and since when a rollout has
// come no further, which nobody else does. In memory: after a restart of this process what is ready
// at the first answer counts from its start, and a rollout has its whole deadline anew. Keys are
// those of the objects. Thread-safe.
class RolloutClock {
 public:
  // Says in `settling` of every pod whether it is ready, but not for long enough. After how long
  // the next one is; infinite: none of them is settling.
  absl::Duration Settle(const std::string& key, const DeploymentSpec& spec, absl::Time now,
                        std::vector<Pod>& pods);

  struct Progress {
    RolloutState state;
    absl::Duration again;  // After how long it will be stuck if nothing happens.
  };
  // Of pods that were settled. Another template begins anew. `rolled_out`: this one was complete
  // before.
  Progress Look(const std::string& key, const DeploymentSpec& spec, absl::Time now,
                const std::vector<Pod>& pods, bool rolled_out);

  void Forget(const std::string& key);

 private:
  struct Known {
    std::map<std::string, absl::Time> ready_since;  // By the sandbox's RunKey; never: it is not.
    std::string template_hash;
    RolloutCounts counts;
    absl::Time stepped = absl::InfinitePast();
  };
  std::mutex mutex_;
  std::map<std::string, Known> known_;
};

}  // namespace weft::local
