#pragma once

#include <grpcpp/grpcpp.h>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "core/base/worker_pool.h"
#include "core/scheduler/scheduler.h"
#include "core/store/store.h"
#include "weft/core/v1/applications.pb.h"

namespace weft::api {

// A stream that is open until somebody ends it.
class OpenWatch {
 public:
  virtual ~OpenWatch() = default;
  virtual void Start() = 0;
  virtual void End(const grpc::Status& status) = 0;
};

// The watches of applications that are open. Thread-safe.
class Watches {
 public:
  // All outlive the object.
  Watches(scheduler::Scheduler& scheduler, store::Store& store, WorkerPool& pool);

  // Opens a watch of one application (application_watch.cc); the reactor owns itself.
  grpc::ServerWriteReactor<core::v1::Application>* Open(const std::string& ns,
                                                        const std::string& name);
  // Opens a watch of all applications (all_watch.cc); likewise.
  grpc::ServerWriteReactor<core::v1::WatchAllResponse>* OpenAll(
      const core::v1::WatchAllRequest& request);
  // Ends every watch with UNAVAILABLE, and those that are opened later.
  void End();

  // For the watches themselves.
  void Closed(OpenWatch* watch);
  scheduler::Scheduler& scheduler() { return scheduler_; }
  store::Store& store() { return store_; }
  WorkerPool& pool() { return pool_; }
  // Tells the tokens of this process from those of another.
  const std::string& process() const { return process_; }

 private:
  void Begin(const std::shared_ptr<OpenWatch>& watch);

  scheduler::Scheduler& scheduler_;
  store::Store& store_;
  WorkerPool& pool_;
  const std::string process_;
  std::mutex mutex_;
  bool ending_ = false;
  std::set<std::shared_ptr<OpenWatch>> open_;
};

}  // namespace weft::api
