#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/anchor/service_network.h"
#include "runtime/anchor/tracking.h"

namespace weft::anchor {

// How long a connection to a pod that has left its Service may still go on: longer than the 30
// seconds in which a pod ends gracefully by default.
inline constexpr absl::Duration kDrain = absl::Seconds(60);

std::vector<Target> TargetsOf(const std::vector<ServiceNetwork::Port>& ports);

// Rules decide where a connection goes when it begins; the kernel then remembers. This makes it
// forget, in the calling thread's network namespace, what goes through `address` to none of the
// targets of `ports`: at once where no answer was seen or there is nothing to drain (UDP), so that
// the next packet goes to a target of now; after `drain` (whole seconds) an answered TCP
// connection, whose client is then reset by the next target rather than left waiting for a pod that
// is gone. Idempotent.
absl::Status ReleaseConnections(const std::string& address,
                                const std::vector<ServiceNetwork::Port>& ports,
                                absl::Duration drain = kDrain);

}  // namespace weft::anchor
