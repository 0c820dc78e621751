#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/anchor/filter.h"

namespace weft::anchor {

// The names of a Service on the network of its namespace, as on Kubernetes; `name` may have dots.
std::vector<std::string> NamesOf(const std::string& name, const std::string& ns);

// Gives a Service one stable address behind which are only ready pods. Calls may block for a few
// seconds; different Services may be worked on by different threads at once. Any error is
// transient: the controller calls again, with back-off.
class ServiceNetwork {
 public:
  virtual ~ServiceNetwork() = default;

  struct Port {
    int port = 0;                                      // Of the Service.
    std::string protocol;                              // "TCP" or "UDP".
    std::vector<std::pair<std::string, int>> targets;  // Pod IPv4, target port.
  };

  struct Service {
    std::string ns;
    std::string name;
    std::string network;  // The engine network of the namespace; it exists.
    std::vector<Port> ports;
    Filters filters = {};
  };

  // Makes or updates; idempotent, level-triggered. Returns the stable IPv4 address.
  virtual absl::StatusOr<std::string> Ensure(const Service& service) = 0;

  // OK if there is none.
  virtual absl::Status Remove(const std::string& ns, const std::string& name) = 0;
};

}  // namespace weft::anchor
