// What becomes of an apply when a trait gives no answer whose provider may fail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/scheduler/records.h"
#include "core/scheduler/testing.h"

namespace weft::scheduler {
namespace {

namespace pb = ::weft::provider::v1;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Scaler(int replicas) {
  return absl::StrCat("{name: scaler, properties: {replicas: ", replicas, "}}");
}

class OptionalTest : public testing::Test {
 protected:
  void SetUp() override {
    core_.ConfigureProvider("traits",
                            "name: traits\naddress: unix:/none\nartifact: sha256:traits\n"
                            "failure_policy: Optional\n");
    ASSERT_TRUE(Await([&] {
      const auto types = core_.providers().types();
      const catalog::Type* scaler = types->Find(catalog::TypeKind::kTrait, "scaler");
      return scaler != nullptr && scaler->optional && core_.providers().WhyAway("traits").empty();
    }));
  }
  void Leave() { core_.SetConnected(*core_.traits, "traits", false); }
  void Return() { core_.SetConnected(*core_.traits, "traits", true); }
  core::v1::ApplyResponse Apply(const std::string& traits, const std::string& image = "site:1") {
    return core_.Apply({ComponentText(image), ApplicationText(traits)});
  }
  // What is wanted of the Deployment "front".
  json::value Desired() {
    const auto desired = ReadDesired(core_.store, "default", "shop");
    if (!desired.ok() || !desired->contains(kFront)) return nullptr;
    return json::Parse(desired->at(kFront).object().json()).value();
  }
  int64_t Replicas() { return json::GetInt(Desired(), {"spec", "replicas"}); }

