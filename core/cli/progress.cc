#include "core/cli/progress.h"

#include "core/cli/text.h"

namespace weft::cli {

void Progress::Show(const std::string& line) {
  if (line == shown_) return;
  shown_ = line;
  if (!terminal_.live) {
    terminal_.out << line << std::endl;
    return;
  }
  // A line that the terminal would wrap could not be rewritten.
  std::string cut = line;
  while (Width(cut) >= terminal_.width) {
    cut.pop_back();
    while (!cut.empty() && (static_cast<unsigned char>(cut.back()) & 0xC0) == 0x80) cut.pop_back();
  }
  terminal_.out << "\r\033[K" << cut << std::flush;
  open_ = true;
}

void Progress::Finish() {
  if (open_) terminal_.out << std::endl;
  open_ = false;
}

}  // namespace weft::cli
