#pragma once

#include <condition_variable>
#include <functional>
#include <grpcpp/grpcpp.h>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "weft/runtime/v1/runtime.grpc.pb.h"

namespace weft::scheduler {

// A runtime in memory, served inside the process, that answers as weft.runtime.v1 says. It accepts
// objects by generation and carries every one out at once; what else happens on its platform, tests
// say. Objects are named by store::ObjectKey. Thread-safe.
class FakeRuntime final : public runtime::v1::Runtime::Service {
 public:
  // Serves from here on.
  FakeRuntime();
  // Ends every call.
  ~FakeRuntime() override;

  runtime::v1::Runtime::StubInterface& stub() { return *stub_; }

  // Away: every call fails with UNAVAILABLE, and watches end.
  void SetAway(bool away);
  // What List and the SYNCED of a watch say; when a watch is told that it became complete, it says
  // SYNCED again.
  void SetComplete(bool complete);
  // Answers for the object in every Apply with `outcome` and `message`; ACCEPTED: as usual again.
  void SetOutcome(const std::string& object, runtime::v1::ApplyOutcome outcome,
                  const std::string& message = "");
  // Deleted objects stay, as being deleted, until EndDeletions.
  void HoldDeletions();
  void EndDeletions();
  // Watches tell nothing after their SYNCED until they are let go on.
  void HoldEvents(bool hold);
  // Watches that begin tell nothing until they are let go on.
  void HoldList(bool hold);
  // Called in every call of Apply, before it does anything; null: nothing.
  void OnApply(std::function<void(const runtime::v1::ApplyRequest&)> called);

  // Begins to say digests, as a platform that others can write to.
  void SayDigests();
  // `writer` changes the leaf of an object; whether that is drift depends on what is applied.
  void Edit(const std::string& object, const std::string& pointer, const std::string& writer);
  // Answers REFUSED for the object, because these leaves cannot be changed, until it is gone.
  void SetImmutable(const std::string& object, const std::vector<std::string>& pointers);

  // Something else removes an object from the platform.
  void Lose(const std::string& object);
  // The platform says this of an object or pod, which it may see for the first time.
  void Say(const runtime::v1::Projection& projection);

  // What it has: "OBJECT generation N", by object.
  std::vector<std::string> Objects() const;
  std::string JsonOf(const std::string& object) const;
  // "POINTER = VALUE" of what was set, "POINTER from VALUE" of what was seeded last.
  std::vector<std::string> SteeredOf(const std::string& object) const;
  // Apply calls that were not dry runs.
  int applies() const;
  // Describe calls that were answered.
  int describes() const;
  int watches() const;  // Calls that began.

  // Platform "fake" 2 of version "1".
  grpc::Status Describe(grpc::ServerContext* context, const runtime::v1::DescribeRequest* request,
                        runtime::v1::DescribeResponse* response) override;
  grpc::Status Apply(grpc::ServerContext* context, const runtime::v1::ApplyRequest* request,
                     runtime::v1::ApplyResponse* response) override;
  grpc::Status Delete(grpc::ServerContext* context, const runtime::v1::DeleteRequest* request,
                      runtime::v1::DeleteResponse* response) override;
  grpc::Status List(grpc::ServerContext* context, const runtime::v1::ListRequest* request,
                    runtime::v1::ListResponse* response) override;
  grpc::Status Watch(grpc::ServerContext* context, const runtime::v1::WatchRequest* request,
                     grpc::ServerWriter<runtime::v1::WatchResponse>* writer) override;
  // "line 1\n", "line 2\n" for a pod that it has; NOT_FOUND.
  grpc::Status Logs(grpc::ServerContext* context, const runtime::v1::LogsRequest* request,
                    grpc::ServerWriter<runtime::v1::LogsResponse>* writer) override;
  // Of each pod that it has a container "main" that uses 1 KiB.
  grpc::Status Usage(grpc::ServerContext* context, const runtime::v1::UsageRequest* request,
                     runtime::v1::UsageResponse* response) override;
  int usages() const;  // Usage calls that were answered.

 private:
  struct Outcome {
    runtime::v1::ApplyOutcome outcome;
    std::string message;
    std::vector<std::string> immutable;
  };

  void ApplyOneLocked(const runtime::v1::AppliedObject& object, bool dry_run,
                      runtime::v1::ApplyResponse::Result& result);
  void CorrectLocked(const std::string& object, runtime::v1::ApplyResponse::Result& result);
  std::string DigestLocked(const std::string& object) const;
  void SayLocked(runtime::v1::Projection projection);
  void EraseLocked(const std::string& object);
  void TellLocked(runtime::v1::WatchResponse event);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, runtime::v1::Projection> projections_;
  std::map<std::string, std::string> json_;  // As applied.
  std::map<std::string, std::vector<std::string>> steered_;
  std::map<std::string, std::map<std::string, std::string>> edits_;  // Writers, by pointer.
  std::map<std::string, Outcome> outcomes_;
  std::vector<runtime::v1::WatchResponse> events_;  // Since the beginning.
  std::function<void(const runtime::v1::ApplyRequest&)> on_apply_;
  bool away_ = false, complete_ = true;
  bool hold_deletions_ = false, hold_events_ = false, hold_list_ = false;
  bool stopping_ = false, digests_ = false;
  int applies_ = 0, describes_ = 0, watches_ = 0, usages_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<runtime::v1::Runtime::StubInterface> stub_;
};

}  // namespace weft::scheduler
