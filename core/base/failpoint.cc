#include "core/base/failpoint.h"

#include <chrono>
#include <fstream>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace weft {

void Failpoint(const char* name) {
  static const char* const folder = getenv("WEFT_FAILPOINTS");
  if (folder == nullptr) return;
  const std::string armed = std::string(folder) + "/" + name;
  const std::string hit = armed + ".hit";
  std::string action;
  if (!(std::ifstream(armed) >> action)) return;
  // Two threads may see the file; the rename lets one of them through.
  if (rename(armed.c_str(), hit.c_str()) != 0) return;
  if (action == "kill") {
    kill(getpid(), SIGKILL);
    pause();
  }
  struct stat unused;
  while (stat(hit.c_str(), &unused) == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

}  // namespace weft
