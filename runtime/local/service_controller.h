#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/local/controller.h"

namespace weft::local {

// The ports of a Service with the ready pods behind each. Pure.
// A named target port is looked up in each pod; a pod without it is not behind that port.
std::vector<anchor::ServiceNetwork::Port> PortsOf(const ServiceSpec& spec,
                                                  const std::vector<Pod>& pods);

// Keeps a Service's ready pods behind its address. See controller.h.
class ServiceController {
 public:
  explicit ServiceController(Parts parts) : parts_(std::move(parts)) {}

  absl::StatusOr<absl::Duration> Reconcile(const std::string& key);

 private:
  bool PodsAreKnown(const std::string& ns) const;

  const Parts parts_;
};

}  // namespace weft::local
