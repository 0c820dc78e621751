#include "runtime/kubernetes/runtime_service.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/command_call.h"
#include "core/base/status.h"
#include "runtime/base/convert.h"
#include "runtime/kubernetes/convert.h"

namespace weft::kubernetes {
namespace {

constexpr size_t kLargestPiece = 64 * 1024;  // Source: weft.runtime.v1, LogsResponse.

absl::Status ApplyAll(KubernetesRuntime& kubernetes, const runtime::v1::ApplyRequest& request,
                      runtime::v1::ApplyResponse& response) {
  WEFT_RETURN_IF_ERROR(runtime::CheckCount(request.objects_size()));
  std::vector<AppliedObject> objects;
  for (const runtime::v1::AppliedObject& object : request.objects()) {
    WEFT_ASSIGN_OR_RETURN(AppliedObject applied, FromProto(object));
    objects.push_back(std::move(applied));
  }
  WEFT_ASSIGN_OR_RETURN(const auto results, kubernetes.Apply(objects, request.dry_run()));
  for (size_t i = 0; i < results.size(); ++i) {
    runtime::v1::ApplyResponse::Result* out = response.add_results();
    runtime::ToProto(objects[i].ref, out->mutable_ref());
    ToProto(results[i], out);
  }
  return absl::OkStatus();
}

absl::Status DeleteAll(KubernetesRuntime& kubernetes, const runtime::v1::DeleteRequest& request) {
  WEFT_RETURN_IF_ERROR(runtime::CheckCount(request.objects_size()));
  std::vector<ObjectRef> refs;
  for (const common::v1::ObjectRef& ref : request.objects()) {
    refs.push_back(runtime::FromProto(ref));
    WEFT_RETURN_IF_ERROR(CheckRef(refs.back()));
  }
  return kubernetes.Delete(refs);
}

using LogsCall = runtime::SendingCall<runtime::v1::LogsResponse>;

// Sends what comes from `stream` until either end is gone.
absl::Status Relay(ByteStream& stream, const std::string& attempted, LogsCall& call) {
  runtime::v1::LogsResponse response;
  while (true) {
    WEFT_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, stream.Read(attempted));
    if (!bytes.has_value()) return absl::OkStatus();
    for (size_t at = 0; at < bytes->size(); at += kLargestPiece) {
      response.set_data(bytes->substr(at, kLargestPiece));
      if (!call.Write(response)) return absl::CancelledError("the client is gone");
    }
  }
}

absl::Status SendLogs(KubernetesRuntime& kubernetes, const runtime::v1::LogsRequest& request,
                      LogsCall& call) {
  WEFT_ASSIGN_OR_RETURN(
      const auto stream,
      kubernetes.OpenLogs({request.namespace_(), request.pod(), request.follow(),
                           request.tail_lines(), request.container(), request.previous()}));
  call.WhenCancelled([&] { stream->Cancel(); });
  const absl::Status sent = Relay(
      *stream, absl::StrCat("read the output of ", request.namespace_(), "/", request.pod()), call);
  call.WhenCancelled(nullptr);
  // 400: its container has not started.
  return absl::IsFailedPrecondition(sent) ? absl::NotFoundError(sent.message()) : sent;
}

}  // namespace

grpc::ServerUnaryReactor* RuntimeService::Describe(grpc::CallbackServerContext* context,
                                                   const runtime::v1::DescribeRequest*,
                                                   runtime::v1::DescribeResponse* response) {
  return runtime::RunOn(pool_, context, [=, this] {
    response->set_name("kubernetes");
    response->set_version(version_);
    response->set_platform("kubernetes");
    response->set_platform_version(kubernetes_.PlatformVersion());
    response->add_protocol_versions("v1");
    // No kinds: which leaves it takes, the API server itself says at admission, by a strict dry
    // run.
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* RuntimeService::Apply(grpc::CallbackServerContext* context,
                                                const runtime::v1::ApplyRequest* request,
                                                runtime::v1::ApplyResponse* response) {
  return runtime::RunOn(pool_, context,
                        [=, this] { return ApplyAll(kubernetes_, *request, *response); });
}

grpc::ServerUnaryReactor* RuntimeService::Delete(grpc::CallbackServerContext* context,
                                                 const runtime::v1::DeleteRequest* request,
                                                 runtime::v1::DeleteResponse*) {
  return runtime::RunOn(pool_, context, [=, this] { return DeleteAll(kubernetes_, *request); });
}

grpc::ServerUnaryReactor* RuntimeService::List(grpc::CallbackServerContext* context,
                                               const runtime::v1::ListRequest*,
                                               runtime::v1::ListResponse* response) {
  bool complete = false;
  for (const runtime::Projection& projection : kubernetes_.board().List(complete))
    runtime::ToProto(projection, response->add_items());
  response->set_complete(complete);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerWriteReactor<runtime::v1::WatchResponse>* RuntimeService::Watch(
    grpc::CallbackServerContext*, const runtime::v1::WatchRequest*) {
  return watches_.Open();
}

grpc::ServerWriteReactor<runtime::v1::LogsResponse>* RuntimeService::Logs(
    grpc::CallbackServerContext*, const runtime::v1::LogsRequest* request) {
  return new LogsCall(streams_, [request = *request, this](LogsCall& call) {
    return SendLogs(kubernetes_, request, call);
  });
}

grpc::ServerBidiReactor<runtime::v1::ExecRequest, runtime::v1::ExecResponse>* RuntimeService::Exec(
    grpc::CallbackServerContext*) {
  return new CommandCall<runtime::v1::ExecRequest, runtime::v1::ExecResponse>(
      streams_, [this](const runtime::v1::ExecRequest::Start& start, const CommandSpec& spec) {
        return kubernetes_.StartCommand({start.namespace_(), start.pod(), start.container()}, spec);
      });
}

grpc::ServerBidiReactor<runtime::v1::ForwardRequest, runtime::v1::ForwardResponse>*
RuntimeService::Forward(grpc::CallbackServerContext*) {
  return new ConnectionCall<runtime::v1::ForwardRequest, runtime::v1::ForwardResponse>(
      connections_, [this](const runtime::v1::ForwardRequest::Start& to) {
        return kubernetes_.Connect(to.namespace_(), to.pod(), to.port());
      });
}

grpc::ServerUnaryReactor* RuntimeService::Usage(grpc::CallbackServerContext* context,
                                                const runtime::v1::UsageRequest* request,
                                                runtime::v1::UsageResponse* response) {
  return runtime::RunOnThread(streams_, context, [=, this] {
    const auto measure = [this](const auto& pods) { return kubernetes_.Usage(pods); };
    return runtime::AnswerUsage(*request, measure, *response);
  });
}

}  // namespace weft::kubernetes
