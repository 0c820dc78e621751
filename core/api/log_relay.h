#pragma once

#include <grpcpp/grpcpp.h>

#include "core/base/worker_pool.h"
#include "core/scheduler/runtimes.h"
#include "core/scheduler/scheduler.h"
#include "weft/core/v1/applications.pb.h"

namespace weft::api {

// Passes a pod's output on from the application's runtime to the client, no faster than the client
// reads. The reactor owns itself; `scheduler`, `runtimes` and `pool` outlive it.
grpc::ServerWriteReactor<core::v1::LogsResponse>* RelayLogs(const core::v1::LogsRequest& request,
                                                            scheduler::Scheduler& scheduler,
                                                            const scheduler::Runtimes& runtimes,
                                                            WorkerPool& pool);

}  // namespace weft::api
