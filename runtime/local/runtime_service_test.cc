#include "runtime/local/runtime_service.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <set>

#include "runtime/base/convert.h"
#include "runtime/engine/fake_engine.h"
#include "runtime/local/convert.h"
#include "runtime/local/images_service.h"
#include "runtime/local/local_test_support.h"

namespace weft::local {
namespace {

using runtime::v1::Images;
using runtime::v1::Runtime;

class RuntimeServiceTest : public testing::Test {
 protected:
  RuntimeServiceTest() : pool_(2, 16), streams_(2) {
    char path[] = "/tmp/weft-service-XXXXXX";
    directory_ = mkdtemp(path);
    engine_.AddImage("web:1");
    LocalRuntime::Options options;
    options.installation = "0123456789ab";
    options.sandbox_program = "/bin/true";
    auto local = LocalRuntime::Open(engine_, services_, proxy_, directory_ + "/db", options);
    EXPECT_TRUE(local.ok()) << local.status();
    local_ = *std::move(local);
    local_->Start();
    service_ = std::make_unique<RuntimeService>(*local_, pool_, streams_, "1.2.3");
    images_ = std::make_unique<ImagesService>(engine_, local_->objects(), pool_, streams_);
    grpc::ServerBuilder builder;
    builder.RegisterService(service_.get());
    builder.RegisterService(images_.get());
    server_ = builder.BuildAndStart();
    const auto channel = server_->InProcessChannel({});
    runtime_stub_ = Runtime::NewStub(channel);
    images_stub_ = Images::NewStub(channel);
  }
  ~RuntimeServiceTest() override {
    server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
    service_.reset();
    local_.reset();
    std::filesystem::remove_all(directory_);
  }

  grpc::Status Apply(const runtime::v1::ApplyRequest& request,
                     runtime::v1::ApplyResponse& response) {
    grpc::ClientContext context;
    return runtime_stub_->Apply(&context, request, &response);
  }
  runtime::v1::ApplyRequest WebRequest() {
    runtime::v1::ApplyRequest request;
    auto* object = request.add_objects();
    ToProto(DeploymentRef("web"), object->mutable_object()->mutable_ref());
    object->mutable_object()->set_json(DeploymentText("web", 1));
    object->set_owner("default/app/web");
    object->set_generation(4);
    return request;
  }
  // The first pod that a watch tells of as ready.
  runtime::v1::Projection ReadyPod() {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    const auto reader = runtime_stub_->Watch(&context, {});
    runtime::v1::WatchResponse response;
    while (reader->Read(&response)) {
      const runtime::v1::Projection& changed = response.changed();
      if (changed.ref().kind() == "Pod" &&
          changed.status().find("\"ready\":true") != std::string::npos) {
        context.TryCancel();
        return changed;
      }
    }
    ADD_FAILURE() << "no pod became ready";
    return {};
  }

