#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "weft/runtime/v1/runtime.grpc.pb.h"

namespace weft::simulation {

// A platform with its runtime, in memory and without a clock: what it accepted is durable, and what
// happens on it happens when it is called. A Service cannot be changed. Objects are named by
// store::ObjectKey. Not thread-safe.
class Platform {
 public:
  struct Object {
    runtime::v1::AppliedObject applied;
    std::string live;  // As it is: what was applied, or what somebody else made of that.
    bool deleting = false;
  };

  // As the calls of weft.runtime.v1 say.
  runtime::v1::ApplyResponse Apply(const runtime::v1::ApplyRequest& request);
  void Delete(const runtime::v1::DeleteRequest& request);
  runtime::v1::ListResponse List() const;

  // Somebody else removes an object.
  void Lose(const std::string& key);
  // Somebody else changes an object.
  void Edit(const std::string& key, const std::string& live);
  // Objects that are being deleted go.
  void EndDeletions();

  // A watch: `changed` for everything there is, then every event after that, in order.
  void OpenWatch();
  void CloseWatch();
  bool watched() const { return watched_; }
  bool pending() const { return !events_.empty(); }
  // The next event of the watch, which is taken out; false: there is none.
  bool Next(runtime::v1::WatchResponse& event);

  const std::map<std::string, Object>& objects() const { return objects_; }

 private:
  void ApplyOne(const runtime::v1::AppliedObject& object,
                runtime::v1::ApplyResponse::Result& result);
  bool RefuseChange(const runtime::v1::AppliedObject& object,
                    runtime::v1::ApplyResponse::Result& result) const;
  void Correct(const std::string& key, runtime::v1::ApplyResponse::Result& result);
  runtime::v1::Projection Project(const Object& object) const;
  void Tell(const std::string& key);
  void Erase(const std::string& key);

  std::map<std::string, Object> objects_;
  bool watched_ = false;
  std::deque<runtime::v1::WatchResponse> events_;
};

// A client of the runtime that only knows the calls which a pass makes.
class CallsOnly : public runtime::v1::Runtime::StubInterface {
  template <typename Response>
  using Reader = grpc::ClientAsyncResponseReaderInterface<Response>;
  using Context = grpc::ClientContext;
  using Queue = grpc::CompletionQueue;

 public:
  grpc::Status Describe(Context*, const runtime::v1::DescribeRequest&,
                        runtime::v1::DescribeResponse*) override {
    return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "not simulated");
  }

  grpc::Status Usage(Context*, const runtime::v1::UsageRequest&,
                     runtime::v1::UsageResponse*) override {
    return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "not simulated");
  }

 private:
  Reader<runtime::v1::DescribeResponse>* AsyncDescribeRaw(Context*,
                                                          const runtime::v1::DescribeRequest&,
                                                          Queue*) override {
    return nullptr;
  }
  Reader<runtime::v1::DescribeResponse>* PrepareAsyncDescribeRaw(
      Context*, const runtime::v1::DescribeRequest&, Queue*) override {
    return nullptr;
  }
  Reader<runtime::v1::ApplyResponse>* AsyncApplyRaw(Context*, const runtime::v1::ApplyRequest&,
                                                    Queue*) override {
    return nullptr;
  }
  Reader<runtime::v1::ApplyResponse>* PrepareAsyncApplyRaw(Context*,
                                                           const runtime::v1::ApplyRequest&,
                                                           Queue*) override {
    return nullptr;
  }
  Reader<runtime::v1::DeleteResponse>* AsyncDeleteRaw(Context*, const runtime::v1::DeleteRequest&,
                                                      Queue*) override {
    return nullptr;
  }
  Reader<runtime::v1::DeleteResponse>* PrepareAsyncDeleteRaw(Context*,
                                                             const runtime::v1::DeleteRequest&,
                                                             Queue*) override {
    return nullptr;
  }
  Reader<runtime::v1::ListResponse>* AsyncListRaw(Context*, const runtime::v1::ListRequest&,
                                                  Queue*) override {
    return nullptr;
  }
  Reader<runtime::v1::ListResponse>* PrepareAsyncListRaw(Context*, const runtime::v1::ListRequest&,
                                                         Queue*) override {
    return nullptr;
  }
  grpc::ClientReaderInterface<runtime::v1::WatchResponse>* WatchRaw(
      Context*, const runtime::v1::WatchRequest&) override {
    return nullptr;
  }
  grpc::ClientAsyncReaderInterface<runtime::v1::WatchResponse>* AsyncWatchRaw(
      Context*, const runtime::v1::WatchRequest&, Queue*, void*) override {
    return nullptr;
  }
  grpc::ClientAsyncReaderInterface<runtime::v1::WatchResponse>* PrepareAsyncWatchRaw(
      Context*, const runtime::v1::WatchRequest&, Queue*) override {
    return nullptr;
  }
  grpc::ClientReaderInterface<runtime::v1::LogsResponse>* LogsRaw(
      Context*, const runtime::v1::LogsRequest&) override {
    return nullptr;
  }
  grpc::ClientAsyncReaderInterface<runtime::v1::LogsResponse>* AsyncLogsRaw(
      Context*, const runtime::v1::LogsRequest&, Queue*, void*) override {
    return nullptr;
  }
  grpc::ClientAsyncReaderInterface<runtime::v1::LogsResponse>* PrepareAsyncLogsRaw(
      Context*, const runtime::v1::LogsRequest&, Queue*) override {
    return nullptr;
  }
  grpc::ClientReaderWriterInterface<runtime::v1::ExecRequest, runtime::v1::ExecResponse>* ExecRaw(
      Context*) override {
    return nullptr;
  }
  grpc::ClientAsyncReaderWriterInterface<runtime::v1::ExecRequest, runtime::v1::ExecResponse>*
  AsyncExecRaw(Context*, Queue*, void*) override {
    return nullptr;
  }
  grpc::ClientAsyncReaderWriterInterface<runtime::v1::ExecRequest, runtime::v1::ExecResponse>*
  PrepareAsyncExecRaw(Context*, Queue*) override {
    return nullptr;
  }
  Reader<runtime::v1::UsageResponse>* AsyncUsageRaw(Context*, const runtime::v1::UsageRequest&,
                                                    Queue*) override {
    return nullptr;
  }
  Reader<runtime::v1::UsageResponse>* PrepareAsyncUsageRaw(Context*,
                                                           const runtime::v1::UsageRequest&,
                                                           Queue*) override {
    return nullptr;
  }
  grpc::ClientReaderWriterInterface<runtime::v1::ForwardRequest, runtime::v1::ForwardResponse>*
  ForwardRaw(Context*) override {
    return nullptr;
  }
  grpc::ClientAsyncReaderWriterInterface<runtime::v1::ForwardRequest, runtime::v1::ForwardResponse>*
  AsyncForwardRaw(Context*, Queue*, void*) override {
    return nullptr;
  }
  grpc::ClientAsyncReaderWriterInterface<runtime::v1::ForwardRequest, runtime::v1::ForwardResponse>*
  PrepareAsyncForwardRaw(Context*, Queue*) override {
    return nullptr;
  }
};

}  // namespace weft::simulation
