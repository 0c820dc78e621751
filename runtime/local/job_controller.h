#pragma once

#include <string>

#include "runtime/local/job.h"
#include "runtime/local/pods_controller.h"

namespace weft::local {

// Has the pods of a Job run to their end, as often as it says. How far it has come is kept with the
// accepted objects.
class JobController final : public PodsController {
 public:
  using PodsController::PodsController;

 private:
  absl::StatusOr<absl::Duration> Keep(const ObjectPtr& object, std::vector<Pod> pods) override;
  absl::Status Gone(const Object& object) override;
};

}  // namespace weft::local
