#pragma once

#include <string>

#include "absl/status/status.h"
#include "runtime/proxy/proxy_config.h"

namespace weft::proxy {

// What answers for Ingresses on this machine. One thread at a time, but for Runs.
class Proxy {
 public:
  virtual ~Proxy() = default;

  // Has `setup` served, and what runs already kept where nothing changed. Blocks, at most half a
  // minute. UNAVAILABLE says why it cannot be; what was served before is still served.
  virtual absl::Status Serve(const ProxySetup& setup) = 0;

  // Something is served. Asks it: at most 2 s, of one that hangs. Thread-safe.
  virtual bool Runs() const = 0;

  // Serves nothing any more.
  virtual void Stop() = 0;
};

}  // namespace weft::proxy
