#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace weft::kubernetes {

// Where an API server is and how to prove who one is. Certificates and keys are PEM texts.
struct ClusterAccess {
  std::string server;           // "https://host:port", perhaps with a path; no slash at its end.
  std::string ca;               // Empty: the machine's own.
  std::string tls_server_name;  // Empty: the host of `server`.
  bool insecure_skip_verify = false;
  std::string proxy_url;  // Empty: as the environment says.
  std::string client_certificate;
  std::string client_key;
  std::string token;
  std::string token_file;  // Read again as it changes; wins over `token`.
};

// The access that a kubeconfig describes. `paths` are files separated by ':', as in KUBECONFIG: the
// first that has an entry wins, those that do not exist are passed over. `context`: empty is the
// current one. Paths in a file are relative to it.
// Source: Kubernetes, client configuration v1 ("kubeconfig").
// INVALID_ARGUMENT: cannot be read, is incomplete, or asks for what is not supported (exec and
// auth-provider plugins, user names with passwords): says which file and entry. NOT_FOUND: no such
// file, context, cluster or user.
absl::StatusOr<ClusterAccess> ReadKubeconfig(const std::string& paths, const std::string& context);

// The access of a pod to its own cluster: `host` and `port` from KUBERNETES_SERVICE_HOST and _PORT,
// the service account in `directory`. NOT_FOUND: a file of it is missing.
absl::StatusOr<ClusterAccess> InCluster(
    const std::string& host, const std::string& port,
    const std::string& directory = "/var/run/secrets/kubernetes.io/serviceaccount");

// The access to use: the file `kubeconfig` if not empty, else KUBECONFIG, else within a pod that
// pod's, else ~/.kube/config.
absl::StatusOr<ClusterAccess> FindClusterAccess(const std::string& kubeconfig,
                                                const std::string& context);

}  // namespace weft::kubernetes
