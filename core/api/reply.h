#pragma once

#include <functional>
#include <grpcpp/grpcpp.h>
#include <utility>

#include "core/base/service.h"
#include "core/base/worker_pool.h"

namespace weft::api {

// Runs `begin`, which may block and has `reactor` finished sooner or later, in `pool`.
// RESOURCE_EXHAUSTED: the pool takes no more.
inline void BeginIn(WorkerPool& pool, grpc::ServerUnaryReactor* reactor,
                    std::function<void()> begin) {
  if (!pool.TryRun(std::move(begin)))
    reactor->Finish({grpc::StatusCode::RESOURCE_EXHAUSTED, "too many calls wait: try again"});
}

// Runs `work`, which may block, in `pool` and finishes the call with its status.
// RESOURCE_EXHAUSTED: the pool takes no more.
inline grpc::ServerUnaryReactor* Reply(grpc::CallbackServerContext* context, WorkerPool& pool,
                                       std::function<absl::Status()> work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  BeginIn(pool, reactor, [reactor, work = std::move(work)] { reactor->Finish(ToGrpc(work())); });
  return reactor;
}

}  // namespace weft::api
