#pragma once

#include <grpcpp/grpcpp.h>

#include "core/base/worker_pool.h"
#include "core/mesh/providers.h"
#include "core/store/store.h"
#include "weft/core/v1/catalog.grpc.pb.h"

namespace weft::api {

// weft.core.v1.Catalog. All arguments outlive the object.
class CatalogService final : public core::v1::Catalog::CallbackService {
 public:
  CatalogService(store::Store& store, const mesh::Providers& providers, WorkerPool& pool)
      : store_(store), providers_(providers), pool_(pool) {}

  grpc::ServerUnaryReactor* ListComponents(grpc::CallbackServerContext* context,
                                           const core::v1::ListComponentsRequest* request,
                                           core::v1::ListComponentsResponse* response) override;
  grpc::ServerUnaryReactor* ListTypes(grpc::CallbackServerContext* context,
                                      const core::v1::ListTypesRequest* request,
                                      core::v1::ListTypesResponse* response) override;
  grpc::ServerUnaryReactor* ListProviders(grpc::CallbackServerContext* context,
                                          const core::v1::ListProvidersRequest* request,
                                          core::v1::ListProvidersResponse* response) override;

 private:
  store::Store& store_;
  const mesh::Providers& providers_;
  WorkerPool& pool_;
};

}  // namespace weft::api
