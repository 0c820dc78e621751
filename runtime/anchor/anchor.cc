// The program of an anchor container: it holds a network namespace open and does nothing else. The
// rules in that namespace are the runtime's (rules.h).
#include <csignal>
#include <unistd.h>

int main() {
  // The first process of a container ends at a signal only if it says so.
  std::signal(SIGTERM, [](int) { _exit(0); });
  for (;;) pause();
}
