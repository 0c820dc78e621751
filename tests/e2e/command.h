#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace weft::e2e {

struct CommandResult {
  int status = -1;  // Its exit status; -1: a signal ended it, or it could not be run.
  std::string out;
  std::string err;
};

// Runs a program, found on the PATH where it has no slash, with nothing on its standard input, and
// waits for its end; after `limit` it is killed. Thread-safe.
CommandResult RunCommand(const std::vector<std::string>& arguments,
                         absl::Duration limit = absl::Minutes(2));

}  // namespace weft::e2e
