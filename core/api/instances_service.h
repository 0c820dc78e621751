#pragma once

#include <chrono>
#include <functional>
#include <grpcpp/grpcpp.h>

#include "absl/time/clock.h"
#include "core/api/instance_watch.h"
#include "core/auth/caller.h"
#include "core/base/worker_pool.h"
#include "core/mesh/providers.h"
#include "core/scheduler/events.h"
#include "core/scheduler/rerenderer.h"
#include "core/scheduler/runtimes.h"
#include "core/scheduler/scheduler.h"
#include "core/store/store.h"
#include "weft/core/v1/instances.grpc.pb.h"

namespace weft::api {

// weft.core.v1.Instances. Handlers hand their work on and return at once.
class InstancesService final : public core::v1::Instances::CallbackService {
 public:
  // All outlive the object, which is the one listener of `scheduler`.
  struct Parts {
    store::Store* store = nullptr;
    const mesh::Providers* providers = nullptr;
    scheduler::Scheduler* scheduler = nullptr;
    const scheduler::Runtimes* runtimes = nullptr;
    WorkerPool* pool = nullptr;
    auth::Identify identify;
    scheduler::Events* events = nullptr;          // Of actions; null: they are not recorded.
    scheduler::Rerenderer* rerenderer = nullptr;  // Hears of reports; null: nobody does.
    // Of heartbeats, and of `not_after`.
    std::function<std::chrono::steady_clock::time_point()> steady_now =
        std::chrono::steady_clock::now;
    std::function<absl::Time()> now = absl::Now;
  };
  explicit InstancesService(Parts parts);
  ~InstancesService() override;

  grpc::ServerBidiReactor<core::v1::WatchInstancesRequest, core::v1::WatchInstancesResponse>* Watch(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* Act(grpc::CallbackServerContext* context,
                                const core::v1::ActRequest* request,
                                core::v1::ActResponse* response) override;
  grpc::ServerUnaryReactor* Report(grpc::CallbackServerContext* context,
                                   const core::v1::ReportRequest* request,
                                   core::v1::ReportResponse* response) override;

  // The core drains: ends every stream.
  void EndStreams();

 private:
  absl::StatusOr<auth::Caller> Provider(const grpc::ServerContextBase& context) const;

  const Parts parts_;
  InstanceWatches watches_;
};

}  // namespace weft::api
