#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/base/command.h"
#include "runtime/kubernetes/cluster_access.h"

namespace weft::kubernetes {

// Starts a command in a container of a pod: `path` is that of the pod's subresource `exec` with its
// query, `token` the bearer token or empty, `spec` what the query says too. Blocks until the
// API server has agreed. A command that there is not fails its first Read with INVALID_ARGUMENT.
// Source: Kubernetes, remote command over WebSocket, protocols v5.channel.k8s.io and
// v4.channel.k8s.io. The older one cannot close the input: there CloseInput ends the call, and Read
// says why. A proxy that only the environment names is not used.
// FAILED_PRECONDITION: the cluster is to be reached by a proxy. Else as ToStatus.
absl::StatusOr<std::unique_ptr<Command>> OpenCommand(const ClusterAccess& access,
                                                     const std::string& token,
                                                     const std::string& path,
                                                     const CommandSpec& spec);

}  // namespace weft::kubernetes
