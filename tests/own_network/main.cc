// Instead of GoogleTest's own main: runs the tests, as root, in a network namespace of their own
// with nothing but loopback. Each has a private container engine, and engines would take each
// other's subnets, packet filter and ports; and nothing of the machine's network is touched.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

// Not root, or root of a container: the tests say themselves that they cannot run.
bool EnterNetwork() {
  if (geteuid() != 0) return true;
  if (getenv("WEFT_CONFORMANCE_ENGINE") != nullptr) return true;  // Where that engine is.
  if (unshare(CLONE_NEWNET) != 0) return errno == EPERM;
  const int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq loopback = {.ifr_ifrn = {.ifrn_name = "lo"}, .ifr_ifru = {.ifru_flags = IFF_UP}};
  const bool done = any >= 0 && ioctl(any, SIOCSIFFLAGS, &loopback) == 0;
  if (any >= 0) close(any);
  return done;
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (!GTEST_FLAG_GET(list_tests) && !EnterNetwork()) {
    perror("a network namespace");
    return 1;
  }
  return RUN_ALL_TESTS();
}
