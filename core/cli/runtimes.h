#pragma once

#include <grpcpp/grpcpp.h>
#include <memory>

#include "weft/core/v1/applications.pb.h"
#include "weft/core/v1/catalog.pb.h"

namespace weft::cli {

// Whether people need to be told which runtime an application is on: it is not the only one. Pure.
bool IsRuntimeNews(const core::v1::ListRuntimesResponse& runtimes,
                   const core::v1::Application& application);

// The same, of the core at `channel`. False also if it does not say.
bool IsRuntimeNews(const std::shared_ptr<grpc::Channel>& channel,
                   const core::v1::Application& application);

}  // namespace weft::cli
