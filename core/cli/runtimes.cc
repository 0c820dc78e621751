#include "core/cli/runtimes.h"

#include "core/cli/client.h"
#include "weft/core/v1/catalog.grpc.pb.h"

namespace weft::cli {

bool IsRuntimeNews(const core::v1::ListRuntimesResponse& runtimes,
                   const core::v1::Application& application) {
  if (application.runtime().empty()) return false;  // Of an older core.
  if (runtimes.runtimes_size() != 1) return true;
  return runtimes.runtimes(0).name() != application.runtime();
}

bool IsRuntimeNews(const std::shared_ptr<grpc::Channel>& channel,
                   const core::v1::Application& application) {
  grpc::ClientContext call;
  SetDeadline(call, kCallLimit);
  core::v1::ListRuntimesResponse runtimes;
  const grpc::Status status =
      core::v1::Catalog::NewStub(channel)->ListRuntimes(&call, {}, &runtimes);
  return status.ok() && IsRuntimeNews(runtimes, application);
}

}  // namespace weft::cli
