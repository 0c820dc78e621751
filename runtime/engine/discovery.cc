#include "runtime/engine/discovery.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "runtime/engine/docker_engine.h"

namespace weft::engine {

absl::StatusOr<std::string> SocketPathOf(const std::string& address) {
  absl::string_view path = address;
  if (!absl::ConsumePrefix(&path, "unix://") && !absl::ConsumePrefix(&path, "unix:")) {
    return absl::InvalidArgumentError(
        absl::StrCat("engine address ", address, ": only unix:///path is supported"));
  }
  if (path.empty() || path[0] != '/')
    return absl::InvalidArgumentError(absl::StrCat("engine address ", address, ": not absolute"));
  if (path.size() > 107)
    return absl::InvalidArgumentError(absl::StrCat("engine address ", address, ": too long"));
  return std::string(path);
}

std::vector<std::string> UsualSockets(const std::string& docker_host) {
  std::vector<std::string> sockets;
  if (const auto path = SocketPathOf(docker_host); path.ok()) sockets.push_back(*path);
  for (const char* path : {"/var/run/docker.sock", "/run/podman/podman.sock"})
    sockets.emplace_back(path);
  return sockets;
}

std::string FirstAnswering(const std::vector<std::string>& sockets,
                           const std::function<bool(const std::string&)>& answers) {
  for (const std::string& socket : sockets)
    if (answers(socket)) return socket;
  return "";
}

bool EngineAnswers(const std::string& socket_path) {
  return access(socket_path.c_str(), F_OK) == 0 && DockerEngine(socket_path).Ping().ok();
}

}  // namespace weft::engine
