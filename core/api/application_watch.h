#pragma once

#include <functional>
#include <grpcpp/grpcpp.h>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "core/base/worker_pool.h"
#include "core/scheduler/scheduler.h"
#include "weft/core/v1/applications.pb.h"

namespace weft::api {

class ApplicationWatch;

// The watches that are open. Thread-safe.
class Watches {
 public:
  // Both outlive the object.
  Watches(scheduler::Scheduler& scheduler, WorkerPool& pool) : scheduler_(scheduler), pool_(pool) {}

  // Opens a watch of one application; the reactor owns itself.
  grpc::ServerWriteReactor<core::v1::Application>* Open(const std::string& ns,
                                                        const std::string& name);
  // Ends every watch with UNAVAILABLE, and those that are opened later.
  void End();

 private:
  friend class ApplicationWatch;
  void Closed(ApplicationWatch* watch);

  scheduler::Scheduler& scheduler_;
  WorkerPool& pool_;
  std::mutex mutex_;
  bool ending_ = false;
  std::set<std::shared_ptr<ApplicationWatch>> open_;
};

}  // namespace weft::api
