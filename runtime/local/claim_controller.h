#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/local/controller.h"

namespace weft::local {

// Keeps a volume for each PersistentVolumeClaim, and removes it, with what it holds, when the claim
// is deleted and no pod has it any more. Thread-safe, for different claims at once.
class ClaimController {
 public:
  explicit ClaimController(Parts parts) : parts_(std::move(parts)) {}

  absl::StatusOr<absl::Duration> Reconcile(const std::string& key);

 private:
  absl::StatusOr<absl::Duration> Remove(const ObjectRef& claim);

  const Parts parts_;
};

}  // namespace weft::local
