#pragma once

#include <grpcpp/grpcpp.h>
#include <string>

#include "core/base/stream_limit.h"
#include "core/scheduler/events.h"
#include "core/scheduler/runtimes.h"
#include "core/scheduler/scheduler.h"
#include "weft/core/v1/applications.pb.h"

namespace weft::api {

// Connects to a port of a pod of an application, by the application's runtime, and records that
// `by` asked for it. The reactor owns itself; what it is given outlives it.
grpc::ServerBidiReactor<core::v1::ForwardRequest, core::v1::ForwardResponse>* RelayForward(
    StreamLimit& limit, scheduler::Scheduler& scheduler, const scheduler::Runtimes& runtimes,
    scheduler::Events& events, std::string by);

}  // namespace weft::api