  TestCore core_;
};

TEST_F(OptionalTest, ANewTraitIsLeftOutUntilItIsAppliedAgain) {
  Leave();
  const core::v1::ApplyResponse response = Apply(Scaler(3));
  ASSERT_THAT(Brief(response),
              ElementsAre("8:16 warning TRAIT_LEFT_OUT /spec/components/0/traits/0"));
  EXPECT_THAT(response.diagnostics(0).message(),
              AllOf(HasSubstr("the trait scaler of front is left out"),
                    HasSubstr("the provider traits does not answer at unix:/none")));
  EXPECT_EQ(response.diagnostics(0).hint(), "apply again when the provider is back");
  EXPECT_EQ(response.changes_size(), 2);
  EXPECT_EQ(Replicas(), 1);
  // It has nothing to keep.
  EXPECT_THAT(Brief(Apply(Scaler(4))),
              ElementsAre("8:16 warning TRAIT_LEFT_OUT /spec/components/0/traits/0"));
  Return();
  EXPECT_THAT(Brief(Apply(Scaler(4))), IsEmpty());
  EXPECT_EQ(Replicas(), 4);
}

TEST_F(OptionalTest, ATraitThatStandsIsKeptAsItWas) {
  Apply(Scaler(3));
  Leave();
  const core::v1::ApplyResponse response = Apply(Scaler(5), "site:2");
  ASSERT_THAT(Brief(response), ElementsAre("8:16 warning TRAIT_KEPT /spec/components/0/traits/0"));
  EXPECT_THAT(response.diagnostics(0).message(),
              AllOf(HasSubstr("stays as it was applied before"), HasSubstr("the provider traits")));
  EXPECT_EQ(Replicas(), 3);
  EXPECT_THAT(json::Canonical(Desired()), HasSubstr("site:2"));
  // And again.
  EXPECT_THAT(Brief(Apply(Scaler(6), "site:3")),
              ElementsAre("8:16 warning TRAIT_KEPT /spec/components/0/traits/0"));
  EXPECT_EQ(Replicas(), 3);
  Return();
  EXPECT_THAT(Brief(Apply(Scaler(6), "site:3")), IsEmpty());
  EXPECT_EQ(Replicas(), 6);
}

TEST_F(OptionalTest, WhatIsTakenOutGoesAlsoWithoutItsProvider) {
  Apply(Scaler(3));
  Leave();
  EXPECT_THAT(Brief(Apply("")), IsEmpty());
  EXPECT_EQ(Replicas(), 1);
}

TEST_F(OptionalTest, WhatDoesNotFitAnyMoreIsRefused) {
  Apply("{name: reader}");
  Leave();
  const auto render = core_.web->render_workload;
  // The workload writes what the reader wrote, which may not override it.
  core_.web->render_workload = [&](const pb::RenderWorkloadRequest& request) {
    auto response = render(request);
    json::value object = json::Parse(response->parts(0).json()).value();
    object.as_object()["metadata"] = {{"annotations", {{"seen", "by itself"}}}};
    response->mutable_parts(0)->set_json(json::Canonical(object));
    return response;
  };
  const core::v1::ApplyResponse response = Apply("{name: reader}", "site:2");
  ASSERT_THAT(Brief(response), ElementsAre("8:16 PROVIDER_FAILED /spec/components/0/traits/0"));
  EXPECT_THAT(response.diagnostics(0).message(),
              AllOf(HasSubstr("does not fit any more"), HasSubstr("the provider traits")));
  EXPECT_THAT(json::Canonical(Desired()), HasSubstr("site:1"));
}

TEST_F(OptionalTest, NoAnswerAndABadOneAreAlike) {
  for (const absl::Status& failure :
       {absl::DeadlineExceededError("late"), absl::InternalError("broken"),
        absl::InvalidArgumentError("garbage"), absl::AbortedError("another artifact")}) {
    core_.traits->render_trait = [&](const pb::RenderTraitRequest&) { return failure; };
    const core::v1::ApplyResponse response =
        Apply(Scaler(3), absl::StrCat("site:", static_cast<int>(failure.code())));
    ASSERT_THAT(Brief(response),
                ElementsAre("8:16 warning TRAIT_LEFT_OUT /spec/components/0/traits/0"));
  }
  core_.traits->render_trait = [](const pb::RenderTraitRequest& request) {
    pb::RenderResponse response;  // Without an outcome.
    response.set_artifact(request.expected_artifact());
    return response;
  };
  EXPECT_THAT(Brief(Apply(Scaler(7))),
              ElementsAre("8:16 warning TRAIT_LEFT_OUT /spec/components/0/traits/0"));
}

TEST_F(OptionalTest, WhatItSaysItselfCounts) {
  core_.traits->render_trait = [](const pb::RenderTraitRequest& request) {
    pb::RenderResponse response;
    response.set_artifact(request.expected_artifact());
    response.set_outcome(request.instance().type() == "scaler" ? pb::OUTCOME_READY
                                                               : pb::OUTCOME_NOT_READY);
    response.add_diagnostics()->set_severity(request.instance().type() == "scaler"
                                                 ? common::v1::SEVERITY_ERROR
                                                 : common::v1::SEVERITY_NOTE);
    response.mutable_diagnostics(0)->set_code("SAID");
    return response;
  };
  EXPECT_THAT(Brief(Apply(Scaler(3))), ElementsAre("8:16 SAID /spec/components/0/traits/0"));
  EXPECT_THAT(Brief(Apply("{name: reader}")),
              ElementsAre("8:16 note SAID /spec/components/0/traits/0",
                          "8:16 NOT_READY /spec/components/0/traits/0"));
}

TEST_F(OptionalTest, ABetterAnswerThatIsKnownIsUsedFirst) {
  Apply(Scaler(3));
  Apply(Scaler(5));
  Leave();
  EXPECT_THAT(Brief(Apply(Scaler(3), "site:2")),
              ElementsAre("8:16 warning PROVIDER_AWAY /spec/components/0/traits/0"));
  EXPECT_EQ(Replicas(), 3);
}

TEST_F(OptionalTest, OnesThatStandAreKeptOfWhatStandsWhenItIsStored) {
  Apply(Scaler(3));
  const auto render = core_.web->render_workload;
  std::atomic<bool> first = true;
  core_.web->render_workload = [&](const pb::RenderWorkloadRequest& request) {
    // What was read to be kept is older than this.
    if (first.exchange(false)) {
      EXPECT_THAT(Brief(core_.Apply({ApplicationText(Scaler(4))})), IsEmpty());
      Leave();
    }
    return render(request);
  };
  EXPECT_THAT(Brief(Apply(Scaler(5), "site:2")),
              ElementsAre("8:16 warning TRAIT_KEPT /spec/components/0/traits/0"));
  EXPECT_EQ(Replicas(), 4);
}

TEST_F(OptionalTest, AWorkloadTypeCannotDoWithout) {
  core_.ConfigureProvider(
      "web", "name: web\naddress: unix:/none\nartifact: sha256:web\nfailure_policy: Optional\n");
  EXPECT_TRUE(Await([&] {
    return core_.providers().WhyAway("web").find(
               "its failure_policy is Optional, for traits alone, and it serves the workload type "
               "example.org/v1.Web") != std::string::npos;
  })) << core_.providers().WhyAway("web");
}

}  // namespace
}  // namespace weft::scheduler
