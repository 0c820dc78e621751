// What is not ready, and what reads what providers reported: rendered again without a user's doing.
#include "core/scheduler/rerenderer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/scheduler/instance_reports.h"
#include "core/scheduler/records.h"
#include "core/scheduler/revisions.h"
#include "core/scheduler/testing.h"
#include "core/store/keys.h"

namespace weft::scheduler {
namespace {

namespace pb = ::weft::provider::v1;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kRecord[] = "default/shop/front/record#0";

// The trait "record" waits until it has a state, and notes it; "neighbours" notes what the others
// gave out.
pb::Capability MakeTrait(const std::string& type, pb::Read reads) {
  pb::Capability trait;
  trait.set_kind(pb::CAPABILITY_KIND_TRAIT);
  trait.set_type(type);
  trait.add_applies_to("*");
  trait.add_reads(reads);
  pb::Write* write = trait.add_writes();
  write->set_api_version("*");
  write->set_kind("*");
  write->set_pointer("/metadata/annotations");
  write->set_mode(pb::WRITE_MODE_ADD);
  write = trait.add_writes();
  write->set_api_version("v1");
  write->set_kind("ConfigMap");
  write->set_mode(pb::WRITE_MODE_CREATE);
  return trait;
}

pb::RenderResponse Ready(const std::string& artifact) {
  pb::RenderResponse response;
  response.set_outcome(pb::OUTCOME_READY);
  response.set_artifact(artifact);
  return response;
}

pb::RenderResponse NotReady(const std::string& artifact, const std::string& reason) {
  pb::RenderResponse response = Ready(artifact);
  response.set_outcome(pb::OUTCOME_NOT_READY);
  response.set_reason(reason);
  response.mutable_retry_after()->set_seconds(30);
  return response;
}

void AddPart(pb::RenderResponse& response, const std::string& kind, const std::string& name,
             const std::string& json) {
  pb::Part* part = response.add_parts();
  part->mutable_object()->set_api_version(kind == "Deployment" ? "apps/v1" : "v1");
  part->mutable_object()->set_kind(kind);
  part->mutable_object()->set_name(name);
  part->set_operation(pb::PART_OPERATION_MERGE);
  part->set_json(json);
}

// The state is a number of ConfigMaps to make, or text to note; of text that begins with "wait", or
// of none, there is no answer yet.
pb::RenderResponse RenderRecord(const pb::RenderTraitRequest& request) {
  const std::string& state = request.state();
  if (state.empty() || absl::StartsWith(state, "wait"))
    return NotReady(request.expected_artifact(), state.empty() ? "no record yet" : state);
  pb::RenderResponse response = Ready(request.expected_artifact());
  int count = 0;
  if (absl::SimpleAtoi(state, &count)) {
    for (int i = 0; i < count; ++i)
      AddPart(response, "ConfigMap", absl::StrCat("front-", i), R"({"data":{"a":"b"}})");
    return response;
  }
  AddPart(response, "Deployment", request.instance().name(),
          absl::StrCat(R"({"metadata":{"annotations":{"record":")", state, R"("}}})"));
  return response;
}

pb::RenderResponse RenderNeighbours(const pb::RenderTraitRequest& request) {
  std::string seen;
  for (const pb::Peer& peer : request.peers()) {
    for (const pb::Output& output : peer.outputs())
      absl::StrAppend(&seen, peer.name(), ".", output.name(), "=", output.value(), ";");
  }
  pb::RenderResponse response = Ready(request.expected_artifact());
  AddPart(response, "Deployment", request.instance().name(),
          absl::StrCat(R"({"metadata":{"annotations":{"seen":")", seen, R"("}}})"));
  return response;
}

class RerendererTest : public testing::Test {
 protected:
  void SetUp() override {
    pb::DescribeResponse description;
    description.add_protocol_versions("v1");
    *description.add_capabilities() = MakeTrait("record", pb::READ_STATE);
    *description.add_capabilities() = MakeTrait("neighbours", pb::READ_PEERS);
    *description.add_capabilities() = MakeTrait("place", pb::READ_TARGET);
    core_.traits->SetDescription(description);
    core_.traits->render_trait =
        [](const pb::RenderTraitRequest& request) -> absl::StatusOr<pb::RenderResponse> {
      if (request.instance().type() == "neighbours") return RenderNeighbours(request);
      if (request.instance().type() == "record") return RenderRecord(request);
      pb::RenderResponse response = Ready(request.expected_artifact());
      AddPart(response, "Deployment", request.instance().name(),
              absl::StrCat(R"({"metadata":{"annotations":{"runs":")", request.target().runtime(),
                           R"("}}})"));
      return response;
    };
    core_.SetConnected(*core_.traits, "traits", false);
    core_.SetConnected(*core_.traits, "traits", true);
    core_.StartScheduler();
  }

  core::v1::ApplyResponse Apply(const std::string& traits, const std::string& image = "site:1") {
    return core_.Apply({ComponentText(image), ApplicationText(traits)});
  }
  void Report(const std::string& state, const std::string& instance = kRecord,
              const std::string& url = "") {
    core::v1::ReportRequest request;
    request.set_instance(instance);
    request.set_state(state);
    if (!url.empty()) {
      request.add_outputs()->set_name("url");
      request.mutable_outputs(0)->set_value(url);
    }
    const absl::Status stored = StoreReport(
        request, [](const std::string&) { return absl::OkStatus(); },
        absl::ToUnixMillis(core_.Now()), core_.store);
    EXPECT_TRUE(stored.ok()) << stored;
    core_.rerenderer().Touch("default/shop");
  }
  // The annotation `name` of the Deployment of "front" or another; empty: there is none.
  std::string Noted(const std::string& name, const std::string& instance = "front") {
    const auto desired = ReadDesired(core_.store, "default", "shop");
    const std::string key = absl::StrCat("apps/v1|Deployment|default|", instance);
    if (!desired.ok() || !desired->contains(key)) return "no object";
    return json::GetString(*json::Parse(desired->at(key).object().json()),
                           {"metadata", "annotations", name});
  }
  std::string Image() {
    const auto desired = ReadDesired(core_.store, "default", "shop");
    return desired->at(kFront).object().json();
  }
  int64_t Generation() {
    const auto stored = ReadApplication(core_.store, "default", "shop");
    return stored.ok() ? stored->record.generation() : 0;
  }
  std::vector<std::string> Due() { return Keys(core_.store, store::kRenderAgain); }

  TestCore core_;
};

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

