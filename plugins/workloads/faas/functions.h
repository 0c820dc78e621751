#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "plugins/sdk/instances.h"
#include "plugins/workloads/faas/function.h"

namespace weft::faas {

class Functions;

// One request at the gateway, from its arrival until this ends. While there is one, its function is
// in use. Movable; ends before the Functions that it came from.
class Visit {
 public:
  using Found = std::function<void(absl::StatusOr<Endpoint>)>;

  Visit(Visit&&) = default;
  Visit& operator=(Visit&&) = delete;
  ~Visit();

  // Tells, exactly once and from any thread, where the request can be sent: at once where a replica
  // is ready, else it is held until one is. May be called again after a try that failed, with the
  // name of the endpoint to avoid. Held no longer than Limits::hold after the arrival.
  // DEADLINE_EXCEEDED: nothing became ready. RESOURCE_EXHAUSTED: too many are held. NOT_FOUND: the
  // function went away. UNAVAILABLE: the gateway ends.
  void FindEndpoint(const std::string& avoid, Found found) const;

 private:
  friend class Functions;
  Visit(Functions& functions, std::shared_ptr<Function> function, absl::Time deadline)
      : functions_(&functions), function_(std::move(function)), deadline_(deadline) {}

  Functions* functions_;
  std::shared_ptr<Function> function_;  // Null: moved from.
  absl::Time deadline_;
};

struct FunctionStatus {
  FunctionName name;
  std::string image;
  int64_t replicas = 0;
  int64_t ready = 0;
  uint64_t invocations = 0;
};

// All functions: what the core tells of them on one side, the requests at the gateway on the other.
// Holds requests to what is not ready, and asks the core for the size that each function needs.
// Thread-safe. No clock of its own, no threads: Tick moves time on.
class Functions {
 public:
  struct Limits {
    size_t held_per_function = 256;
    size_t held = 4096;
    absl::Duration hold = absl::Seconds(60);
  };
  using Clock = std::function<absl::Time()>;

  Functions() : Functions(Limits(), absl::Now) {}
  Functions(const Limits& limits, Clock clock) : limits_(limits), clock_(std::move(clock)) {}

  // As sdk::Life. `instances` is asked for changes of functions of `type`; it may call back within
  // the call.
  void Attach(const std::string& type, sdk::Instances& instances);
  void Changed(const sdk::LiveInstance& instance);
  void Gone(const std::string& key);
  void Synced(const std::string& type);
  void MayAct(const std::string& type, bool may);

  // Ends what was held too long, sends functions that are idle back to their minimum, asks again
  // for what failed. To be called several times a second.
  void Tick();

  // Fails what is held and all that would be, for the end.
  void Close();

  // A request arrives. NOT_FOUND: there is no such function. UNAVAILABLE: not everything is known
  // yet.
  absl::StatusOr<Visit> Enter(const FunctionName& name);

  // By namespace and name.
  std::vector<FunctionStatus> List() const;

 private:
  friend class Visit;
  struct Type {
    sdk::Instances* instances = nullptr;
    bool may_act = false;
    bool synced = false;
  };
  struct Waiter {
    absl::Time deadline;
    std::string avoid;
    Visit::Found found;
  };
  struct Entry {
    std::shared_ptr<Function> function;
    std::deque<Waiter> waiters;  // In the order of arrival.
  };
  // What is to be called when the lock is no longer held.
  struct Calls;

  void Find(const Visit& visit, const std::string& avoid, Visit::Found found);
  void Leave(const std::shared_ptr<Function>& function);
  void Answered(const std::shared_ptr<Function>& function, bool done);
  Entry* EntryOf(const std::shared_ptr<Function>& function);
  void ServeWaiters(Entry& entry, Calls& calls);
  void Expire(Entry& entry, Calls& calls);
  void FailWaiters(Entry& entry, const absl::Status& status, Calls& calls);
  void AskIfDue(Entry& entry, Calls& calls);
  void Make(Calls calls);

  const Limits limits_;
  const Clock clock_;

  mutable std::mutex mutex_;
  std::map<std::string, Type> types_;
  std::map<FunctionName, Entry> entries_;
  std::map<std::string, FunctionName> names_;  // By key.
  size_t held_ = 0;
  bool closed_ = false;
};

}  // namespace weft::faas
