#pragma once

#include <grpcpp/grpcpp.h>
#include <string>

#include "core/base/connection_call.h"
#include "core/base/worker_pool.h"
#include "runtime/base/calls.h"
#include "runtime/base/watch_streams.h"
#include "runtime/kubernetes/kubernetes_runtime.h"
#include "weft/runtime/v1/runtime.grpc.pb.h"

namespace weft::kubernetes {

// weft.runtime.v1.Runtime over a KubernetesRuntime. What the calls mean stands in runtime.proto.
class RuntimeService final : public runtime::v1::Runtime::CallbackService {
 public:
  // All outlive it.
  RuntimeService(KubernetesRuntime& kubernetes, WorkerPool& pool, StreamLimit& streams,
                 std::string version)
      : kubernetes_(kubernetes),
        pool_(pool),
        streams_(streams),
        version_(std::move(version)),
        watches_(kubernetes.board()) {}

  void Drain() { watches_.Drain(); }

  grpc::ServerUnaryReactor* Describe(grpc::CallbackServerContext* context,
                                     const runtime::v1::DescribeRequest* request,
                                     runtime::v1::DescribeResponse* response) override;
  grpc::ServerUnaryReactor* Apply(grpc::CallbackServerContext* context,
                                  const runtime::v1::ApplyRequest* request,
                                  runtime::v1::ApplyResponse* response) override;
  grpc::ServerUnaryReactor* Delete(grpc::CallbackServerContext* context,
                                   const runtime::v1::DeleteRequest* request,
                                   runtime::v1::DeleteResponse* response) override;
  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context,
                                 const runtime::v1::ListRequest* request,
                                 runtime::v1::ListResponse* response) override;
  grpc::ServerWriteReactor<runtime::v1::WatchResponse>* Watch(
      grpc::CallbackServerContext* context, const runtime::v1::WatchRequest* request) override;
  grpc::ServerWriteReactor<runtime::v1::LogsResponse>* Logs(
      grpc::CallbackServerContext* context, const runtime::v1::LogsRequest* request) override;
  grpc::ServerBidiReactor<runtime::v1::ExecRequest, runtime::v1::ExecResponse>* Exec(
      grpc::CallbackServerContext* context) override;
  grpc::ServerBidiReactor<runtime::v1::ForwardRequest, runtime::v1::ForwardResponse>* Forward(
      grpc::CallbackServerContext* context) override;

  grpc::ServerUnaryReactor* Usage(grpc::CallbackServerContext* context,
                                  const runtime::v1::UsageRequest* request,
                                  runtime::v1::UsageResponse* response) override;

 private:
  KubernetesRuntime& kubernetes_;
  WorkerPool& pool_;
  StreamLimit& streams_;
  StreamLimit connections_{kMostConnections};
  const std::string version_;
  runtime::WatchStreams watches_;
};

}  // namespace weft::kubernetes
