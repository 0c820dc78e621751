#include "core/cli/terminal.h"

#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>

namespace weft::cli {

Terminal ProcessTerminal() {
  Terminal terminal = {.in = std::cin, .out = std::cout, .err = std::cerr};
  terminal.live = isatty(STDOUT_FILENO) == 1;
  const char* no_color = getenv("NO_COLOR");
  terminal.color = terminal.live && (no_color == nullptr || *no_color == '\0');
  winsize size;
  if (terminal.live && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
    terminal.width = size.ws_col;
  return terminal;
}

bool Agrees(const Terminal& terminal, const std::string& question) {
  terminal.out << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(terminal.in, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace weft::cli
