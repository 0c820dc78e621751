#pragma once

#include <iostream>
#include <string>

namespace weft::cli {

// Where a command reads and writes. The streams are not owned.
struct Terminal {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool live = false;   // `out` is a terminal: lines may be rewritten.
  bool color = false;  // `out` is a terminal, and NO_COLOR (no-color.org) is not set.
  int width = 100;     // Columns of `out`.
};

// The terminal of this process: standard input, output and error.
Terminal ProcessTerminal();

// Whether the person at the terminal agrees to `question`, a sentence; not, where nobody answers.
bool Agrees(const Terminal& terminal, const std::string& question);

}  // namespace weft::cli
