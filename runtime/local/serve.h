#pragma once

#include <string>

#include "absl/status/status.h"

namespace weft::local {

// Serves the local runtime of the installation at `data` (empty: as DataDirectory::Open says) until
// it is told to stop, at `listen` (empty: a socket of the data directory), over TCP with the
// identity in `tls_dir`. The engine need not answer yet. Errors say why it cannot begin.
absl::Status Serve(const std::string& data, const std::string& listen, const std::string& tls_dir);

}  // namespace weft::local
