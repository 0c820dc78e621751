#include "core/cli/fake_mesh.h"

#include <algorithm>
#include <chrono>
#include <grpcpp/health_check_service_interface.h>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/cli/testing.h"

namespace weft::cli::testing {
namespace {

grpc::Status NoApplication(const std::string& name) {
  return grpc::Status(grpc::StatusCode::NOT_FOUND, absl::StrCat("there is no application ", name));
}

}  // namespace

void FakeApplications::Add(const core::v1::Application& application) {
  std::lock_guard<std::mutex> lock(mutex_);
  applications_[{application.namespace_(), application.name()}] = application;
}

void FakeApplications::SetApplyResponse(const core::v1::ApplyResponse& response) {
  std::lock_guard<std::mutex> lock(mutex_);
  apply_response_ = response;
}

void FakeApplications::SetProgress(const std::vector<core::v1::Application>& states) {
  std::lock_guard<std::mutex> lock(mutex_);
  progress_ = states;
}

core::v1::ApplyRequest FakeApplications::last_apply() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return last_apply_;
}

void FakeApplications::SetPlan(const core::v1::PlanResponse& plan) {
  std::lock_guard<std::mutex> lock(mutex_);
  plan_ = plan;
}

void FakeApplications::SetHistory(const core::v1::HistoryResponse& history) {
  std::lock_guard<std::mutex> lock(mutex_);
  history_ = history;
}

void FakeApplications::SetRollback(const core::v1::RollbackResponse& rollback) {
  std::lock_guard<std::mutex> lock(mutex_);
  rollback_ = rollback;
}

core::v1::PlanRequest FakeApplications::last_plan() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return last_plan_;
}

core::v1::RollbackRequest FakeApplications::last_rollback() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return last_rollback_;
}

core::v1::LogsRequest FakeApplications::last_logs() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return last_logs_;
}

void FakeApplications::SetTimeline(const core::v1::TimelineResponse& timeline) {
  std::lock_guard<std::mutex> lock(mutex_);
  timeline_ = timeline;
}

core::v1::TimelineRequest FakeApplications::last_timeline() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return last_timeline_;
}

void FakeApplications::SetEvents(const core::v1::EventsResponse& events) {
  std::lock_guard<std::mutex> lock(mutex_);
  events_ = events;
}

grpc::Status FakeApplications::Events(grpc::ServerContext*, const core::v1::EventsRequest* request,
                                      core::v1::EventsResponse* response) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!applications_.contains({request->namespace_(), request->name()}))
    return NoApplication(request->name());
  *response = events_;
  return grpc::Status::OK;
}

grpc::Status FakeApplications::Apply(grpc::ServerContext*, const core::v1::ApplyRequest* request,
                                     core::v1::ApplyResponse* response) {
  std::lock_guard<std::mutex> lock(mutex_);
  last_apply_ = *request;
  *response = apply_response_;
  return grpc::Status::OK;
}

grpc::Status FakeApplications::Plan(grpc::ServerContext*, const core::v1::PlanRequest* request,
                                    core::v1::PlanResponse* response) {
  std::lock_guard<std::mutex> lock(mutex_);
  last_plan_ = *request;
  *response = plan_;
  return grpc::Status::OK;
}

grpc::Status FakeApplications::History(grpc::ServerContext*,
                                       const core::v1::HistoryRequest* request,
                                       core::v1::HistoryResponse* response) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!applications_.contains({request->namespace_(), request->name()}))
    return NoApplication(request->name());
  *response = history_;
  return grpc::Status::OK;
}

grpc::Status FakeApplications::Rollback(grpc::ServerContext*,
                                        const core::v1::RollbackRequest* request,
                                        core::v1::RollbackResponse* response) {
  std::lock_guard<std::mutex> lock(mutex_);
  last_rollback_ = *request;
  *response = rollback_;
  return grpc::Status::OK;
}

grpc::Status FakeApplications::Get(grpc::ServerContext*,
                                   const core::v1::GetApplicationRequest* request,
                                   core::v1::Application* response) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = applications_.find({request->namespace_(), request->name()});
  if (found == applications_.end()) return NoApplication(request->name());
  *response = found->second;
  return grpc::Status::OK;
}

