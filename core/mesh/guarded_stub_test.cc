#include "core/mesh/guarded_stub.h"

#include <deque>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "core/mesh/fake_provider.h"
#include "core/mesh/not_asked.h"
#include "core/mesh/stub_around.h"
#include "core/store/memory_store.h"

namespace weft::mesh {
namespace {

namespace pb = ::weft::provider::v1;
using absl::StatusCode;
using testing::HasSubstr;

// A provider behind its guards that says of every Render what the test wants.
class GuardedStubTest : public testing::Test {
 protected:
  void SetUp() override {
    provider_->render_workload =
        [this](const pb::RenderWorkloadRequest& request) -> absl::StatusOr<pb::RenderResponse> {
      if (!failure_.ok()) return failure_;
      pb::RenderResponse response;
      response.set_outcome(outcome_);
      response.set_artifact(request.expected_artifact());
      return response;
    };
    provider_->assess = [this](const pb::AssessRequest&) -> absl::StatusOr<pb::AssessResponse> {
      if (!failure_.ok()) return failure_;
      return pb::AssessResponse();
    };
    Make("sha256:a");
  }
  void Make(const std::string& artifact) {
    stub_ = Guard(provider_, {.name = "web", .artifact = artifact}, answers_);
  }
  absl::Status Render(const std::string& application) {
    pb::RenderWorkloadRequest request;
    request.mutable_instance()->set_application(application);
    request.mutable_instance()->set_name(absl::StrCat(application, ++instances_));
    return Ask(request);
  }
  absl::Status Ask(const pb::RenderWorkloadRequest& request) {
    absl::Status status = absl::InternalError("not called back");
    stub_->RenderWorkload(request, [&](const auto& response) { status = response.status(); });
    return status;
  }
  absl::Status Assess(int64_t now) {
    pb::AssessRequest request;
    request.mutable_instance()->set_application("shop");
    request.mutable_now()->set_seconds(now);
    absl::Status status = absl::InternalError("not called back");
    stub_->AssessWorkload(request, [&](const auto& response) { status = response.status(); });
    return status;
  }

