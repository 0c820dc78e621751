#include "runtime/anchor/connections.h"

namespace weft::anchor {

std::vector<Target> TargetsOf(const std::vector<ServiceNetwork::Port>& ports) {
  std::vector<Target> targets;
  for (const auto& port : ports)
    for (const auto& [pod, number] : port.targets)
      targets.push_back({port.protocol, port.port, pod, number});
  return targets;
}

absl::Status ReleaseConnections(const std::string& address,
                                const std::vector<ServiceNetwork::Port>& ports,
                                absl::Duration drain) {
  const int error = ForgetConnections(address, TargetsOf(ports),
                                      static_cast<uint32_t>(absl::ToInt64Seconds(drain)));
  return error == 0 ? absl::OkStatus() : absl::ErrnoToStatus(error, "tracked connections");
}

}  // namespace weft::anchor
