#pragma once

#include <grpcpp/grpcpp.h>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/data_directory.h"
#include "weft/core/v1/applications.grpc.pb.h"
#include "weft/core/v1/catalog.grpc.pb.h"
#include "weft/runtime/v1/runtime.grpc.pb.h"

// A core and a runtime in the test's process, on the sockets of a data directory. They keep what
// they are told and answer as the protocol says; nothing is carried out.
namespace weft::cli::testing {

// Applications in memory. Lists answer one application a page. Thread-safe.
class FakeApplications final : public core::v1::Applications::Service {
 public:
  void Add(const core::v1::Application& application);
  // What Apply answers. Applications that it says were created then exist.
  void SetApplyResponse(const core::v1::ApplyResponse& response);
  // What Watch shows of the next application, one after the other, before it is as it is.
  void SetProgress(const std::vector<core::v1::Application>& states);
  core::v1::ApplyRequest last_apply() const;
  // What Timeline answers for any application that exists.
  void SetTimeline(const core::v1::TimelineResponse& timeline);
  // What Events answers for any application that exists.
  void SetEvents(const core::v1::EventsResponse& events);
  // What Plan and Rollback answer, and History for any application that exists.
  void SetPlan(const core::v1::PlanResponse& plan);
  void SetHistory(const core::v1::HistoryResponse& history);
  void SetRollback(const core::v1::RollbackResponse& rollback);
  core::v1::PlanRequest last_plan() const;
  core::v1::RollbackRequest last_rollback() const;
  core::v1::LogsRequest last_logs() const;
  core::v1::TimelineRequest last_timeline() const;

  grpc::Status Apply(grpc::ServerContext* context, const core::v1::ApplyRequest* request,
                     core::v1::ApplyResponse* response) override;
  grpc::Status Plan(grpc::ServerContext* context, const core::v1::PlanRequest* request,
                    core::v1::PlanResponse* response) override;
  grpc::Status History(grpc::ServerContext* context, const core::v1::HistoryRequest* request,
                       core::v1::HistoryResponse* response) override;
  grpc::Status Rollback(grpc::ServerContext* context, const core::v1::RollbackRequest* request,
                        core::v1::RollbackResponse* response) override;
  grpc::Status Get(grpc::ServerContext* context, const core::v1::GetApplicationRequest* request,
                   core::v1::Application* response) override;
  grpc::Status List(grpc::ServerContext* context, const core::v1::ListApplicationsRequest* request,
                    core::v1::ListApplicationsResponse* response) override;
  grpc::Status Watch(grpc::ServerContext* context, const core::v1::WatchApplicationRequest* request,
                     grpc::ServerWriter<core::v1::Application>* writer) override;
  // What there is; then fails with DATA_LOSS, so that a test sees the end.
  grpc::Status WatchAll(grpc::ServerContext* context, const core::v1::WatchAllRequest* request,
                        grpc::ServerWriter<core::v1::WatchAllResponse>* writer) override;
  // The application goes on to exist until a watch has shown that it is being deleted.
  grpc::Status Delete(grpc::ServerContext* context,
                      const core::v1::DeleteApplicationRequest* request,
                      core::v1::DeleteApplicationResponse* response) override;
  // Succeeds if the application holds back what is given, which it then does no more.
  grpc::Status Confirm(grpc::ServerContext* context, const core::v1::ConfirmRequest* request,
                       core::v1::ConfirmResponse* response) override;
  grpc::Status Logs(grpc::ServerContext* context, const core::v1::LogsRequest* request,
                    grpc::ServerWriter<core::v1::LogsResponse>* writer) override;
  grpc::Status Events(grpc::ServerContext* context, const core::v1::EventsRequest* request,
                      core::v1::EventsResponse* response) override;
  grpc::Status Timeline(grpc::ServerContext* context, const core::v1::TimelineRequest* request,
                        core::v1::TimelineResponse* response) override;

 private:
  using Key = std::pair<std::string, std::string>;  // Namespace, name.

  mutable std::mutex mutex_;
  std::map<Key, core::v1::Application> applications_;
  core::v1::ApplyResponse apply_response_;
  std::vector<core::v1::Application> progress_;
  core::v1::ApplyRequest last_apply_;
  core::v1::LogsRequest last_logs_;
  core::v1::PlanResponse plan_;
  core::v1::PlanRequest last_plan_;
  core::v1::HistoryResponse history_;
  core::v1::RollbackResponse rollback_;
  core::v1::RollbackRequest last_rollback_;
  core::v1::EventsResponse events_;
  core::v1::TimelineResponse timeline_;
  core::v1::TimelineRequest last_timeline_;
};

// A catalog that answers what the test put in before the first call.
class FakeCatalog final : public core::v1::Catalog::Service {
 public:
  core::v1::ListComponentsResponse components;
  core::v1::ListTypesResponse types;
  core::v1::ListProvidersResponse providers;
  core::v1::ListRuntimesResponse runtimes;

  std::vector<std::string> retried;  // Names of providers.

  grpc::Status ListComponents(grpc::ServerContext* context,
                              const core::v1::ListComponentsRequest* request,
                              core::v1::ListComponentsResponse* response) override;
  grpc::Status ListTypes(grpc::ServerContext* context, const core::v1::ListTypesRequest* request,
                         core::v1::ListTypesResponse* response) override;
  grpc::Status ListProviders(grpc::ServerContext* context,
                             const core::v1::ListProvidersRequest* request,
                             core::v1::ListProvidersResponse* response) override;
  grpc::Status RetryProvider(grpc::ServerContext* context,
                             const core::v1::RetryProviderRequest* request,
                             core::v1::RetryProviderResponse* response) override;
  grpc::Status ListRuntimes(grpc::ServerContext* context,
                            const core::v1::ListRuntimesRequest* request,
                            core::v1::ListRuntimesResponse* response) override;
};

// Images as they arrived: archives start with "archive", everything else is refused. One call at a
// time.
class FakeImages final : public runtime::v1::Images::Service {
 public:
  std::string received;                    // The bytes of the last archive.
  size_t largest_chunk = 0;                // Bytes.
  runtime::v1::ImportImageRequest import;  // The first message of the last import, without data.
  runtime::v1::ListImagesResponse images;
  runtime::v1::PruneImagesRequest pruned;

  grpc::Status Load(grpc::ServerContext* context,
                    grpc::ServerReader<runtime::v1::ImageChunk>* reader,
                    runtime::v1::LoadImagesResponse* response) override;
  grpc::Status Import(grpc::ServerContext* context,
                      grpc::ServerReader<runtime::v1::ImportImageRequest>* reader,
                      runtime::v1::LoadImagesResponse* response) override;
  grpc::Status List(grpc::ServerContext* context, const runtime::v1::ListImagesRequest* request,
                    runtime::v1::ListImagesResponse* response) override;
  grpc::Status Prune(grpc::ServerContext* context, const runtime::v1::PruneImagesRequest* request,
                     runtime::v1::ListImagesResponse* response) override;
};

class FakeRuntime final : public runtime::v1::Runtime::Service {
 public:
  grpc::Status Describe(grpc::ServerContext* context, const runtime::v1::DescribeRequest* request,
                        runtime::v1::DescribeResponse* response) override;
};

// Serves all of them from construction to destruction.
class FakeMesh {
 public:
  explicit FakeMesh(const DataDirectory& data);
  ~FakeMesh();

  FakeApplications applications;
  FakeCatalog catalog;
  FakeImages images;

 private:
  FakeRuntime runtime_;
  std::unique_ptr<grpc::Server> core_server_, runtime_server_;
};

}  // namespace weft::cli::testing
