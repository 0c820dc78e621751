#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/local/controller.h"
#include "runtime/local/pod.h"
#include "runtime/local/pod_keeper.h"
#include "runtime/local/rollout.h"

namespace weft::local {

// What the controllers of objects that have pods share. See controller.h.
class PodsController {
 public:
  // `on_observed` is called when what the board says of an object's pods is what the engine has.
  // `keeper` outlives it.
  PodsController(Parts parts, PodKeeper& keeper,
                 std::function<void(const std::string& key)> on_observed)
      : parts_(std::move(parts)), keeper_(keeper), on_observed_(std::move(on_observed)) {}
  virtual ~PodsController() = default;

  absl::StatusOr<absl::Duration> Reconcile(const std::string& key);

 protected:
  // Takes the next steps of an object that stays and is understood; `pods`: what the engine has.
  virtual absl::StatusOr<absl::Duration> Keep(const ObjectPtr& object, std::vector<Pod> pods) = 0;
  // No pod is left of an object that goes; it does when the objects have gone that are deleted
  // here.
  virtual absl::Status Gone(const Object&) { return absl::OkStatus(); }

  // Takes the steps of `plan`, made from `pods`, and says what `status` makes of all pods.
  absl::StatusOr<absl::Duration> Carry(const ObjectPtr& object, const PodTemplate& pod_template,
                                       RolloutPlan plan, const std::vector<Pod>& pods,
                                       const std::function<std::string(std::vector<Pod>&)>& status);

  const Parts parts_;

 private:
  absl::Duration BringUp(const ObjectRef& object, const PodTemplate& pod_template,
                         std::vector<Pod>& pods, absl::Status& failed);
  void Terminate(const std::string& key, std::vector<Pod>& pods);
  absl::StatusOr<absl::Duration> End(const ObjectPtr& object, std::vector<Pod> pods);
  void Publish(const std::string& key, const ObjectPtr& object, const std::vector<Pod>& pods,
               const std::string& status, bool up_to_date);

  PodKeeper& keeper_;
  const std::function<void(const std::string&)> on_observed_;
};

}  // namespace weft::local
