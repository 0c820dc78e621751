#pragma once

#include <functional>
#include <grpcpp/grpcpp.h>
#include <utility>

#include "core/base/service.h"
#include "core/base/worker_pool.h"

namespace weft::api {

// Runs `work`, which may block, in `pool` and finishes the call with its status.
// RESOURCE_EXHAUSTED: the pool takes no more.
inline grpc::ServerUnaryReactor* Reply(grpc::CallbackServerContext* context, WorkerPool& pool,
                                       std::function<absl::Status()> work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const bool taken =
      pool.TryRun([reactor, work = std::move(work)] { reactor->Finish(ToGrpc(work())); });
  if (!taken)
    reactor->Finish({grpc::StatusCode::RESOURCE_EXHAUSTED, "too many calls wait: try again"});
  return reactor;
}

}  // namespace weft::api
