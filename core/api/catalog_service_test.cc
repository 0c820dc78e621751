#include "core/api/catalog_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/scheduler/testing.h"

namespace weft::api {
namespace {

using core::v1::Catalog;
using testing::ElementsAre;

class CatalogServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = Catalog::NewStub(server_->InProcessChannel(grpc::ChannelArguments()));
  }
  void TearDown() override {
    server_->Shutdown(std::chrono::system_clock::now());
    core_.EndWork();
  }

  scheduler::TestCore core_{
      {"local", "other"},
      {.runtime = "other", .of_namespace = {{"shop", "local"}, {"till", "local"}}}};
  CatalogService service_{core_.store, core_.providers(), core_.runtimes(), core_.pool()};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Catalog::Stub> stub_;
  grpc::ClientContext context_;
};

TEST_F(CatalogServiceTest, ListsWhatThePlatformsHaveAndTheStoreHasNot) {
  core_.StartScheduler();
  core_.Apply({scheduler::ComponentText("site:1"), scheduler::ApplicationText()});
  for (auto* runtime : {&core_.runtime, &core_.other}) {
    for (const char* name : {"left", "over"}) {
      runtime::v1::Projection object;
      *object.mutable_ref() = scheduler::Ref("Deployment", name);
      object.set_owner("default/gone/left");
      runtime->Say(object);
    }
    runtime::v1::Projection pod;
    *pod.mutable_ref() = scheduler::Ref("Pod", "left-1");
    pod.set_owner("default/gone/left");
    *pod.mutable_controller() = scheduler::Ref("Deployment", "left");
    runtime->Say(pod);
  }
  std::vector<std::string> orphans;
  const auto list = [&] {
    orphans.clear();
    core::v1::ListOrphansRequest request;
    request.set_page_size(3);
    do {
      grpc::ClientContext context;
      core::v1::ListOrphansResponse response;
      ASSERT_TRUE(stub_->ListOrphans(&context, request, &response).ok());
      for (const core::v1::Orphan& orphan : response.orphans())
        orphans.push_back(orphan.runtime() + " " + orphan.ref().name() + " " + orphan.owner());
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
  };
  ASSERT_TRUE(scheduler::Await([&] {
    list();
    return orphans.size() == 4;
  }));
  EXPECT_THAT(orphans, ElementsAre("local left default/gone/left", "local over default/gone/left",
                                   "other left default/gone/left", "other over default/gone/left"));
}

TEST_F(CatalogServiceTest, ListsComponentsWithTheirLatestRevision) {
  std::string nobodys = scheduler::ComponentText();
  nobodys.replace(nobodys.find("name: site"), 10, "name: odd");
  nobodys.replace(nobodys.find("Web"), 3, "example.org/v1.Odd");
  core_.Apply({scheduler::ComponentText("site:1"), nobodys});
  core_.Apply({scheduler::ComponentText("site:2")});
  core::v1::ListComponentsRequest request;
  request.set_page_size(1);
  core::v1::ListComponentsResponse response;
  ASSERT_TRUE(stub_->ListComponents(&context_, request, &response).ok());
  ASSERT_EQ(response.components_size(), 1);
  EXPECT_EQ(response.components(0).name(), "odd");
  EXPECT_FALSE(response.components(0).served());
  grpc::ClientContext next;
  request.set_page_token(response.next_page_token());
  response.Clear();
  ASSERT_TRUE(stub_->ListComponents(&next, request, &response).ok());
  ASSERT_EQ(response.components_size(), 1);
  EXPECT_EQ(response.components(0).name(), "site");
  EXPECT_EQ(response.components(0).revision(), 2);
  EXPECT_EQ(response.components(0).workload_type(), "Web");
  EXPECT_TRUE(response.components(0).served());
  grpc::ClientContext bad;
  request.set_page_token("nonsense");
  EXPECT_EQ(stub_->ListComponents(&bad, request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(CatalogServiceTest, ListsTypesByKindAndName) {
  core::v1::ListTypesResponse response;
  ASSERT_TRUE(stub_->ListTypes(&context_, {}, &response).ok());
  std::vector<std::string> types;
  for (const core::v1::Type& type : response.types())
    types.push_back(type.kind() + " " + type.type() + " of " + type.provider());
  EXPECT_THAT(types, ElementsAre("WORKLOAD example.org/v1.Web of web", "TRAIT reader of traits",
                                 "TRAIT scaler of traits"));
  EXPECT_THAT(response.types(0).aliases(), ElementsAre("Web"));
  EXPECT_EQ(response.types(1).properties_schema(), "");
  EXPECT_THAT(response.types(2).applies_to(), ElementsAre("+scale"));
  EXPECT_EQ(response.types(2).properties_schema(),
            R"({"properties":{"replicas":{"type":"integer"}},"required":["replicas"],)"
            R"("type":"object"})");
}

TEST_F(CatalogServiceTest, ListsProvidersAndWhyOneIsAway) {
  core_.SetConnected(*core_.web, "web", false);
  core::v1::ListProvidersResponse response;
  ASSERT_TRUE(stub_->ListProviders(&context_, {}, &response).ok());
  ASSERT_EQ(response.providers_size(), 2);
  EXPECT_EQ(response.providers(0).name(), "traits");
  EXPECT_TRUE(response.providers(0).available());
  EXPECT_EQ(response.providers(0).artifact(), "sha256:traits");
  EXPECT_THAT(response.providers(0).types(), ElementsAre("scaler", "reader"));
  EXPECT_FALSE(response.providers(1).available());
  EXPECT_EQ(response.providers(1).address(), "unix:/none");
  EXPECT_EQ(response.providers(1).message(), "does not answer at unix:/none");
  EXPECT_THAT(response.providers(1).types(), ElementsAre("example.org/v1.Web"));
}

TEST_F(CatalogServiceTest, ListsRuntimesAndWhatGoesThere) {
  core_.other.SetAway(true);
  core_.StartScheduler();
  core::v1::ListRuntimesResponse response;
  ASSERT_TRUE(scheduler::Await([&] {
    grpc::ClientContext context;
    response.Clear();
    return stub_->ListRuntimes(&context, {}, &response).ok() && response.runtimes_size() == 2 &&
           response.runtimes(0).platform() == "fake" &&
           response.runtimes(1).message() ==
               "the runtime other does not answer: the platform is away";
  })) << response.DebugString();
  EXPECT_EQ(response.runtimes(0).name(), "local");
  EXPECT_EQ(response.runtimes(0).address(), "unix:/none");
  EXPECT_EQ(response.runtimes(0).platform_version(), "2");
  EXPECT_EQ(response.runtimes(0).version(), "1");
  EXPECT_TRUE(response.runtimes(0).available());
  EXPECT_EQ(response.runtimes(0).message(), "");
  EXPECT_FALSE(response.runtimes(0).default_());
  EXPECT_THAT(response.runtimes(0).namespaces(), ElementsAre("shop", "till"));
  EXPECT_EQ(response.runtimes(1).name(), "other");
  EXPECT_FALSE(response.runtimes(1).available());
  EXPECT_TRUE(response.runtimes(1).default_());
}

}  // namespace
}  // namespace weft::api
