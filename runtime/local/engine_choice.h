#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "runtime/engine/private_engine.h"

namespace weft::local {

struct EngineChoice {
  std::string socket_path;
  bool is_private = false;  // Its socket is DATA/engine/docker.sock, and it must be kept running.
};

// Stands for the private engine, wherever the data directory is.
inline constexpr char kPrivateEngine[] = "private";

struct EngineWishes {
  std::string wanted;      // WEFT_ENGINE: kPrivateEngine, "unix:///path" or empty.
  std::string remembered;  // What was chosen before: kPrivateEngine, a socket's path, or empty.
  std::string docker_host;
  std::string private_socket;
};

// Which engine this installation uses: the one that is wanted; else that of before, even if it does
// not answer now, since the containers are there; else one of the machine's that answers; else a
// private one. INVALID_ARGUMENT: `wanted` is neither. FAILED_PRECONDITION: `possible`, why there
// can be no private one.
absl::StatusOr<EngineChoice> ChooseEngine(const EngineWishes& wishes,
                                          const std::function<bool(const std::string&)>& answers,
                                          const std::function<absl::Status()>& possible);

// Keeps a private engine running from a thread of its own, with back-off. The engine outlives it.
class EngineKeeper {
 public:
  EngineKeeper(std::string directory, std::string log_file);
  ~EngineKeeper();

 private:
  void Run(std::stop_token stop);

  engine::PrivateEngine engine_;
  std::jthread thread_;
};

}  // namespace weft::local
