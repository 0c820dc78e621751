#pragma once

#include <string>

#include "absl/status/status.h"

namespace weft::local {

// Serves the local runtime of the installation at `data` (empty: as DataDirectory::Open says) until
// it is told to stop. The engine need not answer yet. Errors say why it cannot begin.
absl::Status Serve(const std::string& data);

}  // namespace weft::local