grpc::Status FakeApplications::List(grpc::ServerContext*,
                                    const core::v1::ListApplicationsRequest* request,
                                    core::v1::ListApplicationsResponse* response) {
  std::lock_guard<std::mutex> lock(mutex_);
  int skip = 0;
  if (!request->page_token().empty() && !absl::SimpleAtoi(request->page_token(), &skip))
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "bad page token");
  int seen = 0;
  for (const auto& [key, application] : applications_) {
    if (!request->namespace_().empty() && key.first != request->namespace_()) continue;
    if (seen == skip) *response->add_applications() = application;
    if (seen == skip + 1) response->set_next_page_token(absl::StrCat(seen));
    ++seen;
  }
  return grpc::Status::OK;
}

grpc::Status FakeApplications::Watch(grpc::ServerContext* context,
                                     const core::v1::WatchApplicationRequest* request,
                                     grpc::ServerWriter<core::v1::Application>* writer) {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto found = applications_.find({request->namespace_(), request->name()});
  if (found == applications_.end()) return NoApplication(request->name());
  for (const core::v1::Application& state : std::exchange(progress_, {})) writer->Write(state);
  writer->Write(found->second);
  if (found->second.deleting()) {
    applications_.erase(found);
    return NoApplication(request->name());
  }
  lock.unlock();
  Eventually([&] { return context->IsCancelled(); });
  return grpc::Status::CANCELLED;
}

grpc::Status FakeApplications::Delete(grpc::ServerContext*,
                                      const core::v1::DeleteApplicationRequest* request,
                                      core::v1::DeleteApplicationResponse*) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = applications_.find({request->namespace_(), request->name()});
  if (found == applications_.end()) return NoApplication(request->name());
  found->second.set_deleting(true);
  if (request->force()) found->second.clear_leaving();
  return grpc::Status::OK;
}

grpc::Status FakeApplications::WatchAll(grpc::ServerContext*, const core::v1::WatchAllRequest*,
                                        grpc::ServerWriter<core::v1::WatchAllResponse>* writer) {
  std::lock_guard<std::mutex> lock(mutex_);
  core::v1::WatchAllResponse message;
  message.set_reset(true);
  message.set_synced(true);
  for (const auto& [key, application] : applications_) *message.add_changed() = application;
  writer->Write(message);
  return {grpc::StatusCode::DATA_LOSS, "that was all"};
}

grpc::Status FakeApplications::Confirm(grpc::ServerContext*,
                                       const core::v1::ConfirmRequest* request,
                                       core::v1::ConfirmResponse*) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = applications_.find({request->namespace_(), request->name()});
  if (found == applications_.end()) return NoApplication(request->name());
  if (found->second.held_digest() != request->held_digest())
    return {grpc::StatusCode::FAILED_PRECONDITION, "it is something else by now"};
  found->second.clear_held_deletions();
  found->second.clear_held_digest();
  return grpc::Status::OK;
}

grpc::Status FakeApplications::Logs(grpc::ServerContext*, const core::v1::LogsRequest* request,
                                    grpc::ServerWriter<core::v1::LogsResponse>* writer) {
  std::lock_guard<std::mutex> lock(mutex_);
  last_logs_ = *request;
  const auto found = applications_.find({request->namespace_(), request->application()});
  if (found == applications_.end()) return NoApplication(request->application());
  for (const char* line : {"one\n", "two\n"}) {
    core::v1::LogsResponse response;
    response.set_data(line);
    writer->Write(response);
  }
  return grpc::Status::OK;
}

grpc::Status FakeApplications::Timeline(grpc::ServerContext*,
                                        const core::v1::TimelineRequest* request,
                                        core::v1::TimelineResponse* response) {
  std::lock_guard<std::mutex> lock(mutex_);
  last_timeline_ = *request;
  if (!applications_.contains({request->namespace_(), request->name()}))
    return NoApplication(request->name());
  *response = timeline_;
  return grpc::Status::OK;
}

