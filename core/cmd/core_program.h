#pragma once

namespace weft::cmd {

// Runs weft-core until SIGTERM or SIGINT. Returns the exit status: 0 drained, 1 failed, 2 wrong
// use.
int CoreMain(int argc, char** argv);

}  // namespace weft::cmd
