#include "tests/bench/service/requests.h"

#include <algorithm>
#include <arpa/inet.h>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "absl/time/clock.h"

namespace weft::bench {
namespace {

// A connected socket, or -1.
int Connect(const sockaddr_in& to) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit = {5, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // Closed by a reset. Ports that wait after their close (60 s) are the machine's: with half of
  // them taken, whoever connects to the same address, a proxy too, looks for one for 26 ms.
  const linger reset = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return fd;
  close(fd);
  return -1;
}

// One request and its answer, which is short and comes in one piece.
bool Ask(int fd) {
  constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: web\r\n\r\n";
  char answer[200];
  return send(fd, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) > 0 &&
         recv(fd, answer, sizeof answer, 0) > 0;
}

struct Counted {
  std::vector<double> microseconds;
  int failed = 0;
};

Counted AskUntil(const sockaddr_in& to, bool anew, absl::Time end) {
  Counted counted;
  int fd = -1;
  for (absl::Time start = absl::Now(); start < end; start = absl::Now()) {
    if (fd < 0) fd = Connect(to);
    const bool answered = fd >= 0 && Ask(fd);
    if (answered) counted.microseconds.push_back(absl::ToDoubleMicroseconds(absl::Now() - start));
    if (!answered) ++counted.failed;
    if (fd >= 0 && (anew || !answered)) {
      close(fd);
      fd = -1;
    }
  }
  if (fd >= 0) close(fd);
  return counted;
}

double Quantile(std::vector<double>& values, double q) {
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<ptrdiff_t>(q * (values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace

RequestFigures MeasureRequests(const std::string& address, int port, int outstanding, bool anew,
                               absl::Duration duration) {
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  inet_pton(AF_INET, address.c_str(), &to.sin_addr);
  const absl::Time end = absl::Now() + duration;
  std::mutex mutex;
  Counted all;
  std::vector<std::thread> threads;
  for (int i = 0; i < outstanding; ++i) {
    threads.emplace_back([&] {
      const Counted counted = AskUntil(to, anew, end);
      std::lock_guard lock(mutex);
      all.microseconds.insert(all.microseconds.end(), counted.microseconds.begin(),
                              counted.microseconds.end());
      all.failed += counted.failed;
    });
  }
  for (std::thread& thread : threads) thread.join();
  return {all.microseconds.size() / absl::ToDoubleSeconds(duration),
          Quantile(all.microseconds, 0.5), Quantile(all.microseconds, 0.99), all.failed};
}

}  // namespace weft::bench
