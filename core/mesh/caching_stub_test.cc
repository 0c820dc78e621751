#include "core/mesh/caching_stub.h"

#include <gtest/gtest.h>

#include "core/mesh/fake_provider.h"
#include "core/store/memory_store.h"

namespace weft::mesh {
namespace {

namespace pb = ::weft::provider::v1;

class CachingStubTest : public testing::Test {
 protected:
  void SetUp() override {
    provider_->render_workload = [this](const pb::RenderWorkloadRequest& request) {
      pb::RenderResponse response;
      response.set_outcome(outcome_);
      response.set_reason(request.instance().name());
      return response;
    };
  }
  absl::StatusOr<pb::RenderResponse> Render(const std::string& artifact, const std::string& name) {
    pb::RenderWorkloadRequest request;
    request.mutable_instance()->set_name(name);
    absl::StatusOr<pb::RenderResponse> answer = absl::InternalError("not called back");
    MakeCachingStub(provider_, artifact, answers_)->RenderWorkload(request, [&](auto response) {
      answer = std::move(response);
    });
    return answer;
  }

  store::MemoryStore store_;
  AnswerCache answers_{store_};
  std::shared_ptr<FakeProvider> provider_ = std::make_shared<FakeProvider>();
  pb::Outcome outcome_ = pb::OUTCOME_READY;
};

TEST_F(CachingStubTest, AsksForTheSameRequestOnce) {
  EXPECT_EQ(Render("sha256:a", "web")->reason(), "web");
  EXPECT_EQ(Render("sha256:a", "web")->reason(), "web");
  EXPECT_EQ(provider_->renders(), 1);
  EXPECT_EQ(Render("sha256:a", "db")->reason(), "db");
  EXPECT_EQ(Render("sha256:b", "web")->reason(), "web");
  EXPECT_EQ(provider_->renders(), 3);
}

TEST_F(CachingStubTest, AnswersWhatItKnowsWhileTheProviderIsAway) {
  ASSERT_TRUE(Render("sha256:a", "web").ok());
  provider_->SetConnected(false);
  EXPECT_TRUE(Render("sha256:a", "web").ok());
  EXPECT_EQ(Render("sha256:a", "db").status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(CachingStubTest, KeepsNothingWithoutAnArtifact) {
  ASSERT_TRUE(Render("", "web").ok());
  ASSERT_TRUE(Render("", "web").ok());
  EXPECT_EQ(provider_->renders(), 2);
}

TEST_F(CachingStubTest, AsksAgainForWhatWasNotReady) {
  outcome_ = pb::OUTCOME_NOT_READY;
  EXPECT_EQ(Render("sha256:a", "web")->outcome(), pb::OUTCOME_NOT_READY);
  outcome_ = pb::OUTCOME_READY;
  EXPECT_EQ(Render("sha256:a", "web")->outcome(), pb::OUTCOME_READY);
  EXPECT_EQ(provider_->renders(), 2);
}

}  // namespace
}  // namespace weft::mesh
