#include "core/api/applications_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "core/api/applications_testing.h"

namespace weft::api {
namespace {

using scheduler::ApplicationText;
using scheduler::Await;
using scheduler::ComponentText;
using testing::ElementsAre;

TEST_F(ApplicationsServiceTest, AppliesDocuments) {
  Call call;
  core::v1::ApplyRequest request;
  core::v1::Document* document = request.add_documents();
  document->set_name("blog.yaml");
  document->set_content(ApplicationText("", "blog", "back"));
  core::v1::ApplyResponse response;
  ASSERT_TRUE(stub_->Apply(&call, request, &response).ok());
  EXPECT_THAT(scheduler::Changes(response), ElementsAre("ApplicationConfiguration blog 1 CREATED"));
  core::v1::Application blog;
  EXPECT_TRUE(Get("blog", &blog).ok());
  Call empty;
  EXPECT_EQ(stub_->Apply(&empty, {}, &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ApplicationsServiceTest, GetsAnApplicationWithItsStatus) {
  core::v1::Application shop;
  ASSERT_TRUE(Get("shop", &shop).ok());
  EXPECT_TRUE(shop.settled());
  EXPECT_EQ(shop.components(0).instance_name(), "front");
  EXPECT_EQ(Get("none", &shop).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ApplicationsServiceTest, ListsPageByPage) {
  core_.Apply({ApplicationText("", "blog", "back"), ApplicationText("", "wiki", "side")});
  EXPECT_THAT(List("", 0), ElementsAre("blog", "shop", "wiki", ""));
  EXPECT_THAT(List("default", 2), ElementsAre("blog", "shop", "application/default/shop"));
  EXPECT_THAT(List("default", 2, "application/default/shop"), ElementsAre("wiki", ""));
  EXPECT_THAT(List("other", 0), ElementsAre(""));
  EXPECT_THAT(List("default", 2, "nonsense"),
              ElementsAre(absl::StrCat("status ", grpc::StatusCode::INVALID_ARGUMENT)));
}

TEST_F(ApplicationsServiceTest, DeletesAnApplication) {
  EXPECT_TRUE(Delete("shop").ok());
  core::v1::Application shop;
  EXPECT_TRUE(
      Await([&] { return Get("shop", &shop).error_code() == grpc::StatusCode::NOT_FOUND; }));
  EXPECT_EQ(Delete("shop").error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ApplicationsServiceTest, AWatchTellsNowAndEveryChangeUntilTheApplicationIsGone) {
  Call call;
  const auto watch = Watch(call, "shop");
  core::v1::Application shop;
  ASSERT_TRUE(watch->Read(&shop));
  EXPECT_EQ(shop.generation(), 1);
  core_.Apply({ComponentText("site:2"), ApplicationText()});
  while (shop.generation() < 2 || !shop.settled() ||
         shop.health().verdict() != common::v1::VERDICT_HEALTHY)
    ASSERT_TRUE(watch->Read(&shop));
  ASSERT_TRUE(Delete("shop").ok());
  while (watch->Read(&shop)) continue;
  EXPECT_TRUE(shop.deleting());
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ApplicationsServiceTest, AWatchOfWhatNeverWasEndsAtOnce) {
  Call call;
  const auto watch = Watch(call, "none");
  core::v1::Application none;
  EXPECT_FALSE(watch->Read(&none));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ApplicationsServiceTest, AClientThatReadsSlowlyGetsTheLatestAndNotEveryChange) {
  constexpr int kChanges = 20;
  Call call;
  const auto watch = Watch(call, "shop");
  core::v1::Application shop;
  ASSERT_TRUE(watch->Read(&shop));
  for (int i = 1; i <= kChanges; ++i) {
    const std::string message = std::to_string(i);
    SayPod("front-1", message);
    ASSERT_TRUE(Await([&] { return Get("shop", &shop).ok() && MessageOf(shop) == message; }));
  }
  int reads = 0, last = 0;
  while (last < kChanges) {
    ASSERT_TRUE(watch->Read(&shop));
    ++reads;
    if (MessageOf(shop).empty()) continue;
    EXPECT_GE(std::stoi(MessageOf(shop)), last);  // Never an older one.
    last = std::stoi(MessageOf(shop));
  }
  EXPECT_LT(reads, kChanges / 2);
  call.TryCancel();
}

TEST_F(ApplicationsServiceTest, AClientThatGoesEndsItsWatchOnly) {
  Call stays;
  const auto watch = Watch(stays, "shop");
  core::v1::Application shop;
  ASSERT_TRUE(watch->Read(&shop));
  {
    Call goes;
    const auto other = Watch(goes, "shop");
    ASSERT_TRUE(other->Read(&shop));
    goes.TryCancel();
    while (other->Read(&shop)) continue;
    EXPECT_EQ(other->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  SayPod("front-1", "news");
  while (MessageOf(shop) != "news") ASSERT_TRUE(watch->Read(&shop));
  stays.TryCancel();
}

TEST_F(ApplicationsServiceTest, EndsWatchesWhenTheCoreDrainsAlsoThoseThatComeLater) {
  Call open;
  const auto watch = Watch(open, "shop");
  core::v1::Application shop;
  ASSERT_TRUE(watch->Read(&shop));
  service_->EndStreams();
  while (watch->Read(&shop)) continue;
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  Call later;
  const auto another = Watch(later, "shop");
  while (another->Read(&shop)) continue;
  EXPECT_EQ(another->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ApplicationsServiceTest, RelaysThePodsOutput) {
  SayPod("front-1", "");
  core::v1::Application shop;
  ASSERT_TRUE(
      Await([&] { return Get("shop", &shop).ok() && shop.components(0).pods_size() == 1; }));
  const auto logs = [&](const std::string& application, std::string* text) {
    Call call;
    core::v1::LogsRequest request;
    request.set_namespace_("default");
    request.set_application(application);
    const auto stream = stub_->Logs(&call, request);
    core::v1::LogsResponse response;
    while (stream->Read(&response)) *text += response.data();
    return stream->Finish();
  };
  std::string text;
  const grpc::Status status = logs("shop", &text);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(text, "line 1\nline 2\n");
  EXPECT_EQ(logs("none", &text).error_code(), grpc::StatusCode::NOT_FOUND);
  core_.runtime.SetAway(true);
  EXPECT_EQ(logs("shop", &text).error_code(), grpc::StatusCode::UNAVAILABLE);
  core_.runtime.SetAway(false);
  SayPod("front-2", "");
  ASSERT_TRUE(
      Await([&] { return Get("shop", &shop).ok() && shop.components(0).pods_size() == 2; }));
  EXPECT_EQ(logs("shop", &text).error_code(), grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_F(ApplicationsServiceTest, TellsWhatPodsUseHoweverManyTheyAre) {
  const auto ask = [&](const std::string& application, core::v1::UsageResponse* response) {
    Call call;
    core::v1::UsageRequest request;
    request.set_namespace_("default");
    request.set_application(application);
    return stub_->Usage(&call, request, response);
  };
  core::v1::UsageResponse usage;
  EXPECT_TRUE(ask("shop", &usage).ok());
  EXPECT_EQ(usage.pods_size(), 0);
  const int before = core_.runtime.usages();
  constexpr int kPods = 600;
  for (int i = 0; i < kPods; ++i) SayPod(absl::StrCat("front-", i), "");
  core::v1::Application shop;
  ASSERT_TRUE(
      Await([&] { return Get("shop", &shop).ok() && shop.components(0).pods_size() == kPods; }));
  const grpc::Status status = ask("shop", &usage);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(usage.pods_size(), kPods);
  EXPECT_EQ(usage.pods(0).instance(), "front");
  EXPECT_EQ(usage.pods(0).pod(), shop.components(0).pods(0).name());
  EXPECT_EQ(usage.pods(0).containers(0).memory_bytes(), 1024u);
  EXPECT_EQ(core_.runtime.usages(), before + 2);
  EXPECT_EQ(ask("none", &usage).error_code(), grpc::StatusCode::NOT_FOUND);
  core_.runtime.SetAway(true);
  EXPECT_EQ(ask("shop", &usage).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ApplicationsServiceTest, TellsTheTimeline) {
  const auto timeline = [&](const std::string& application, int64_t to) {
    Call call;
    core::v1::TimelineRequest request;
    request.set_namespace_("default");
    request.set_name(application);
    request.mutable_to()->set_seconds(to);
    core::v1::TimelineResponse response;
    return stub_->Timeline(&call, request, &response).error_code();
  };
  EXPECT_EQ(timeline("shop", 60), grpc::StatusCode::OK);
  EXPECT_EQ(timeline("shop", 0), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(timeline("none", 60), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ApplicationsServiceTest, TellsWhatHappenedAlsoToAnApplicationThatIsGone) {
  core::v1::EventsResponse told;
  const auto events = [&](const std::string& name) {
    Call call;
    core::v1::EventsRequest request;
    request.set_namespace_("default");
    request.set_name(name);
    return stub_->Events(&call, request, &told).error_code();
  };
  ASSERT_EQ(events("shop"), grpc::StatusCode::OK);
  ASSERT_GE(told.events_size(), 2);
  EXPECT_EQ(told.events(0).reason(), "Created");
  ASSERT_TRUE(Delete("shop").ok());
  EXPECT_TRUE(Await([&] {
    return events("shop") == grpc::StatusCode::OK &&
           told.events(told.events_size() - 1).reason() == "Deleted";
  })) << told.DebugString();
  EXPECT_THAT(told.DebugString(), testing::HasSubstr("by: \"user/ann\""));
  EXPECT_EQ(events("none"), grpc::StatusCode::NOT_FOUND);
  core_.Apply({ApplicationText("", "blog", "back")});
  ASSERT_TRUE(Delete("blog", /*force=*/true).ok());
  EXPECT_TRUE(Await([&] {
    return events("blog") == grpc::StatusCode::OK &&
           told.DebugString().find("its deletion was forced") != std::string::npos;
  }));
}

TEST_F(ApplicationsServiceTest, TurnsCallsAwayWhenTooManyWait) {
  WorkerPool full(1, /*limit=*/0);
  ApplicationsService service({.store = &core_.store,
                               .scheduler = &core_.scheduler(),
                               .admission = &core_.admission(),
                               .runtimes = &core_.runtimes(),
                               .providers = &core_.providers(),
                               .pool = &full});
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const auto stub =
      core::v1::Applications::NewStub(server->InProcessChannel(grpc::ChannelArguments()));
  Call get, watch, logs, timeline;
  core::v1::Application application;
  core::v1::LogsResponse response;
  EXPECT_EQ(stub->Get(&get, {}, &application).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  const auto stream = stub->Watch(&watch, {});
  EXPECT_FALSE(stream->Read(&application));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  const auto output = stub->Logs(&logs, {});
  EXPECT_FALSE(output->Read(&response));
  EXPECT_EQ(output->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  core::v1::TimelineResponse foretold;
  EXPECT_EQ(stub->Timeline(&timeline, {}, &foretold).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

}  // namespace
}  // namespace weft::api
