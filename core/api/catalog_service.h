#pragma once

#include <grpcpp/grpcpp.h>

#include "core/api/provider_installer.h"
#include "core/base/worker_pool.h"
#include "core/mesh/providers.h"
#include "core/scheduler/runtimes.h"
#include "core/store/store.h"
#include "weft/core/v1/catalog.grpc.pb.h"

namespace weft::api {

// weft.core.v1.Catalog. All arguments outlive the object; without an installer no provider can be
// installed.
class CatalogService final : public core::v1::Catalog::CallbackService {
 public:
  CatalogService(store::Store& store, const mesh::Providers& providers,
                 const scheduler::Runtimes& runtimes, WorkerPool& pool,
                 const ProviderInstaller* installer = nullptr)
      : store_(store),
        providers_(providers),
        runtimes_(runtimes),
        pool_(pool),
        installer_(installer) {}

  grpc::ServerUnaryReactor* ListComponents(grpc::CallbackServerContext* context,
                                           const core::v1::ListComponentsRequest* request,
                                           core::v1::ListComponentsResponse* response) override;
  grpc::ServerUnaryReactor* ListTypes(grpc::CallbackServerContext* context,
                                      const core::v1::ListTypesRequest* request,
                                      core::v1::ListTypesResponse* response) override;
  grpc::ServerUnaryReactor* ListProviders(grpc::CallbackServerContext* context,
                                          const core::v1::ListProvidersRequest* request,
                                          core::v1::ListProvidersResponse* response) override;
  grpc::ServerUnaryReactor* ListRuntimes(grpc::CallbackServerContext* context,
                                         const core::v1::ListRuntimesRequest* request,
                                         core::v1::ListRuntimesResponse* response) override;
  grpc::ServerUnaryReactor* ListOrphans(grpc::CallbackServerContext* context,
                                        const core::v1::ListOrphansRequest* request,
                                        core::v1::ListOrphansResponse* response) override;
  grpc::ServerUnaryReactor* RetryProvider(grpc::CallbackServerContext* context,
                                          const core::v1::RetryProviderRequest* request,
                                          core::v1::RetryProviderResponse* response) override;
  grpc::ServerUnaryReactor* InstallProvider(grpc::CallbackServerContext* context,
                                            const core::v1::InstallProviderRequest* request,
                                            core::v1::InstallProviderResponse* response) override;
  grpc::ServerUnaryReactor* RemoveProvider(grpc::CallbackServerContext* context,
                                           const core::v1::RemoveProviderRequest* request,
                                           core::v1::RemoveProviderResponse* response) override;

 private:
  store::Store& store_;
  const mesh::Providers& providers_;
  const scheduler::Runtimes& runtimes_;
  WorkerPool& pool_;
  const ProviderInstaller* installer_;
  // Installing waits for containers: one at a time, in nobody's way.
  WorkerPool installing_{1, 16};
};

}  // namespace weft::api
