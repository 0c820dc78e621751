#pragma once

#include <grpcpp/grpcpp.h>

#include "core/auth/caller.h"
#include "core/base/stream_limit.h"
#include "core/base/worker_pool.h"
#include "core/mesh/providers.h"
#include "core/scheduler/admission.h"
#include "core/scheduler/events.h"
#include "core/scheduler/rerenderer.h"
#include "core/scheduler/runtimes.h"
#include "core/scheduler/scheduler.h"
#include "core/store/store.h"
#include "weft/core/v1/applications.grpc.pb.h"

namespace weft::api {

class Watches;

// weft.core.v1.Applications. Handlers hand their work to the pool and return at once.
class ApplicationsService final : public core::v1::Applications::CallbackService {
 public:
  // All outlive the object.
  struct Parts {
    store::Store* store = nullptr;
    scheduler::Scheduler* scheduler = nullptr;
    const scheduler::Admission* admission = nullptr;
    const scheduler::Runtimes* runtimes = nullptr;
    const mesh::Providers* providers = nullptr;
    WorkerPool* pool = nullptr;
    scheduler::Events* events = nullptr;
    scheduler::Rerenderer* rerenderer = nullptr;  // Hears of what was confirmed; null: nobody does.
    auth::Identify identify = {};                 // For events; empty: callers are not known.
  };
  explicit ApplicationsService(Parts parts);
  ~ApplicationsService() override;

  grpc::ServerUnaryReactor* Apply(grpc::CallbackServerContext* context,
                                  const core::v1::ApplyRequest* request,
                                  core::v1::ApplyResponse* response) override;
  grpc::ServerUnaryReactor* Plan(grpc::CallbackServerContext* context,
                                 const core::v1::PlanRequest* request,
                                 core::v1::PlanResponse* response) override;
  grpc::ServerUnaryReactor* History(grpc::CallbackServerContext* context,
                                    const core::v1::HistoryRequest* request,
                                    core::v1::HistoryResponse* response) override;
  grpc::ServerUnaryReactor* Rollback(grpc::CallbackServerContext* context,
                                     const core::v1::RollbackRequest* request,
                                     core::v1::RollbackResponse* response) override;
  grpc::ServerUnaryReactor* Get(grpc::CallbackServerContext* context,
                                const core::v1::GetApplicationRequest* request,
                                core::v1::Application* response) override;
  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context,
                                 const core::v1::ListApplicationsRequest* request,
                                 core::v1::ListApplicationsResponse* response) override;
  grpc::ServerWriteReactor<core::v1::Application>* Watch(
      grpc::CallbackServerContext* context,
      const core::v1::WatchApplicationRequest* request) override;
  grpc::ServerWriteReactor<core::v1::WatchAllResponse>* WatchAll(
      grpc::CallbackServerContext* context, const core::v1::WatchAllRequest* request) override;
  grpc::ServerUnaryReactor* Delete(grpc::CallbackServerContext* context,
                                   const core::v1::DeleteApplicationRequest* request,
                                   core::v1::DeleteApplicationResponse* response) override;
  grpc::ServerUnaryReactor* Confirm(grpc::CallbackServerContext* context,
                                    const core::v1::ConfirmRequest* request,
                                    core::v1::ConfirmResponse* response) override;
  grpc::ServerUnaryReactor* Events(grpc::CallbackServerContext* context,
                                   const core::v1::EventsRequest* request,
                                   core::v1::EventsResponse* response) override;
  grpc::ServerUnaryReactor* Timeline(grpc::CallbackServerContext* context,
                                     const core::v1::TimelineRequest* request,
                                     core::v1::TimelineResponse* response) override;
  grpc::ServerUnaryReactor* Usage(grpc::CallbackServerContext* context,
                                  const core::v1::UsageRequest* request,
                                  core::v1::UsageResponse* response) override;
  grpc::ServerWriteReactor<core::v1::LogsResponse>* Logs(
      grpc::CallbackServerContext* context, const core::v1::LogsRequest* request) override;
  grpc::ServerBidiReactor<core::v1::ExecRequest, core::v1::ExecResponse>* Exec(
      grpc::CallbackServerContext* context) override;
  grpc::ServerBidiReactor<core::v1::ForwardRequest, core::v1::ForwardResponse>* Forward(
      grpc::CallbackServerContext* context) override;

  // The core drains: ends every watch. Commands and connections have the time that calls have to
  // end.
  void EndStreams();

 private:
  scheduler::Author AuthorOf(const grpc::ServerContextBase& context) const;

  const Parts parts_;
  StreamLimit commands_, connections_;
  const std::unique_ptr<Watches> watches_;
};

}  // namespace weft::api
