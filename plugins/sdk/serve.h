#pragma once

#include <string>

#include "plugins/sdk/provider.h"

namespace weft::sdk {

// The whole main of a provider: serves `workload` or `trait` over gRPC until SIGTERM. The container
// contract:
//   --listen ADDRESS or WEFT_LISTEN   where to serve: "unix:/path", "host:port"
//   WEFT_ARTIFACT                     what identifies this program; repeated in every answer
//   --version
// Returns the program's exit status: 0 after a drain, 1 if it cannot serve, 2 for bad arguments.
int Serve(const std::string& name, const Workload& workload, int argc, char** argv);
int Serve(const std::string& name, const Trait& trait, int argc, char** argv);

}  // namespace weft::sdk
