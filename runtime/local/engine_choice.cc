#include "runtime/local/engine_choice.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <spdlog/spdlog.h>

#include "core/base/status.h"
#include "runtime/engine/discovery.h"

namespace weft::local {
namespace {

// A dead engine is noticed and started again well within a second.
constexpr auto kLookAgain = std::chrono::milliseconds(300);
constexpr auto kLongestRetry = std::chrono::milliseconds(30000);

void WaitOrStop(std::stop_token stop, std::chrono::milliseconds duration) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait_for(lock, stop, duration, [] { return false; });
}

}  // namespace

absl::StatusOr<EngineChoice> ChooseEngine(const EngineWishes& wishes,
                                          const std::function<bool(const std::string&)>& answers,
                                          const std::function<absl::Status()>& possible) {
  std::string socket;
  if (!wishes.wanted.empty() && wishes.wanted != kPrivateEngine) {
    WEFT_ASSIGN_OR_RETURN(socket, engine::SocketPathOf(wishes.wanted));
  } else if (wishes.wanted.empty() && wishes.remembered != kPrivateEngine) {
    socket = !wishes.remembered.empty()
                 ? wishes.remembered
                 : engine::FirstAnswering(engine::UsualSockets(wishes.docker_host), answers);
  }
  if (!socket.empty() && socket != wishes.private_socket) return EngineChoice{socket, false};
  WEFT_RETURN_IF_ERROR(possible());
  return EngineChoice{wishes.private_socket, true};
}

EngineKeeper::EngineKeeper(std::string directory, std::string log_file)
    : engine_(std::move(directory), std::move(log_file)),
      thread_([this](std::stop_token stop) { Run(stop); }) {}

EngineKeeper::~EngineKeeper() = default;

void EngineKeeper::Run(std::stop_token stop) {
  std::chrono::milliseconds wait = kLookAgain;
  while (!stop.stop_requested()) {
    const absl::Status running = engine_.EnsureRunning([&] { return stop.stop_requested(); });
    if (running.ok()) {
      wait = kLookAgain;
    } else if (!absl::IsCancelled(running)) {
      spdlog::error("msg=\"the private engine does not run\" error=\"{}\"",
                    std::string(running.message()));
      wait = std::min(wait * 2, kLongestRetry);
    }
    WaitOrStop(stop, wait);
  }
}

}  // namespace weft::local
