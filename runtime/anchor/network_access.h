#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/anchor/service_network.h"
#include "runtime/engine/engine.h"
#include "runtime/engine/tar.h"

// How the networks of containers are changed: docs/adr/0038-without-root.md. Thread-safe.
namespace weft::anchor {

enum class NetworkAccess {
  kDirect,         // By this process, which enters them: as root, on the engine's machine.
  kThroughEngine,  // By programs in the containers, which the engine starts there.
};

// What this process can do: kDirect as root.
NetworkAccess OwnNetworkAccess();

// Which address whoever is at `address` (IPv4) sees this machine come from; empty: there is no way
// there.
std::string OwnAddressTowards(const std::string& address);

// What an image of such containers holds besides its program: nft of this machine, with its
// libraries. FAILED_PRECONDITION: it is not installed.
absl::StatusOr<std::vector<engine::TarEntry>> NetworkTools();

// What such a container needs, before it is made.
void AllowNetworkAccess(NetworkAccess access, engine::ContainerSpec& spec);

// Whether the networks of containers can be changed so: OK at once if by this process, else tried
// in a container that goes again. FAILED_PRECONDITION: the engine does not let it, or nft is
// missing; else the engine's errors.
absl::Status CheckNetworkAccess(engine::Engine& engine, NetworkAccess access,
                                const std::string& installation, const std::string& program);

// Runs `nft -f -` with `rules` in the network of `container`, which is of ours and runs. As RunNft;
// NOT_FOUND: it does not run any more.
absl::Status WriteRules(engine::Engine& engine, NetworkAccess access,
                        const engine::Container& container, const std::string& rules);

// Makes the network of an anchor forward the ports of a Service at `address`, and forget
// connections to pods that have left it.
absl::Status ForwardService(engine::Engine& engine, NetworkAccess access,
                            const engine::Container& anchor, const std::string& address,
                            const ServiceNetwork::Service& service);

}  // namespace weft::anchor