  store::MemoryStore store_;
  AnswerCache answers_{store_};
  std::shared_ptr<FakeProvider> provider_ = std::make_shared<FakeProvider>();
  std::shared_ptr<ProviderStub> stub_;
  absl::Status failure_;
  pb::Outcome outcome_ = pb::OUTCOME_READY;
  int instances_ = 0;
};

TEST_F(GuardedStubTest, ABadAnswerIsNotAskedForAgainUntilTheArtifactIsAnother) {
  outcome_ = pb::OUTCOME_UNSPECIFIED;
  const pb::RenderWorkloadRequest request;
  const absl::Status bad = Ask(request);
  EXPECT_EQ(bad.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(WhatFailed(bad), HasSubstr("failed: UNSUPPORTED"));
  outcome_ = pb::OUTCOME_READY;
  const absl::Status charged = Ask(request);
  EXPECT_EQ(charged.code(), StatusCode::kUnavailable);
  EXPECT_THAT(WhatFailed(charged), HasSubstr("is not asked at the moment: its last answer to the "
                                             "same request could not be used: UNSUPPORTED"));
  EXPECT_EQ(provider_->renders(), 1);
  EXPECT_TRUE(Render("shop").ok()) << "another request";
  Make("sha256:b");
  EXPECT_TRUE(Ask(request).ok());
}

TEST_F(GuardedStubTest, WithoutAnArtifactABadAnswerIsAskedForAgain) {
  Make("");
  outcome_ = pb::OUTCOME_UNSPECIFIED;
  ASSERT_FALSE(Ask({}).ok());
  EXPECT_THAT(Ask({}).message(), HasSubstr("it is asked again in 1 s"));
}

TEST_F(GuardedStubTest, ATimeOfDayIsNoOtherQuestion) {
  failure_ = absl::DeadlineExceededError("Deadline Exceeded");
  EXPECT_EQ(Assess(1).code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Assess(2).code(), StatusCode::kUnavailable);
  EXPECT_EQ(provider_->assessments(), 1);
}

TEST_F(GuardedStubTest, AFinalizeWithoutAnOutcomeIsAFaultAndIsAskedForAgain) {
  pb::FinalizeResponse answer;
  int asked = 0;
  provider_->finalize = [&](const pb::FinalizeRequest&) {
    ++asked;
    return answer;
  };
  const auto finalize = [&](const std::string& instance, int64_t now) {
    pb::FinalizeRequest request;
    request.mutable_instance()->set_application("shop");
    request.mutable_instance()->set_name(instance);
    request.mutable_now()->set_seconds(now);
    absl::StatusOr<pb::FinalizeResponse> response = absl::InternalError("not called back");
    stub_->FinalizeTrait(request, [&](const auto& r) { response = r; });
    return response;
  };
  EXPECT_THAT(finalize("front", 1).status().message(), HasSubstr("UNSUPPORTED: the outcome 0"));
  EXPECT_THAT(finalize("front", 2).status().message(), HasSubstr("it is asked again in 1 s"));
  EXPECT_EQ(asked, 1);
  answer.set_outcome(pb::FINALIZE_OUTCOME_WAIT);
  EXPECT_EQ(finalize("back", 1)->outcome(), pb::FINALIZE_OUTCOME_WAIT);
}

TEST_F(GuardedStubTest, WhatIsSickForThreeApplicationsIsNotAskedAndSaysWhy) {
  failure_ = absl::DeadlineExceededError("Deadline Exceeded");
  for (int i = 0; i < 11; ++i) ASSERT_FALSE(Render(absl::StrCat("app", i % 3)).ok());
  EXPECT_THAT(stub_->WhyNotAsked(),
              HasSubstr("is not asked at the moment: 11 of its last 11 answers were late or could "
                        "not be used, the last: Deadline Exceeded; one call tries it in 1 s"));
  failure_ = absl::OkStatus();
  EXPECT_THAT(WhatFailed(Render("healthy")), HasSubstr("is not asked at the moment: 11 of"));
  EXPECT_EQ(provider_->renders(), 11);
  stub_->Describe({}, [](const auto&) {});  // It was connected anew.
  EXPECT_EQ(stub_->WhyNotAsked(), "");
  EXPECT_TRUE(Render("healthy").ok());
}

TEST_F(GuardedStubTest, AProviderThatIsAwayOrBeingReplacedIsNotSick) {
  for (const auto code : {StatusCode::kUnavailable, StatusCode::kCancelled, StatusCode::kAborted}) {
    failure_ = absl::Status(code, "away");
    for (int i = 0; i < 20; ++i) EXPECT_EQ(Render(absl::StrCat("app", i)).code(), code);
  }
  EXPECT_EQ(stub_->WhyNotAsked(), "");
}

TEST_F(GuardedStubTest, TooManyApplicationsAtOnceAreToldToComeBack) {
  std::deque<Callback<pb::RenderResponse>> asked;
  // Keeps every answer back.
  class Held final : public StubAround {
   public:
    Held(std::shared_ptr<ProviderStub> inner, std::deque<Callback<pb::RenderResponse>>& asked)
        : StubAround(std::move(inner)), asked_(asked) {}
    void RenderWorkload(pb::RenderWorkloadRequest, Callback<pb::RenderResponse> done) override {
      asked_.push_back(std::move(done));
    }

   private:
    std::deque<Callback<pb::RenderResponse>>& asked_;
  };
  stub_ = MakeBulkheadStub(std::make_shared<Held>(provider_, asked), 32);
  int answered = 0;
  pb::RenderWorkloadRequest request;
  for (int i = 0; i < 32 + 64; ++i) {
    request.mutable_instance()->set_application(absl::StrCat("app", i));
    stub_->RenderWorkload(request, [&](const auto&) { ++answered; });
  }
  const absl::Status refused = Render("late");
  EXPECT_EQ(refused.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(WhatFailed(refused),
            "is not asked at the moment: 32 calls are under way, and those of 64 applications "
            "wait: try again");
  int assessed = 0;
  pb::AssessRequest assess;
  assess.mutable_instance()->set_application("late");
  stub_->AssessWorkload(assess, [&](const auto&) { ++assessed; });
  EXPECT_EQ(assessed, 0) << "it waits for its turn";
  bool described = false;
  stub_->Describe({}, [&](const auto&) { described = true; });
  EXPECT_TRUE(described) << "it passes by";
  while (!asked.empty()) {
    const auto done = std::move(asked.front());
    asked.pop_front();
    done(pb::RenderResponse());
  }
  EXPECT_EQ(answered, 32 + 64);
  EXPECT_EQ(assessed, 1);
}

}  // namespace
}  // namespace weft::mesh
