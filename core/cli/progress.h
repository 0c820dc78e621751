#pragma once

#include <string>

#include "core/cli/terminal.h"

namespace weft::cli {

// Shows how something goes on: on a live terminal one line that is rewritten, else a line for each
// change. Not thread-safe. Finishes its line when destroyed.
class Progress {
 public:
  explicit Progress(const Terminal& terminal) : terminal_(terminal) {}
  ~Progress() { Finish(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `line` is what holds now. The same line again shows nothing.
  void Show(const std::string& line);
  // What follows stands on a line of its own.
  void Finish();

 private:
  const Terminal& terminal_;
  std::string shown_;
  bool open_ = false;
};

}  // namespace weft::cli
