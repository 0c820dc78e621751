#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/anchor/network_access.h"
#include "runtime/anchor/service_network.h"
#include "runtime/engine/engine.h"

// docs/adr/0002-service-on-docker.md says why a Service is made so.
namespace weft::anchor {

inline constexpr char kInstallationLabel[] = "weft.dev/installation";
inline constexpr char kRoleLabel[] = "weft.dev/role";  // "anchor" on what is made here.
inline constexpr char kNamespaceLabel[] = "weft.dev/namespace";
inline constexpr char kServiceLabel[] = "weft.dev/service";
// The address of an anchor, also while it does not run.
inline constexpr char kAddressLabel[] = "weft.dev/address";

// Makes the network of an anchor forward the ports of a Service at `address` as it says. At once,
// or not at all.
using Forwarding =
    std::function<absl::Status(const engine::Container& anchor, const std::string& address,
                               const ServiceNetwork::Service& service)>;

// A Service is a container that only waits, the anchor: it bears the Service's name on the network,
// and the kernel forwards in its network namespace. `engine` outlives the result. Anchors outlive
// it: a later one for the same `installation` adopts them. An anchor that ended or went away comes
// back with its rules and its address at the next Ensure, so call that when the engine tells of a
// container with the labels above. Thread-safe, for different Services at once.
std::unique_ptr<ServiceNetwork> MakeAnchorNetwork(engine::Engine& engine, std::string installation,
                                                  NetworkAccess access);

// The program of anchors, beside the one that runs: a static executable that only waits, and
// holds whatever network it is given.
std::string AnchorProgram();

// For tests: with another way of forwarding, and the program that anchors run.
std::unique_ptr<ServiceNetwork> MakeAnchorNetwork(engine::Engine& engine, std::string installation,
                                                  NetworkAccess access, Forwarding forward,
                                                  std::string program);

}  // namespace weft::anchor
