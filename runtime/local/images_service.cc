#include "runtime/local/images_service.h"

#include "core/base/status.h"
#include "runtime/base/calls.h"
#include "runtime/local/convert.h"
#include "runtime/local/unused_images.h"

namespace weft::local {
namespace {

// The bytes of the messages that `call` receives, after those of `first`. An empty message is no
// end: it is passed over.
template <typename Request>
engine::ChunkSource ChunksOf(ReceivingCall<Request>& call, std::string first) {
  return [&call, first = std::move(first)]() mutable -> absl::StatusOr<std::string> {
    if (!first.empty()) return std::exchange(first, "");
    Request request;
    for (;;) {
      WEFT_ASSIGN_OR_RETURN(const bool more, call.Read(request));
      if (!more) return "";
      if (!request.data().empty()) return std::move(*request.mutable_data());
    }
  };
}

absl::Status Load(engine::Engine& engine, ReceivingCall<runtime::v1::ImageChunk>& call,
                  runtime::v1::LoadImagesResponse& response) {
  WEFT_ASSIGN_OR_RETURN(const std::vector<std::string> references,
                        engine.LoadImages(ChunksOf(call, "")));
  for (const std::string& reference : references) response.add_references(reference);
  return absl::OkStatus();
}

absl::Status Import(engine::Engine& engine, ReceivingCall<runtime::v1::ImportImageRequest>& call,
                    runtime::v1::LoadImagesResponse& response) {
  runtime::v1::ImportImageRequest first;
  WEFT_ASSIGN_OR_RETURN(const bool any, call.Read(first));
  if (!any || first.reference().empty())
    return absl::InvalidArgumentError("import an image: the first message does not name it");
  const std::vector<std::string> entrypoint(first.entrypoint().begin(), first.entrypoint().end());
  WEFT_RETURN_IF_ERROR(engine.ImportImage(first.reference(), entrypoint,
                                          ChunksOf(call, std::move(*first.mutable_data()))));
  response.add_references(first.reference());
  return absl::OkStatus();
}

}  // namespace

grpc::ServerReadReactor<runtime::v1::ImageChunk>* ImagesService::Load(
    grpc::CallbackServerContext* context, runtime::v1::LoadImagesResponse* response) {
  return new ReceivingCall<runtime::v1::ImageChunk>(
      streams_, *context, [=, this](auto& call) { return local::Load(engine_, call, *response); });
}

grpc::ServerReadReactor<runtime::v1::ImportImageRequest>* ImagesService::Import(
    grpc::CallbackServerContext* context, runtime::v1::LoadImagesResponse* response) {
  return new ReceivingCall<runtime::v1::ImportImageRequest>(
      streams_, *context,
      [=, this](auto& call) { return local::Import(engine_, call, *response); });
}

grpc::ServerUnaryReactor* ImagesService::List(grpc::CallbackServerContext* context,
                                              const runtime::v1::ListImagesRequest*,
                                              runtime::v1::ListImagesResponse* response) {
  return runtime::RunOn(pool_, context, [=, this]() -> absl::Status {
    WEFT_ASSIGN_OR_RETURN(const std::vector<engine::Image> images, engine_.ListImages());
    for (const engine::Image& image : images) ToProto(image, response->add_images());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ImagesService::Prune(grpc::CallbackServerContext* context,
                                               const runtime::v1::PruneImagesRequest* request,
                                               runtime::v1::ListImagesResponse* response) {
  return runtime::RunOn(pool_, context, [=, this]() -> absl::Status {
    WEFT_ASSIGN_OR_RETURN(const std::vector<engine::Image> images,
                          request->dry_run()
                              ? UnusedImages(engine_, objects_)
                              : RemoveUnusedImages(engine_, objects_,
                                                   {request->ids().begin(), request->ids().end()}));
    for (const engine::Image& image : images) ToProto(image, response->add_images());
    return absl::OkStatus();
  });
}

}  // namespace weft::local