  std::string directory_;
  engine::FakeEngine engine_;
  FakeServiceNetwork services_;
  FakeProxy proxy_;
  WorkerPool pool_;
  StreamLimit streams_;
  std::unique_ptr<LocalRuntime> local_;
  std::unique_ptr<RuntimeService> service_;
  std::unique_ptr<ImagesService> images_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Runtime::Stub> runtime_stub_;
  std::unique_ptr<Images::Stub> images_stub_;
};

TEST_F(RuntimeServiceTest, DescribesWhatItUnderstands) {
  grpc::ClientContext context;
  runtime::v1::DescribeResponse response;
  ASSERT_TRUE(runtime_stub_->Describe(&context, {}, &response).ok());
  EXPECT_EQ(response.name(), "local");
  EXPECT_EQ(response.version(), "1.2.3");
  EXPECT_EQ(response.platform(), "docker");
  std::set<std::string> kinds;
  for (const auto& kind : response.kinds()) kinds.insert(kind.kind());
  EXPECT_EQ(kinds,
            (std::set<std::string>{"ConfigMap", "CronJob", "DaemonSet", "Deployment",
                                   "HorizontalPodAutoscaler", "Ingress", "Job", "NetworkPolicy",
                                   "PersistentVolumeClaim", "Secret", "Service", "StatefulSet"}));
  ASSERT_EQ(response.kinds(0).kind(), "Deployment");
  const auto& honoured = response.kinds(0).honoured();
  EXPECT_NE(std::find(honoured.begin(), honoured.end(), "/spec/template/spec/containers/*/image"),
            honoured.end());
  EXPECT_GT(response.kinds(0).ignored_size(), 0);
}

TEST_F(RuntimeServiceTest, ASteeredLeafStandsInTheAcceptedObject) {
  runtime::v1::ApplyRequest request = WebRequest();
  request.mutable_objects(0)->mutable_object()->set_json(DeploymentWithoutReplicas("web"));
  runtime::v1::SteeredLeaf* leaf = request.mutable_objects(0)->add_steered();
  leaf->set_pointer("/spec/replicas");
  leaf->set_value("4");
  leaf->set_set(true);
  runtime::v1::ApplyResponse response;
  ASSERT_TRUE(Apply(request, response).ok());
  EXPECT_EQ(response.results(0).outcome(), runtime::v1::APPLY_OUTCOME_ACCEPTED);
  EXPECT_EQ(response.results(0).digest(), "");  // Nobody else can change it.
  const json::value object = *json::Parse(local_->objects().Find("Deployment/default/web")->json);
  EXPECT_EQ(json::GetInt(object, {"spec", "replicas"}), 4);

  leaf->set_value("1001");
  request.mutable_objects(0)->set_generation(5);
  response.Clear();
  ASSERT_TRUE(Apply(request, response).ok());
  EXPECT_EQ(response.results(0).outcome(), runtime::v1::APPLY_OUTCOME_REFUSED);
  EXPECT_EQ(response.results(0).diagnostics(0).pointer(), "/spec/replicas");
}

TEST_F(RuntimeServiceTest, AnAppliedObjectIsListedAndItsPodsAreWatched) {
  runtime::v1::ApplyResponse response;
  ASSERT_TRUE(Apply(WebRequest(), response).ok());
  ASSERT_EQ(response.results_size(), 1);
  EXPECT_EQ(response.results(0).outcome(), runtime::v1::APPLY_OUTCOME_ACCEPTED);
  EXPECT_EQ(response.results(0).ref().name(), "web");
  const runtime::v1::Projection pod = ReadyPod();
  EXPECT_EQ(pod.owner(), "default/app/web");
  EXPECT_EQ(pod.controller().name(), "web");
  grpc::ClientContext context;
  runtime::v1::ListResponse list;
  ASSERT_TRUE(runtime_stub_->List(&context, {}, &list).ok());
  ASSERT_EQ(list.items_size(), 2);
  EXPECT_EQ(list.items(0).generation(), 4u);
  EXPECT_TRUE(list.complete());
}

TEST_F(RuntimeServiceTest, WhatIsWrongWithAnObjectIsADiagnosticAndWithTheCallAStatus) {
  runtime::v1::ApplyResponse response;
  runtime::v1::ApplyRequest request = WebRequest();
  request.mutable_objects(0)->mutable_object()->set_json(
      DeploymentText("web", 1, "web:1", R"(,"tty":true)"));
  ASSERT_TRUE(Apply(request, response).ok());
  EXPECT_EQ(response.results(0).outcome(), runtime::v1::APPLY_OUTCOME_REFUSED);
  EXPECT_EQ(response.results(0).diagnostics(0).pointer(), "/spec/template/spec/containers/0/tty");
  EXPECT_EQ(response.results(0).diagnostics(0).severity(), common::v1::SEVERITY_ERROR);

  request.mutable_objects(0)->mutable_object()->mutable_ref()->set_name("a/b");
  EXPECT_EQ(Apply(request, response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request = WebRequest();
  for (int i = 0; i < 512; ++i) *request.add_objects() = request.objects(0);
  EXPECT_EQ(Apply(request, response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(RuntimeServiceTest, ADrainEndsWatchesSoThatTheyAreOpenedAgain) {
  grpc::ClientContext context;
  const auto reader = runtime_stub_->Watch(&context, {});
  runtime::v1::WatchResponse response;
  ASSERT_TRUE(reader->Read(&response));
  service_->Drain();
  while (reader->Read(&response)) continue;
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  grpc::ClientContext later;
  const auto late = runtime_stub_->Watch(&later, {});
  EXPECT_FALSE(late->Read(&response));
  EXPECT_EQ(late->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(RuntimeServiceTest, ServesTheOutputOfAPodAndKnowsWhatIsNone) {
  runtime::v1::ApplyResponse response;
  ASSERT_TRUE(Apply(WebRequest(), response).ok());
  runtime::v1::LogsRequest request;
  request.set_namespace_("default");
  request.set_pod(ReadyPod().ref().name());
  {
    grpc::ClientContext context;
    const auto reader = runtime_stub_->Logs(&context, request);
    runtime::v1::LogsResponse piece;
    ASSERT_TRUE(reader->Read(&piece));
    EXPECT_EQ(piece.data().substr(0, 10), "output of ");
    EXPECT_FALSE(reader->Read(&piece));
    EXPECT_TRUE(reader->Finish().ok());
  }
  request.set_pod("nobody");
  grpc::ClientContext context;
  const auto reader = runtime_stub_->Logs(&context, request);
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(RuntimeServiceTest, ImportsAnImageOfManyPiecesAndListsIt) {
  grpc::ClientContext context;
  runtime::v1::LoadImagesResponse response;
  const auto writer = images_stub_->Import(&context, &response);
  runtime::v1::ImportImageRequest piece;
  piece.set_reference("hello:1");
  for (int i = 0; i < 8; ++i) {
    piece.set_data(std::string(1000, 'x'));
    ASSERT_TRUE(writer->Write(piece));
    piece.clear_reference();
  }
  writer->WritesDone();
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_EQ(response.references(0), "hello:1");
  grpc::ClientContext list_context;
  runtime::v1::ListImagesResponse list;
  ASSERT_TRUE(images_stub_->List(&list_context, {}, &list).ok());
  EXPECT_EQ(list.images_size(), 2);
}

TEST_F(RuntimeServiceTest, PruneRemovesWhatNobodyHasAndNothingNames) {
  for (const char* image : {"idle:1", "other:1", "run:1"}) engine_.AddImage(image);
  ASSERT_TRUE(engine_.CreateContainer({.name = "somebody's", .image = "run:1"}).ok());
  runtime::v1::ApplyResponse applied;
  runtime::v1::ApplyRequest objects = WebRequest();  // "web:1".
  auto* data = objects.add_objects();
  ToProto(ObjectRef{"v1", "ConfigMap", "default", "data"}, data->mutable_object()->mutable_ref());
  data->mutable_object()->set_json(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":
      {"name":"data","namespace":"default"},"data":{"image":"idle:1"}})");
  data->set_owner("default/app/web");
  data->set_generation(1);
  ASSERT_TRUE(Apply(objects, applied).ok());
  const auto prune = [&](bool dry_run, const std::string& id) {
    runtime::v1::PruneImagesRequest request;
    request.set_dry_run(dry_run);
    if (!id.empty()) request.add_ids(id);
    grpc::ClientContext context;
    runtime::v1::ListImagesResponse response;
    EXPECT_TRUE(images_stub_->Prune(&context, request, &response).ok());
    std::set<std::string> references;
    for (const auto& image : response.images())
      references.insert(image.references().begin(), image.references().end());
    // The pods' own, if none has it yet.
    std::erase_if(references, [](const auto& name) { return name.starts_with("weft/anchor"); });
    return references;
  };
  EXPECT_EQ(prune(true, ""), (std::set<std::string>{"idle:1", "other:1"}));
  EXPECT_EQ(prune(false, "sha256:idle:1"), (std::set<std::string>{"idle:1"}));
  EXPECT_EQ(prune(false, ""), (std::set<std::string>{"other:1"}));
  EXPECT_TRUE(engine_.InspectImage("web:1").ok());
  EXPECT_TRUE(engine_.InspectImage("run:1").ok());
  EXPECT_FALSE(engine_.InspectImage("idle:1").ok());
}

TEST_F(RuntimeServiceTest, AnImportWithoutANameIsRefused) {
  grpc::ClientContext context;
  runtime::v1::LoadImagesResponse response;
  const auto writer = images_stub_->Import(&context, &response);
  writer->WritesDone();
  EXPECT_EQ(writer->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(RuntimeServiceTest, StreamsOfBytesAreLimited) {
  grpc::ClientContext contexts[3];
  runtime::v1::LoadImagesResponse responses[3];
  std::unique_ptr<grpc::ClientWriter<runtime::v1::ImportImageRequest>> writers[3];
  for (int i = 0; i < 3; ++i) {
    writers[i] = images_stub_->Import(&contexts[i], &responses[i]);
    runtime::v1::ImportImageRequest piece;
    piece.set_reference("a:1");
    writers[i]->Write(piece);
  }
  int refused = 0;
  for (auto& writer : writers) {
    writer->WritesDone();
    if (writer->Finish().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) ++refused;
  }
  EXPECT_EQ(refused, 1);
}

}  // namespace
}  // namespace weft::local
