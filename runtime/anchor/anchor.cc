// The program of containers that hold something for others: a network namespace (an anchor, whose
// rules are the runtime's: rules.h), and that and volumes (a pod's sandbox).
//
//   weft-anchor                            Does nothing, until SIGTERM.
//   weft-anchor published DIRECTORY...     A line for each: where its "..data" leads; else empty.
//   weft-anchor publish DIRECTORY NAME     Has "..data" lead to NAME, in one step, and for each
//                                          thing in NAME a link that leads there through "..data";
//                                          removes what was published before.
//   weft-anchor open DIRECTORY...          Lets every user write to those that are empty.
//   weft-anchor connect PORT               Relays between its streams and a connection to
//   127.0.0.1;
//                                          writes "+" once it stands.
//   weft-anchor release ADDRESS SECONDS [PROTOCOL PORT POD PORT]...
//                                          As ReleaseConnections (connections.h), where the
//                                          runtime cannot do so itself.
#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

#include "runtime/anchor/tracking.h"

namespace {

namespace fs = std::filesystem;

constexpr char kData[] = "..data";

int Hold() {
  // The first process of a container ends at a signal only if it says so.
  std::signal(SIGTERM, [](int) { _exit(0); });
  for (;;) pause();
}

int Published(int count, char** directories) {
  for (int i = 0; i < count; ++i) {
    std::error_code none;
    puts(fs::read_symlink(fs::path(directories[i]) / kData, none).c_str());
  }
  return 0;
}

// Source: the kubelet's AtomicWriter.
int Publish(const fs::path& directory, const fs::path& name) {
  const fs::path data = directory / kData;
  const fs::path next = directory / "..data_next";
  fs::remove(next);
  fs::create_symlink(name, next);
  fs::rename(next, data);
  for (const auto& entry : fs::directory_iterator(directory / name)) {
    const fs::path link = directory / entry.path().filename();
    if (!fs::is_symlink(fs::symlink_status(link)))
      fs::create_symlink(kData / entry.path().filename(), link);
  }
  std::vector<fs::path> gone;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const fs::path file = entry.path().filename();
    const bool ours = file == kData || file == name;
    if (!ours && !fs::exists(directory / name / file)) gone.push_back(entry.path());
  }
  for (const fs::path& path : gone) fs::remove_all(path);
  return 0;
}

int Open(int count, char** directories) {
  for (int i = 0; i < count; ++i)
    if (fs::is_empty(directories[i])) fs::permissions(directories[i], fs::perms::all);
  return 0;
}

// From one descriptor to another, to the end of either.
void Relay(int from, int to) {
  char piece[1 << 16];
  for (ssize_t size; (size = read(from, piece, sizeof piece)) > 0;)
    for (ssize_t sent = 0; sent < size;) {
      const ssize_t now = write(to, piece + sent, static_cast<size_t>(size - sent));
      if (now < 0) return;
      sent += now;
    }
}

int Connect(const char* port) {
  std::signal(SIGPIPE, SIG_IGN);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(std::atoi(port)));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // connect(2) heeds it too, see socket(7). Afterwards a write may take its time.
  constexpr timeval kToConnect = {5, 0}, kNone = {0, 0};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kToConnect, sizeof kToConnect);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    fprintf(stderr, "connect to 127.0.0.1:%s of the pod: %s\n", port, strerror(errno));
    return 1;
  }
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kNone, sizeof kNone);
  constexpr int kOn = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof kOn);
  if (write(STDOUT_FILENO, "+", 1) != 1) return 1;
  std::thread([fd] {
    Relay(STDIN_FILENO, fd);
    shutdown(fd, SHUT_WR);
  }).detach();
  Relay(fd, STDOUT_FILENO);
  _exit(0);  // An engine tells the end of an output with that of its program.
}

int Release(int count, char** words) {
  std::vector<weft::anchor::Target> targets;
  for (int i = 2; i + 3 < count; i += 4)
    targets.push_back({words[i], std::atoi(words[i + 1]), words[i + 2], std::atoi(words[i + 3])});
  const int error = weft::anchor::ForgetConnections(words[0], targets,
                                                    static_cast<uint32_t>(std::atoi(words[1])));
  if (error != 0) fprintf(stderr, "tracked connections: %s\n", strerror(error));
  return error == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  const std::string_view command = count > 1 ? words[1] : "";
  if (command.empty()) return Hold();
  try {
    if (command == "published") return Published(count - 2, words + 2);
    if (command == "publish" && count == 4) return Publish(words[2], words[3]);
    if (command == "open") return Open(count - 2, words + 2);
    if (command == "connect" && count == 3) return Connect(words[2]);
    if (command == "release" && count >= 4) return Release(count - 2, words + 2);
    fputs("unknown command\n", stderr);
  } catch (const fs::filesystem_error& error) {
    fprintf(stderr, "%s\n", error.what());
  }
  return 1;
}
