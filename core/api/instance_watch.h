#pragma once

#include <chrono>
#include <functional>
#include <grpcpp/grpcpp.h>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/auth/caller.h"
#include "core/base/keyed_queue.h"
#include "core/mesh/providers.h"
#include "core/scheduler/epochs.h"
#include "core/scheduler/instance_feed.h"
#include "core/store/store.h"
#include "weft/core/v1/instances.pb.h"

namespace weft::api {

class InstanceWatch;

// The watches of instances that are open, and the epochs that they hold. Messages are composed and
// epochs are granted in threads of its own, so that neither waits for other work of the core.
// Thread-safe. Every watch has ended before the object does.
class InstanceWatches {
 public:
  using Reactor =
      grpc::ServerBidiReactor<core::v1::WatchInstancesRequest, core::v1::WatchInstancesResponse>;
  struct Options {
    scheduler::InstanceFeed::Source source;
    const mesh::Providers* providers = nullptr;  // Outlives the object.
    std::function<scheduler::Epochs::Clock::time_point()> now;
  };
  explicit InstanceWatches(Options options);

  // Opens a watch for `caller`, or ends it at once with its status. The reactor owns itself.
  Reactor* Open(const absl::StatusOr<auth::Caller>& caller);
  // Something of the application may have become another. Does not block.
  void Changed(const std::string& application);
  // Ends every watch with UNAVAILABLE, and those that are opened later.
  void End();

  const scheduler::Epochs& epochs() const { return epochs_; }

 private:
  friend class InstanceWatch;

  std::map<uint64_t, std::shared_ptr<InstanceWatch>> Watches() const;
  std::shared_ptr<InstanceWatch> Find(uint64_t id) const;
  KeyedQueue::Clock::duration Work(const std::string& key);
  void Wake(uint64_t id) { queue_.Add(std::to_string(id)); }

  const Options options_;
  mutable std::mutex mutex_;
  bool ending_ = false;
  uint64_t last_ = 0;
  std::map<uint64_t, std::shared_ptr<InstanceWatch>> open_;  // By number.
  scheduler::Epochs epochs_;
  KeyedQueue queue_;  // Numbers of watches, and the time.
};

}  // namespace weft::api
