#pragma once

#include <set>
#include <string>

#include "absl/status/statusor.h"

// How the subnet of a namespace's network is shared: its lower half is the engine's, for pods; its
// upper half is ours, for Services. So the address of a Service is free whenever its anchor is made
// again.
namespace weft::anchor {

// The lower half of `subnet`, for engine::NetworkSpec::ip_range: "10.88.0.0/20" gives
// "10.88.0.0/21". INVALID_ARGUMENT: not an IPv4 subnet of /8 to /28.
absl::StatusOr<std::string> EngineRange(const std::string& subnet);

// The upper half, likewise: where Services are.
absl::StatusOr<std::string> ServiceRange(const std::string& subnet);

// Whether `address` is one of `subnet`. False for garbage.
bool IsIn(const std::string& subnet, const std::string& address);

// Whether it is the text of an IPv4 address.
bool IsIpv4(const std::string& text);

// Where the name server of `subnet` is: the last address that a container can have there.
absl::StatusOr<std::string> NameServerAddress(const std::string& subnet);

// Whether `address` is one that PickAddress might choose in `subnet`. False for garbage.
bool IsServiceAddress(const std::string& subnet, const std::string& address);

// The address of the Service named by `key`: the first one from a place in the upper half of
// `subnet` that depends on nothing but `key`, without those in `taken`. INVALID_ARGUMENT as above;
// RESOURCE_EXHAUSTED: all are taken.
absl::StatusOr<std::string> PickAddress(const std::string& subnet, const std::string& key,
                                        const std::set<std::string>& taken);

}  // namespace weft::anchor
