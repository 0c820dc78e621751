#include "runtime/local/runtime_service.h"

#include "absl/strings/str_cat.h"
#include "core/base/command_call.h"
#include "core/base/status.h"
#include "runtime/base/convert.h"
#include "runtime/local/convert.h"
#include "runtime/local/pod_logs.h"

namespace weft::local {
namespace {

constexpr size_t kLargestObject = 1 << 20;
constexpr size_t kLargestPiece = 64 * 1024;

absl::Status Apply(LocalRuntime& local, const runtime::v1::ApplyRequest& request,
                   runtime::v1::ApplyResponse& response) {
  WEFT_RETURN_IF_ERROR(runtime::CheckCount(request.objects_size()));
  std::vector<AppliedObject> objects;
  for (const runtime::v1::AppliedObject& object : request.objects()) {
    objects.push_back(FromProto(object));
    WEFT_RETURN_IF_ERROR(CheckRef(objects.back().ref));
    if (object.object().json().size() > kLargestObject)
      return absl::InvalidArgumentError(
          absl::StrCat(LocalKey(objects.back().ref), " is larger than 1 MiB"));
  }
  const std::vector<ApplyResult> results = local.Apply(objects, request.dry_run());
  for (size_t i = 0; i < results.size(); ++i) {
    runtime::v1::ApplyResponse::Result* out = response.add_results();
    runtime::ToProto(objects[i].ref, out->mutable_ref());
    ToProto(results[i], out);
  }
  return absl::OkStatus();
}

absl::Status Delete(LocalRuntime& local, const runtime::v1::DeleteRequest& request) {
  WEFT_RETURN_IF_ERROR(runtime::CheckCount(request.objects_size()));
  std::vector<ObjectRef> refs;
  for (const common::v1::ObjectRef& ref : request.objects()) {
    refs.push_back(runtime::FromProto(ref));
    WEFT_RETURN_IF_ERROR(CheckRef(refs.back()));
  }
  return local.Delete(refs);
}

absl::Status SendLogs(LocalRuntime& local, const runtime::v1::LogsRequest& request,
                      runtime::SendingCall<runtime::v1::LogsResponse>& call) {
  runtime::v1::LogsResponse response;
  const auto send = [&](std::string_view bytes) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(kLargestPiece, bytes.size()))) {
      response.set_data(std::string(bytes.substr(0, kLargestPiece)));
      if (!call.Write(response)) return false;
    }
    return true;
  };
  const engine::LogSelection selection{request.follow() && !request.previous(),
                                       request.tail_lines() > 0 ? request.tail_lines() : -1, ""};
  engine::StreamControl control;
  call.WhenCancelled([&] { control.Cancel(); });
  const auto last_run = [&]() -> absl::StatusOr<PodRun> {
    absl::StatusOr<PodRun> run =
        local.RunOf(request.namespace_(), request.pod(), request.container(), request.previous());
    if (absl::IsFailedPrecondition(run.status()))
      return absl::NotFoundError(std::string(run.status().message()));
    return run;
  };
  absl::Status read = ReadPodLogs(local.engine(), last_run, selection, control, send);
  call.WhenCancelled(nullptr);
  return read;
}

}  // namespace

grpc::ServerUnaryReactor* RuntimeService::Describe(grpc::CallbackServerContext* context,
                                                   const runtime::v1::DescribeRequest*,
                                                   runtime::v1::DescribeResponse* response) {
  response->set_name("local");
  response->set_version(version_);
  response->set_platform("docker");
  response->set_platform_version(local_.EngineInfo().version);
  response->add_protocol_versions("v1");
  for (const Kind& kind : KindsOn(local_.ThisMachine())) ToProto(kind, response->add_kinds());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* RuntimeService::Apply(grpc::CallbackServerContext* context,
                                                const runtime::v1::ApplyRequest* request,
                                                runtime::v1::ApplyResponse* response) {
  return runtime::RunOn(pool_, context,
                        [=, this] { return local::Apply(local_, *request, *response); });
}

grpc::ServerUnaryReactor* RuntimeService::Delete(grpc::CallbackServerContext* context,
                                                 const runtime::v1::DeleteRequest* request,
                                                 runtime::v1::DeleteResponse*) {
  return runtime::RunOn(pool_, context, [=, this] { return local::Delete(local_, *request); });
}

grpc::ServerUnaryReactor* RuntimeService::List(grpc::CallbackServerContext* context,
                                               const runtime::v1::ListRequest*,
                                               runtime::v1::ListResponse* response) {
  bool complete = false;
  for (const runtime::Projection& projection : local_.board().List(complete))
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
  return new runtime::SendingCall<runtime::v1::LogsResponse>(
      streams_, [request = *request, this](auto& call) { return SendLogs(local_, request, call); });
}

grpc::ServerBidiReactor<runtime::v1::ExecRequest, runtime::v1::ExecResponse>* RuntimeService::Exec(
    grpc::CallbackServerContext*) {
  return new CommandCall<runtime::v1::ExecRequest, runtime::v1::ExecResponse>(
      streams_,
      [this](const runtime::v1::ExecRequest::Start& where,
             const CommandSpec& spec) -> absl::StatusOr<std::unique_ptr<Command>> {
        WEFT_ASSIGN_OR_RETURN(const PodRun run, local_.RunOf(where.namespace_(), where.pod(),
                                                             where.container(), false));
        return local_.engine().StartCommand(run.id, spec);
      });
}

grpc::ServerBidiReactor<runtime::v1::ForwardRequest, runtime::v1::ForwardResponse>*
RuntimeService::Forward(grpc::CallbackServerContext*) {
  return new ConnectionCall<runtime::v1::ForwardRequest, runtime::v1::ForwardResponse>(
      connections_, [this](const runtime::v1::ForwardRequest::Start& to) {
        return local_.Connect(to.namespace_(), to.pod(), to.port());
      });
}

grpc::ServerUnaryReactor* RuntimeService::Usage(grpc::CallbackServerContext* context,
                                                const runtime::v1::UsageRequest* request,
                                                runtime::v1::UsageResponse* response) {
  return runtime::RunOnThread(streams_, context, [=, this] {
    const auto measure = [this](const auto& pods) { return local_.Usage(pods); };
    return runtime::AnswerUsage(*request, measure, *response);
  });
}

}  // namespace weft::local
