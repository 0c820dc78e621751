#pragma once

#include <string>

#include "absl/status/status.h"

namespace weft::kubernetes {

struct ServeOptions {
  std::string data;        // Empty: as DataDirectory::Open says.
  std::string listen;      // gRPC's form; empty: a socket of the data directory.
  std::string tls_dir;     // The identity over TCP.
  std::string kubeconfig;  // As FindClusterAccess.
  std::string context;
};

// Serves the Kubernetes runtime of an installation until it is told to stop. The API server need
// not answer yet. Errors say why it cannot begin.
absl::Status Serve(const ServeOptions& options);

}  // namespace weft::kubernetes
