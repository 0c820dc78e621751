#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace weft::engine {

// The path in "unix:///path" or "unix:/path". INVALID_ARGUMENT: another scheme, a relative path, or
// one longer than a socket's may be (107 bytes, unix(7)).
absl::StatusOr<std::string> SocketPathOf(const std::string& address);

// Sockets at which an engine of the machine's may listen, best first: DOCKER_HOST (`docker_host`;
// may be empty), Docker's own, Podman's. A DOCKER_HOST that is no unix socket is passed over.
std::vector<std::string> UsualSockets(const std::string& docker_host);

// The first of `sockets` that answers, or "" if none does.
std::string FirstAnswering(const std::vector<std::string>& sockets,
                           const std::function<bool(const std::string&)>& answers);

// Whether an engine answers at the socket.
bool EngineAnswers(const std::string& socket_path);

}  // namespace weft::engine
