#pragma once

#include <functional>
#include <grpcpp/grpcpp.h>
#include <string>

#include "core/base/worker_pool.h"
#include "core/scheduler/instance_actions.h"
#include "core/store/store.h"
#include "weft/core/v1/instances.pb.h"

namespace weft::api {

// What a call of Instances.Act needs of the core; all outlive the call.
struct ActParts {
  store::Store* store = nullptr;
  WorkerPool* pool = nullptr;
  // Something was stored for the application.
  std::function<void(const std::string& application)> on_stored;
};

// Carries out the checked actions of `request` in the pool and finishes the call: applications side
// by side, so that their transactions share a write to the disk, and the actions on one application
// in their order. RESOURCE_EXHAUSTED: the pool takes no more. Does not block.
void StartAct(const ActParts& parts, scheduler::Acting acting, const core::v1::ActRequest& request,
              core::v1::ActResponse& response, grpc::ServerUnaryReactor& reactor);

}  // namespace weft::api