grpc::Status FakeCatalog::ListComponents(grpc::ServerContext*,
                                         const core::v1::ListComponentsRequest* request,
                                         core::v1::ListComponentsResponse* response) {
  for (const core::v1::Component& component : components.components()) {
    if (request->namespace_().empty() || request->namespace_() == component.namespace_())
      *response->add_components() = component;
  }
  return grpc::Status::OK;
}

grpc::Status FakeCatalog::ListTypes(grpc::ServerContext*, const core::v1::ListTypesRequest*,
                                    core::v1::ListTypesResponse* response) {
  *response = types;
  return grpc::Status::OK;
}

grpc::Status FakeCatalog::ListProviders(grpc::ServerContext*, const core::v1::ListProvidersRequest*,
                                        core::v1::ListProvidersResponse* response) {
  *response = providers;
  return grpc::Status::OK;
}

grpc::Status FakeCatalog::RetryProvider(grpc::ServerContext*,
                                        const core::v1::RetryProviderRequest* request,
                                        core::v1::RetryProviderResponse*) {
  retried.push_back(request->name());
  return grpc::Status::OK;
}

grpc::Status FakeCatalog::ListRuntimes(grpc::ServerContext*, const core::v1::ListRuntimesRequest*,
                                       core::v1::ListRuntimesResponse* response) {
  *response = runtimes;
  return grpc::Status::OK;
}

grpc::Status FakeImages::Load(grpc::ServerContext*,
                              grpc::ServerReader<runtime::v1::ImageChunk>* reader,
                              runtime::v1::LoadImagesResponse* response) {
  received.clear();
  for (runtime::v1::ImageChunk chunk; reader->Read(&chunk);) {
    largest_chunk = std::max(largest_chunk, chunk.data().size());
    received += chunk.data();
  }
  if (!absl::StartsWith(received, "archive"))
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "not an archive of docker save");
  response->add_references("weft/hello:v1");
  return grpc::Status::OK;
}

grpc::Status FakeImages::Import(grpc::ServerContext*,
                                grpc::ServerReader<runtime::v1::ImportImageRequest>* reader,
                                runtime::v1::LoadImagesResponse* response) {
  received.clear();
  runtime::v1::ImportImageRequest message;
  for (bool first = true; reader->Read(&message); first = false) {
    received += message.data();
    message.clear_data();
    if (first) import = message;
  }
  response->add_references(import.reference());
  return grpc::Status::OK;
}

grpc::Status FakeImages::List(grpc::ServerContext*, const runtime::v1::ListImagesRequest*,
                              runtime::v1::ListImagesResponse* response) {
  *response = images;
  return grpc::Status::OK;
}

grpc::Status FakeImages::Prune(grpc::ServerContext*, const runtime::v1::PruneImagesRequest* request,
                               runtime::v1::ListImagesResponse* response) {
  *response = images;
  if (!request->dry_run()) pruned = *request;
  return grpc::Status::OK;
}

grpc::Status FakeRuntime::Describe(grpc::ServerContext*, const runtime::v1::DescribeRequest*,
                                   runtime::v1::DescribeResponse* response) {
  response->set_version("1.2.3");
  response->set_platform("docker");
  response->set_platform_version("20.10.24");
  return grpc::Status::OK;
}

FakeMesh::FakeMesh(const DataDirectory& data) {
  grpc::EnableDefaultHealthCheckService(true);
  const auto serve = [&](const char* name, const std::vector<grpc::Service*>& services) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(data.SocketAddress(name), grpc::InsecureServerCredentials());
    for (grpc::Service* service : services) builder.RegisterService(service);
    return builder.BuildAndStart();
  };
  core_server_ = serve("core", {&applications, &catalog});
  runtime_server_ = serve("runtime-local", {&images, &runtime_});
}

FakeMesh::~FakeMesh() {
  core_server_->Shutdown(std::chrono::system_clock::now());
  runtime_server_->Shutdown(std::chrono::system_clock::now());
}

}  // namespace weft::cli::testing
