#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace weft::anchor {

// Runs `work` on a thread of its own that is in the network namespace of `file` (namespaces(7)),
// and waits for it; returns its status. Sockets made and processes started by `work` are in that
// namespace, and so is /proc/sys/net. Thread-safe. NOT_FOUND: no such file. PERMISSION_DENIED: only
// root may do this.
absl::Status RunInNetworkNamespace(const std::string& file,
                                   const std::function<absl::Status()>& work);

// The path of nft. FAILED_PRECONDITION: it is not installed.
absl::StatusOr<std::string> FindNft();

// Runs `nft -f -` with `rules` as its input in the calling thread's network namespace. A
// transaction: all or nothing. INTERNAL: refused, with what nft says; FAILED_PRECONDITION: nft is
// not installed.
absl::Status RunNft(const std::string& rules);

// Sets a parameter of the calling thread's network namespace: "ipv4/ip_forward" below
// /proc/sys/net.
absl::Status SetParameter(const std::string& name, const std::string& value);

}  // namespace weft::anchor
