#pragma once

#include <grpcpp/grpcpp.h>

#include "core/base/worker_pool.h"
#include "runtime/engine/engine.h"
#include "runtime/local/object_store.h"
#include "runtime/local/receiving_call.h"
#include "weft/runtime/v1/runtime.grpc.pb.h"

namespace weft::local {

// weft.runtime.v1.Images over an engine. What the calls mean stands in runtime.proto.
class ImagesService final : public runtime::v1::Images::CallbackService {
 public:
  // All outlive it.
  ImagesService(engine::Engine& engine, const ObjectStore& objects, WorkerPool& pool,
                StreamLimit& streams)
      : engine_(engine), objects_(objects), pool_(pool), streams_(streams) {}

  grpc::ServerReadReactor<runtime::v1::ImageChunk>* Load(
      grpc::CallbackServerContext* context, runtime::v1::LoadImagesResponse* response) override;
  grpc::ServerReadReactor<runtime::v1::ImportImageRequest>* Import(
      grpc::CallbackServerContext* context, runtime::v1::LoadImagesResponse* response) override;
  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context,
                                 const runtime::v1::ListImagesRequest* request,
                                 runtime::v1::ListImagesResponse* response) override;
  grpc::ServerUnaryReactor* Prune(grpc::CallbackServerContext* context,
                                  const runtime::v1::PruneImagesRequest* request,
                                  runtime::v1::ListImagesResponse* response) override;

 private:
  engine::Engine& engine_;
  const ObjectStore& objects_;
  WorkerPool& pool_;
  StreamLimit& streams_;
};

}  // namespace weft::local
