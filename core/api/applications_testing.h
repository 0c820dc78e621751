#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/api/applications_service.h"
#include "core/scheduler/testing.h"

// For tests only.
namespace weft::api {

// A core that is served inside the process, with the application "shop".
class ApplicationsServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    core_.StartScheduler();
    service_ = std::make_unique<ApplicationsService>(ApplicationsService::Parts{
        .store = &core_.store,
        .scheduler = &core_.scheduler(),
        .admission = &core_.admission(),
        .runtimes = &core_.runtimes(),
        .providers = &core_.providers(),
        .pool = &core_.pool(),
        .events = &core_.events,
        .identify = [](const grpc::ServerContextBase&) { return auth::Caller{.name = "ann"}; }});
    grpc::ServerBuilder builder;
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    stub_ = core::v1::Applications::NewStub(server_->InProcessChannel(grpc::ChannelArguments()));
    core_.Apply({scheduler::ComponentText(), scheduler::ApplicationText()});
    ASSERT_TRUE(core_.AwaitSettled(common::v1::VERDICT_HEALTHY));
  }
  void TearDown() override {
    server_->Shutdown(std::chrono::system_clock::now());
    core_.EndWork();
  }

  using Call = grpc::ClientContext;
  grpc::Status Get(const std::string& name, core::v1::Application* application) {
    Call call;
    core::v1::GetApplicationRequest request;
    request.set_namespace_("default");
    request.set_name(name);
    return stub_->Get(&call, request, application);
  }
  grpc::Status Delete(const std::string& name, bool force = false) {
    Call call;
    core::v1::DeleteApplicationRequest request;
    request.set_namespace_("default");
    request.set_name(name);
    request.set_force(force);
    core::v1::DeleteApplicationResponse response;
    return stub_->Delete(&call, request, &response);
  }
  std::unique_ptr<grpc::ClientReader<core::v1::Application>> Watch(Call& call,
                                                                   const std::string& name) {
    core::v1::WatchApplicationRequest request;
    request.set_namespace_("default");
    request.set_name(name);
    return stub_->Watch(&call, request);
  }
  // The names of a page, and its token last.
  std::vector<std::string> List(const std::string& ns, int size, const std::string& token = "") {
    Call call;
    core::v1::ListApplicationsRequest request;
    request.set_namespace_(ns);
    request.set_page_size(size);
    request.set_page_token(token);
    core::v1::ListApplicationsResponse response;
    const grpc::Status status = stub_->List(&call, request, &response);
    if (!status.ok()) return {absl::StrCat("status ", status.error_code())};
    std::vector<std::string> names;
    for (const auto& application : response.applications()) names.push_back(application.name());
    names.push_back(response.next_page_token());
    return names;
  }
  // The platform has a pod of "front" with this message.
  void SayPod(const std::string& name, const std::string& message) {
    runtime::v1::Projection pod;
    *pod.mutable_ref() = scheduler::Ref("Pod", name);
    pod.set_owner("default/shop/front");
    *pod.mutable_controller() = scheduler::Ref("Deployment", "front");
    pod.set_status(absl::StrCat(R"({"message":")", message, R"("})"));
    core_.runtime.Say(pod);
  }
  std::string MessageOf(const core::v1::Application& application) {
    if (application.components_size() == 0 || application.components(0).pods_size() == 0) return "";
    return application.components(0).pods(0).message();
  }

  scheduler::TestCore core_;
  std::unique_ptr<ApplicationsService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<core::v1::Applications::Stub> stub_;
};

}  // namespace weft::api
