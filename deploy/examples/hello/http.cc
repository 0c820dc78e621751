#include "http.h"

#include <arpa/inet.h>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace hello {
namespace {

constexpr auto kDrainLimit = std::chrono::seconds(5);
constexpr int kCallSeconds = 2;   // For connecting, and for each piece of an answer.
constexpr int kIdleSeconds = 30;  // A client that says nothing is left.
constexpr size_t kRequestLimit = 8192;

sigset_t EndSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

void SetTimeout(int fd, int seconds) {
  const timeval limit = {seconds, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

bool SendAll(int fd, const std::string& bytes) {
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t n = send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return false;
    sent += n;
  }
  return true;
}

class Server {
 public:
  explicit Server(const Handler& handler) : handler_(handler) {}

  // Serves until a signal, then ends the program: threads may still hold what is here.
  [[noreturn]] void Run(int port) {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        listen(listener, SOMAXCONN) != 0) {
      perror("listen");
      _exit(1);
    }
    Log("listening on port " + std::to_string(port));
    AcceptUntilSignal(listener);
    close(listener);
    std::unique_lock lock(mutex_);
    idle_.wait_for(lock, kDrainLimit, [this] { return answering_ == 0; });
    Log("ending");
    _exit(0);
  }

 private:
  void AcceptUntilSignal(int listener) {
    const sigset_t signals = EndSignals();
    pollfd waiting[] = {{signalfd(-1, &signals, SFD_CLOEXEC), POLLIN, 0}, {listener, POLLIN, 0}};
    while (poll(waiting, 2, -1) >= 0 && waiting[0].revents == 0) {
      sockaddr_in peer;
      socklen_t size = sizeof peer;
      const int fd = accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC);
      if (fd >= 0) std::thread([=, this] { Serve(fd, inet_ntoa(peer.sin_addr)); }).detach();
    }
  }

  void Serve(int fd, const std::string& peer) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    SetTimeout(fd, kIdleSeconds);
    std::string input;
    while (ReadRequest(fd, input)) {
      {
        std::lock_guard lock(mutex_);
        ++answering_;
      }
      const bool goes_on = AnswerOne(fd, peer, input);
      std::lock_guard lock(mutex_);
      if (--answering_ == 0) idle_.notify_all();
      if (!goes_on) break;
    }
    close(fd);
  }

  // Until `input` has the head of a request, which is all of a GET.
  static bool ReadRequest(int fd, std::string& input) {
    while (input.find("\r\n\r\n") == std::string::npos) {
      char buffer[2048];
      const ssize_t n = recv(fd, buffer, sizeof buffer, 0);
      if (n <= 0 || input.size() > kRequestLimit) return false;
      input.append(buffer, n);
    }
    return true;
  }

  // Takes the first request off `input`. False: the connection is over.
  bool AnswerOne(int fd, const std::string& peer, std::string& input) {
    const size_t end = input.find("\r\n\r\n") + 4;
    const std::string head = input.substr(0, end);
    input.erase(0, end);
    const size_t path = head.find(' ') + 1;
    const std::string target = head.substr(path, head.find_first_of(" \r", path) - path);
    const bool close_after = head.find("HTTP/1.1") == std::string::npos ||
                             head.find("onnection: close") != std::string::npos;
    const Answer answer =
        head.compare(0, 4, "GET ") == 0 ? handler_(target) : Answer{405, "only GET\n"};
    if (target != "/healthz") Log(peer + " GET " + target + " " + std::to_string(answer.status));
    return SendAll(fd, "HTTP/1.1 " + std::to_string(answer.status) +
                           (answer.status == 200 ? " OK" : " Error") +
                           "\r\nContent-Type: text/plain\r\nContent-Length: " +
                           std::to_string(answer.text.size()) +
                           (close_after ? "\r\nConnection: close" : "") + "\r\n\r\n" +
                           answer.text) &&
           !close_after;
  }

  const Handler& handler_;
  std::mutex mutex_;
  std::condition_variable idle_;
  int answering_ = 0;  // Guarded by mutex_.
};

// A socket that is connected to "host:port", or -1.
int Connect(const std::string& target) {
  const size_t colon = target.rfind(':');
  if (colon == std::string::npos) return -1;
  addrinfo hints = {}, *found = nullptr;
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  if (getaddrinfo(target.substr(0, colon).c_str(), target.substr(colon + 1).c_str(), &hints,
                  &found) != 0)
    return -1;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  SetTimeout(fd, kCallSeconds);
  if (connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
    close(fd);
    fd = -1;
  }
  freeaddrinfo(found);
  return fd;
}

}  // namespace

std::string Get(const std::string& target) {
  const int fd = Connect(target);
  if (fd < 0) return "";
  std::string answer;
  if (SendAll(fd, "GET / HTTP/1.1\r\nHost: " + target + "\r\nConnection: close\r\n\r\n")) {
    char buffer[2048];
    for (ssize_t n; (n = recv(fd, buffer, sizeof buffer, 0)) > 0;) answer.append(buffer, n);
  }
  close(fd);
  const size_t body = answer.find("\r\n\r\n");
  return answer.rfind("HTTP/1.1 200", 0) == 0 && body != std::string::npos ? answer.substr(body + 4)
                                                                           : "";
}

// Line by line into the container's log, as it happens.
void Log(const std::string& line) {
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  fputs(line.c_str(), stdout);
  if (line.empty() || line.back() != '\n') fputc('\n', stdout);
  fflush(stdout);
}

void BlockSignals() {
  const sigset_t signals = EndSignals();
  sigprocmask(SIG_BLOCK, &signals, nullptr);
}

void Serve(int port, const Handler& handler) {
  BlockSignals();
  Server(handler).Run(port);
}

}  // namespace hello
