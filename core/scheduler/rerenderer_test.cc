// What is not ready, and what reads what providers reported: rendered again without a user's doing.
#include "core/scheduler/rerenderer.h"

#include <gmock/gmock.h>

#include "core/scheduler/rerenderer_testing.h"
#include "core/scheduler/revisions.h"

namespace weft::scheduler {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(RerendererTest, ATraitThatIsNotReadyIsLeftOutAndComesWhenItsProviderReports) {
  const core::v1::ApplyResponse response = Apply("{name: record}");
  ASSERT_THAT(Brief(response), ElementsAre("8:16 warning NOT_READY /spec/components/0/traits/0"));
  EXPECT_EQ(response.diagnostics(0).message(),
            "the trait record of front is not ready and is left out until then: no record yet");
  EXPECT_EQ(response.changes_size(), 2);
  EXPECT_EQ(Noted("record"), "");
  EXPECT_THAT(Due(), ElementsAre("again/default/shop"));
  ASSERT_TRUE(Await([&] {
    const common::v1::Health health = core_.Status().health();
    return health.reason() == "NotReady" && health.message() == "record of front: no record yet";
  }));
  EXPECT_EQ(core_.Status().health().verdict(), common::v1::VERDICT_PROGRESSING);

  Report("10.0.0.1");
  ASSERT_TRUE(Await([&] { return Noted("record") == "10.0.0.1"; }));
  EXPECT_THAT(Due(), IsEmpty());
  EXPECT_EQ(Generation(), 2);
  ASSERT_TRUE(core_.AwaitSettled(common::v1::VERDICT_HEALTHY));
  EXPECT_THAT(core_.EventsOf(), Contains("RenderedAgain  x1: generation 2, for what a provider "
                                         "reported (core)"));
}

TEST_F(RerendererTest, WhatWasReadyStaysAsItWasUntilItIsAgain) {
  Apply("{name: record}");
  Report("10.0.0.1");
  ASSERT_TRUE(Await([&] { return Noted("record") == "10.0.0.1"; }));
  Report("wait for the move");
  ASSERT_TRUE(
      Await([&] { return !Due().empty() && core_.Status().health().reason() == "NotReady"; }));
  EXPECT_EQ(Noted("record"), "10.0.0.1");
  // Meanwhile its user changes something else.
  ASSERT_THAT(Brief(Apply("{name: record}", "site:2")),
              ElementsAre("8:16 warning NOT_READY /spec/components/0/traits/0"));
  EXPECT_EQ(Noted("record"), "10.0.0.1");
  EXPECT_THAT(Image(), HasSubstr("site:2"));
  Report("10.0.0.2");
  ASSERT_TRUE(Await([&] { return Noted("record") == "10.0.0.2"; }));
  EXPECT_THAT(Image(), HasSubstr("site:2"));
}

TEST_F(RerendererTest, AsksAgainWhenItsProviderSaidTo) {
  std::atomic<bool> ready = false;
  core_.traits->render_trait =
      [&](const pb::RenderTraitRequest& request) -> absl::StatusOr<pb::RenderResponse> {
    if (!ready) return NotReady(request.expected_artifact(), "soon");
    pb::RenderResponse response = Ready(request.expected_artifact());
    AddPart(response, "Deployment", "front", R"({"metadata":{"annotations":{"record":"late"}}})");
    return response;
  };
  Apply("{name: record}");
  ready = true;
  core_.Skip(absl::Seconds(29));
  core_.rerenderer().Touch("default/shop");
  EXPECT_FALSE(Due().empty());
  core_.Skip(absl::Seconds(2));
  core_.rerenderer().Touch("default/shop");
  EXPECT_TRUE(Await([&] { return Noted("record") == "late"; }));
}

TEST_F(RerendererTest, KeepsTheDocumentAndTheRevisionsOfComponents) {
  Apply("{name: record}");
  core_.Apply({ComponentText("site:2")});  // Not rolled out by anybody.
  Report("10.0.0.1");
  ASSERT_TRUE(Await([&] { return Noted("record") == "10.0.0.1"; }));
  EXPECT_THAT(Image(), HasSubstr("site:1"));
  const auto history = ReadHistory("default", "shop", core_.store);
  ASSERT_EQ(history->revisions_size(), 1) << "no user made another";
  EXPECT_TRUE(history->revisions(0).rendered_again());
}

TEST_F(RerendererTest, ARestartForgetsNothing) {
  Apply("{name: record}");
  core_.StopScheduler();
  Report("10.0.0.1");
  EXPECT_EQ(Noted("record"), "");
  core_.StartScheduler();
  EXPECT_TRUE(Await([&] { return Noted("record") == "10.0.0.1"; }));
}

TEST_F(RerendererTest, WhatNobodyReadsRendersNothing) {
  Apply("{name: place}");
  EXPECT_EQ(Noted("runs"), "local");
  const int renders = core_.traits->renders();
  Report("anything", "default/shop/front/place#0", "http://here");
  EXPECT_THAT(Due(), IsEmpty());
  EXPECT_EQ(core_.traits->renders(), renders);
}

TEST_F(RerendererTest, PeersLearnWhatTheOthersGiveOut) {
  const std::string both = absl::StrCat(
      ApplicationText("{name: record}"),
      "    - componentName: site\n      instanceName: back\n      traits: [{name: neighbours}]\n");
  core_.Apply({ComponentText(), both});
  EXPECT_EQ(Noted("seen", "back"), "");
  Report("10.0.0.1", kRecord, "http://front");
  ASSERT_TRUE(Await([&] { return Noted("seen", "back") == "front.url=http://front;"; }));
  // What a component gives out itself is no news to it.
  Report("x", "default/shop/back/neighbours#0", "http://back");
  ASSERT_TRUE(Await([&] { return Due().empty(); }));
  EXPECT_EQ(Noted("seen", "back"), "front.url=http://front;");
  Report("10.0.0.1", kRecord);
  EXPECT_TRUE(Await([&] { return Noted("seen", "back").empty(); }));
}

TEST_F(RerendererTest, AFailureIsToldAndTriedAgain) {
  Apply("{name: record}");
  const auto render = core_.traits->render_trait;
  std::atomic<bool> broken = true;
  core_.traits->render_trait =
      [&](const pb::RenderTraitRequest& request) -> absl::StatusOr<pb::RenderResponse> {
    if (broken) return absl::InternalError("out of order");
    return render(request);
  };
  Report("10.0.0.1");
  ASSERT_TRUE(Await([&] { return core_.Status().problems_size() > 0; }));
  EXPECT_THAT(core_.Status().problems(0),
              AllOf(HasSubstr("cannot be rendered for what a provider reported: PROVIDER_FAILED"),
                    HasSubstr("out of order")));
  EXPECT_THAT(core_.EventsOf(), Contains(HasSubstr("RenderFailed")));
  broken = false;
  core_.Skip(absl::Minutes(2));  // Over every back-off.
  Report("10.0.0.2");
  ASSERT_TRUE(Await([&] { return Noted("record") == "10.0.0.2"; }));
  EXPECT_THAT(core_.Status().problems(), IsEmpty());
}

TEST_F(RerendererTest, AnApplicationThatGoesTakesItWithIt) {
  Apply("{name: record}");
  ASSERT_FALSE(Due().empty());
  ASSERT_TRUE(core_.admission().Delete("default", "shop").ok());
  ASSERT_TRUE(Await([&] { return Generation() == 0; }));
  EXPECT_THAT(Due(), IsEmpty());
}

TEST_F(RerendererTest, ARollbackToWhatWasNotReadyAsksAgain) {
  Apply("{name: record}");
  Apply("{name: record}", "site:2");
  core::v1::RollbackRequest request;
  request.set_namespace_("default");
  request.set_name("shop");
  const auto rolled_back = core_.admission().Rollback(request);
  ASSERT_TRUE(rolled_back.ok()) << rolled_back.status();
  Report("10.0.0.1");
  ASSERT_TRUE(Await([&] { return Noted("record") == "10.0.0.1"; }));
  EXPECT_THAT(Image(), HasSubstr("site:1"));
}

TEST_F(RerendererTest, ARollbackTakesWhatWasReportedSince) {
  Apply("{name: record}");
  Report("10.0.0.1");
  ASSERT_TRUE(Await([&] { return Noted("record") == "10.0.0.1"; }));
  Apply("{name: record}", "site:2");
  Report("10.0.0.2");
  ASSERT_TRUE(Await([&] { return Noted("record") == "10.0.0.2"; }));
  core::v1::RollbackRequest request;
  request.set_namespace_("default");
  request.set_name("shop");
  const int renders = core_.traits->renders();
  ASSERT_TRUE(core_.admission().Rollback(request).ok());
  EXPECT_THAT(Image(), HasSubstr("site:1"));
  ASSERT_TRUE(Await([&] { return Due().empty(); }));
  EXPECT_EQ(Noted("record"), "10.0.0.2");
  EXPECT_THAT(Image(), HasSubstr("site:1"));
  EXPECT_LE(core_.traits->renders(), renders + 1);
}

TEST_F(RerendererTest, AWorkloadThatIsNotReadyStaysAsItWasWithItsTraits) {
  pb::DescribeResponse description;
  description.add_protocol_versions("v1");
  pb::Capability web = MakeTrait("example.org/v1.Web", pb::READ_STATE);
  web.set_kind(pb::CAPABILITY_KIND_WORKLOAD);
  web.add_aliases("Web");
  web.clear_applies_to();
  pb::Write* write = web.add_writes();
  write->set_api_version("apps/v1");
  write->set_kind("Deployment");
  write->set_mode(pb::WRITE_MODE_CREATE);
  web.mutable_shape()->set_api_version("apps/v1");
  web.mutable_shape()->set_kind("Deployment");
  *description.add_capabilities() = web;
  core_.web->SetDescription(description);
  const auto render = core_.web->render_workload;
  core_.web->render_workload =
      [render](const pb::RenderWorkloadRequest& request) -> absl::StatusOr<pb::RenderResponse> {
    if (request.state().empty()) return NotReady(request.expected_artifact(), "no volume yet");
    return render(request);
  };
  core_.SetConnected(*core_.web, "web", false);
  core_.SetConnected(*core_.web, "web", true);
  const core::v1::ApplyResponse response = Apply("{name: place}");
  ASSERT_THAT(Brief(response), ElementsAre("6:7 warning NOT_READY /spec/components/0"));
  EXPECT_EQ(Noted("runs"), "no object");
  EXPECT_TRUE(Await([&] { return core_.Status().health().message() == "front: no volume yet"; }));
  Report("volume-1", "default/shop/front");
  ASSERT_TRUE(Await([&] { return Noted("runs") == "local"; }));
  Report("", "default/shop/front");
  ASSERT_TRUE(
      Await([&] { return !Due().empty() && core_.Status().health().reason() == "NotReady"; }));
  Apply("", "site:2");
  EXPECT_EQ(Noted("runs"), "local") << "all of it stays";
  EXPECT_THAT(Image(), HasSubstr("site:1"));
  Report("volume-2", "default/shop/front");
  ASSERT_TRUE(Await([&] { return Noted("runs").empty(); }));
  EXPECT_THAT(Image(), HasSubstr("site:2"));
}

}  // namespace
}  // namespace weft::scheduler
