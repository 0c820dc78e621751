#pragma once

#include <cstdint>
#include <string>
#include <vector>

// The kernel's connection tracking (nf_conntrack_netlink), which is asked directly: nft cannot
// delete connections.
namespace weft::anchor {

// Where a Service leads.
struct Target {
  std::string protocol;  // "TCP" or "UDP".
  int port = 0;          // Of the Service.
  std::string pod;       // IPv4.
  int pod_port = 0;
};

// As ReleaseConnections. 0, or what went wrong: errno(3).
int ForgetConnections(const std::string& address, const std::vector<Target>& targets,
                      uint32_t drain_seconds);

}  // namespace weft::anchor
