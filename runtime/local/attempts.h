#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/local/image_puller.h"
#include "runtime/local/object.h"
#include "runtime/local/pod.h"

namespace weft::local {

// One attempt to start something for a controller.
struct Attempt {
  std::string key;                           // Of the controller.
  std::string name;                          // Tells it from the others of its controller.
  const PodContainer* image = nullptr;       // Whose image it needs, unless it is made already.
  std::string run = {};                      // For which run: each run has another.
  std::vector<std::string> logins = {};      // For that: ImagePuller::Wish.
  const char* reason = "RunContainerError";  // Why it waits if `start` fails.
  // Makes and starts it. `failed`: the attempt before did.
  std::function<absl::Status(bool failed)> start;
};

// Whether an error of the engine says nothing but that it cannot be asked now.
bool EngineIsAway(const absl::Status& status);

// Starts things; what could not be started is tried again after 1 s, doubling up to a minute.
// Thread-safe, for different controllers at once.
class Attempts {
 public:
  // `images` outlives it.
  Attempts(ImagePuller& images, std::function<absl::Time()> now)
      : images_(images), now_(std::move(now)) {}

  // After how long to try again (infinite: it has started, or whatever it waits for wakes the
  // controller); `waiting` says why. An error: the engine is away.
  absl::StatusOr<absl::Duration> Try(const Attempt& attempt, Waiting& waiting);

  // Forgets what could not be started for a controller that is gone.
  void Forget(const std::string& key);

 private:
  struct State {
    Waiting waiting;  // Since the last time that it failed.
    absl::Time retry_at;
    int times = 0;       // That it failed, one after the other.
    std::string run;     // For which its image was asked for first at:
    uint64_t since = 0;  // ImagePuller::Mark; 0: not yet.
  };

  ImagePuller& images_;
  const std::function<absl::Time()> now_;
  std::mutex mutex_;
  // Of what has not started, by the controller's key and the name of the attempt; guarded by
  // mutex_.
  std::map<std::string, std::map<std::string, State>> states_;
};

}  // namespace weft::local
