#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/keyed_queue.h"
#include "runtime/engine/engine.h"

namespace weft::local {

// Brings images to the engine, each apart from the others and with back-off, so that a pod whose
// image cannot be had keeps no other waiting. Thread-safe.
class ImagePuller {
 public:
  using Duration = KeyedQueue::Clock::duration;

  struct Wish {
    std::string reference;
    bool may_pull = true;
    std::string key;                       // Of whoever asks.
    std::vector<std::string> logins = {};  // Texts of the pod's own (registry_login.h).
    // Not the image that is there, but what a pull brought that began after this Mark; 0: either.
    uint64_t since = 0;
  };
  // Texts of the logins that hold for every pod; asked before each pull.
  using MachineLogins = std::function<std::vector<std::string>()>;

  struct Answer {
    bool present = false;
    // If not: why the container waits, as the kubelet says it (ErrImageNeverPull,
    // ImagePullBackOff, ContainerCreating), and what the engine said.
    std::string reason;
    std::string message;
  };

  // `on_change` gets the key of whoever asked for an image of which there is news. `first` and
  // `longest` bound the time between two attempts.
  ImagePuller(engine::Engine& engine, int threads, Duration first, Duration longest,
              MachineLogins machine_logins, std::function<void(const std::string& key)> on_change);

  // Of now: no pull that has begun is after it. Never 0.
  uint64_t Mark() const;

  // Whether the image is there; if not and it may be pulled, sees to it. The key hears of the
  // result, once: it asks again then. Errors: the engine's, other than that it has no such image.
  absl::StatusOr<Answer> Ask(const Wish& wish);

  // An image came to the engine in another way: whoever waits is told.
  void ImagesChanged();

  void Stop() { queue_.Stop(); }

 private:
  struct Wanted {
    std::map<std::string, uint64_t> waiting;  // By key, the last of its Wish::since.
    bool pull = false;
    bool unasked = false;  // Nobody asked since the last attempt: forgotten if that stays so.
    std::string failure;   // Of the last attempt.
    Duration next;
    std::map<std::string, std::vector<std::string>> logins;  // Of whoever waits, by key.
  };
  Duration Pull(const std::string& reference);
  absl::Status PullWith(const std::string& reference, const std::vector<std::string>& logins);

  engine::Engine& engine_;
  const Duration first_;
  const Duration longest_;
  const MachineLogins machine_logins_;
  const std::function<void(const std::string&)> on_change_;
  mutable std::mutex mutex_;
  std::map<std::string, Wanted> wanted_;     // By reference.
  uint64_t begun_ = 0;                       // Pulls, which have the numbers from 1 on.
  std::map<std::string, uint64_t> brought_;  // The last pull of a reference that came to its end.
  KeyedQueue queue_;                         // Of references. Last: its threads use the rest.
};

}  // namespace weft::local
