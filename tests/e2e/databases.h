#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace weft::e2e {

// Every row of every table of the SQLite database at `path`, which may be in use, as text: equal
// texts mean equal contents. UNAVAILABLE: it cannot be read.
absl::StatusOr<std::string> DumpDatabase(const std::string& path);

// The lines that only one of two texts has, for people; empty: they have the same.
std::string Difference(const std::string& before, const std::string& after);

}  // namespace weft::e2e
