#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/base/command.h"
#include "core/base/connection.h"
#include "runtime/kubernetes/cluster_access.h"

namespace weft::kubernetes {

// What goes over a WebSocket to a pod: `path` is that of a subresource of the pod with its query,
// `token` the bearer token or empty. Each blocks until the API server has agreed. A proxy that only
// the environment names is not used. FAILED_PRECONDITION: the cluster is to be reached by a proxy.
// Else as ToStatus.

// Starts a command by the subresource `exec`; `spec` says what the query says too. One that there
// is not fails its first Read with INVALID_ARGUMENT. Source: Kubernetes, remote command over
// WebSocket, protocols v5.channel.k8s.io and v4.channel.k8s.io. The older one cannot close the
// input: there CloseInput ends the call, and Read says why.
absl::StatusOr<std::unique_ptr<Command>> OpenCommand(const ClusterAccess& access,
                                                     const std::string& token,
                                                     const std::string& path,
                                                     const CommandSpec& spec);

// Connects to the one port of the query of the subresource `portforward`. Where nothing listens
// Read says so, with UNAVAILABLE.
absl::StatusOr<std::unique_ptr<Connection>> OpenPort(const ClusterAccess& access,
                                                     const std::string& token,
                                                     const std::string& path);

}  // namespace weft::kubernetes