TEST_F(RerendererTest, ManyDeletionsWaitForConsent) {
  Apply("{name: record}");
  Report("14");
  const auto config_maps = [&] { return Keys(core_.store, "desired/").size() - 1; };
  ASSERT_TRUE(Await([&] { return config_maps() == 14; }));
  Report("4");  // Ten go: that is few.
  ASSERT_TRUE(Await([&] { return config_maps() == 4; }));
  Report("14");
  ASSERT_TRUE(Await([&] { return config_maps() == 14; }));
  Report("3");
  ASSERT_TRUE(Await([&] { return core_.Status().held_deletions_size() == 11; }));
  EXPECT_EQ(config_maps(), 14U);
  const core::v1::Application held = core_.Status();
  EXPECT_THAT(held.problems(), Contains(HasSubstr("it would lose 11 objects: weft confirm shop")));
  EXPECT_THAT(core_.EventsOf(), Contains(HasSubstr("DeletionHeld")));
  const int64_t now = absl::ToUnixMillis(core_.Now());
  EXPECT_TRUE(
      absl::IsFailedPrecondition(ConfirmDeletions("default", "shop", "another", now, core_.store)));
  // What is confirmed is what was seen, not what it became.
  Report("2");
  ASSERT_TRUE(Await([&] { return core_.Status().held_deletions_size() == 12; }));
  EXPECT_TRUE(absl::IsFailedPrecondition(
      ConfirmDeletions("default", "shop", held.held_digest(), now, core_.store)));
  ASSERT_TRUE(
      ConfirmDeletions("default", "shop", core_.Status().held_digest(), now, core_.store).ok());
  core_.rerenderer().Touch("default/shop");
  ASSERT_TRUE(Await([&] { return config_maps() == 2; }));
  EXPECT_EQ(core_.Status().held_digest(), "");
  EXPECT_TRUE(
      absl::IsFailedPrecondition(ConfirmDeletions("default", "shop", "", now, core_.store)));
  EXPECT_TRUE(absl::IsNotFound(ConfirmDeletions("default", "none", "", now, core_.store)));
}

TEST_F(RerendererTest, AUsersApplyNeedsNoConsent) {
  Apply("{name: record}");
  Report("14");
  ASSERT_TRUE(Await([&] { return Keys(core_.store, "desired/").size() == 15; }));
  Report("1");
  ASSERT_TRUE(Await([&] { return core_.Status().held_deletions_size() == 13; }));
  EXPECT_THAT(Brief(Apply("{name: record}")), IsEmpty());
  EXPECT_EQ(Keys(core_.store, "desired/").size(), 2U);
  EXPECT_THAT(Due(), IsEmpty());
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
