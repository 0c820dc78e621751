#pragma once

#include <string>
#include <vector>

#include "runtime/anchor/service_network.h"

namespace weft::anchor {

// The input of `nft -f -` that makes the network namespace of an anchor forward the ports of a
// Service, at IPv4 `address`, to their targets: new connections take the targets in turn and come
// from the anchor, so that answers go back through it. One transaction, which replaces all that an
// earlier one made; connections that exist keep their target.
//
// A port without targets has no rule: the anchor itself answers there, where nothing listens, so
// the kernel refuses at once (TCP reset, ICMP port unreachable).
//
// What `filters` does not let through to a target is rejected.
//
// The same text for the same targets in any order. Targets that are not an IPv4 address and a port
// are left out: the text is a program, and they come from outside.
std::string Rules(const std::string& address, const std::vector<ServiceNetwork::Port>& ports,
                  const Filters& filters = {});

}  // namespace weft::anchor
