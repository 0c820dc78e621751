#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/keyed_queue.h"
#include "runtime/engine/engine.h"
#include "runtime/local/pod.h"

namespace weft::local {

// Ends pods in peace: what is to be done before (preStop), SIGTERM, and, when the pod's grace is
// over, SIGKILL; removal. What is under way when the
// process dies is decided and begun again by the pods' controller. Thread-safe.
class Terminator {
 public:
  // `served`: whether Services still lead to a pod, by its namespace and address. One that is ready
  // runs until none does, for 10 s at most, and for `lead` after that, for connections that are on
  // their way. `on_gone` gets the controller's key when a pod is gone.
  using Served = std::function<bool(const std::string& ns, const std::string& address)>;
  Terminator(engine::Engine& engine, int threads, KeyedQueue::Clock::duration lead, Served served,
             std::function<void(const std::string& key)> on_gone);

  // Returns at once. A pod that is being ended already is passed over.
  void Terminate(const Pod& pod, const std::string& key);
  // Ends one container of a pod that stays, likewise; it is not removed.
  void EndRun(const Pod& pod, const Member& member, const std::string& key);
  bool IsTerminating(const std::string& sandbox) const;

  void Stop() { queue_.Stop(); }

 private:
  struct Container {
    std::string id;
    std::optional<Action> pre_stop = {};
  };
  struct Ending {
    std::string key;
    absl::Duration grace;
    std::string address;                // Of the pod.
    std::vector<Container> containers;  // In the order in which they end.
    bool run = false;                   // One container, which stays.
    std::string ns = {};
    // Until when it may be served; nothing: it is not any more.
    std::optional<KeyedQueue::Clock::time_point> leave_by = {};
  };
  static Container ToEnd(const Member& member);
  std::optional<KeyedQueue::Clock::duration> Leave(const std::string& what, const Ending& ending);
  absl::Status Stop(const Container& container, const std::string& address, absl::Time end);
  KeyedQueue::Clock::duration End(const std::string& what);

  engine::Engine& engine_;
  const KeyedQueue::Clock::duration lead_;
  const Served served_;
  const std::function<void(const std::string&)> on_gone_;
  mutable std::mutex mutex_;
  std::map<std::string, Ending> endings_;  // By the sandbox's id, or RunKey.
  KeyedQueue queue_;                       // Of their keys. Last: its threads use the rest.
};

}  // namespace weft::local
