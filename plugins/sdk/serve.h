#pragma once

#include <string>
#include <vector>

#include "plugins/sdk/provider.h"

namespace weft::sdk {

// The whole main of a provider: serves a workload or a trait, or several workloads, over gRPC until
// SIGTERM. The container
// contract:
//   --listen ADDRESS or WEFT_LISTEN   where to serve: "unix:/path", "host:port"
//   --core ADDRESS or WEFT_CORE       the core, for a type that lives in time; without it that type
//                                     only renders
//   --tls-dir DIR or WEFT_TLS_DIR     the identity over TCP (core/base/tls.h), where cores may call
//   WEFT_TOKEN_FD                     from `weft up`: a descriptor to read a token from, by which
//                                     the core knows the provider
//   WEFT_ARTIFACT                     what identifies this program; repeated in every answer
//   --version
// Returns the program's exit status: 0 after a drain, 1 if it cannot serve, 2 for bad arguments.
int Serve(const std::string& name, const Workload& workload, int argc, char** argv);
int Serve(const std::string& name, const std::vector<const Workload*>& workloads, int argc,
          char** argv);
int Serve(const std::string& name, const Trait& trait, int argc, char** argv);

}  // namespace weft::sdk
