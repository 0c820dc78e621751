#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/local/controller.h"

namespace weft::local {

// Has pods and Services let in who may reach them, whenever a NetworkPolicy or a pod changes. See
// controller.h. Thread-safe.
class NetworkPolicyController {
 public:
  explicit NetworkPolicyController(Parts parts) : parts_(std::move(parts)) {}

  absl::StatusOr<absl::Duration> Reconcile(const std::string& key);

 private:
  const Parts parts_;
};

}  // namespace weft::local
