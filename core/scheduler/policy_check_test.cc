// What a namespace's policy refuses is refused by every call that would store it.
#include "core/scheduler/policy_check.h"

#include <functional>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/records.h"
#include "core/scheduler/testing.h"

namespace weft::scheduler {
namespace {

namespace pb = ::weft::provider::v1;
using config::Allowance;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kSpec[] = "/spec/template/spec";
constexpr char kHost[] = "{name: host}";

void AddPart(const std::string& ns, const std::string& name, const std::string& pointer,
             const std::string& json, pb::RenderResponse& response) {
  pb::Part* part = response.add_parts();
  part->mutable_object()->set_api_version("apps/v1");
  part->mutable_object()->set_kind("Deployment");
  part->mutable_object()->set_namespace_(ns);
  part->mutable_object()->set_name(name);
  part->set_operation(pb::PART_OPERATION_MERGE);
  part->set_pointer(pointer);
  part->set_json(json);
}

// A core whose namespace "default" allows the host's network, and calls that are judged otherwise.
// The trait "host" writes `written_` into the pods' spec.
class PolicyCheckTest : public testing::Test {
 protected:
  PolicyCheckTest()
      : core_({kLocalRuntime}, {.policies = {{"default", {Allowance::kHostNetwork}},
                                             {"till", {Allowance::kHostPid}}}}) {
    pb::DescribeResponse description;
    description.add_protocol_versions("v1");
    pb::Capability* host = description.add_capabilities();
    host->set_kind(pb::CAPABILITY_KIND_TRAIT);
    host->set_type("host");
    host->add_applies_to("*");
    pb::Write* write = host->add_writes();
    write->set_api_version("*");
    write->set_kind("*");
    write->set_pointer("+podTemplate");
    write->set_mode(pb::WRITE_MODE_OVERRIDE);
    core_.traits->SetDescription(description);
    core_.traits->render_trait = [this](const pb::RenderTraitRequest& request) {
      pb::RenderResponse response;
      response.set_outcome(pb::OUTCOME_READY);
      response.set_artifact(request.expected_artifact());
      AddPart("", request.instance().name(), kSpec, written_, response);
      return response;
    };
    core_.SetConnected(*core_.traits, "traits", false);
    core_.SetConnected(*core_.traits, "traits", true);
  }

  // The same core, with another policy.
  Admission Under(const Policies& policies) {
    return Admission({.store = &core_.store,
                      .providers = &core_.providers(),
                      .runtimes = &core_.runtimes(),
                      .pool = &core_.pool(),
                      .events = &core_.events,
                      .installation = "test",
                      .policies = policies,
                      .on_stored = [](const std::string&) {}});
  }
  // Applies or plans an application with the trait.
  core::v1::ApplyResponse Apply(const Policies& policies, bool dry_run = false) {
    core::v1::ApplyRequest request;
    request.set_dry_run(dry_run);
    const Admission admission = Under(policies);
    return Answer<core::v1::ApplyResponse>(
        request, [&](auto done) { admission.Apply(request, std::move(done)); });
  }
  core::v1::PlanResponse Plan(const Policies& policies) {
    core::v1::PlanRequest request;
    const Admission admission = Under(policies);
    return Answer<core::v1::PlanResponse>(
        request, [&](auto done) { admission.Plan(request, std::move(done)); });
  }
  absl::StatusOr<core::v1::RollbackResponse> Rollback(const Policies& policies,
                                                      bool dry_run = false) {
    core::v1::RollbackRequest request;
    request.set_namespace_("default");
    request.set_name("shop");
    request.set_dry_run(dry_run);
    return Under(policies).Rollback(request);
  }

  template <class Response, class Request>
  static Response Answer(Request& request,
                         const std::function<void(Admission::Done<Response>)>& call) {
    for (const std::string& text : {ComponentText(), ApplicationText(kHost)})
      request.add_documents()->set_content(text);
    std::promise<Response> answer;
    call([&](absl::StatusOr<Response> response) {
      EXPECT_TRUE(response.ok()) << response.status();
      answer.set_value(response.value_or(Response()));
    });
    return answer.get_future().get();
  }

  std::string written_ = R"({"hostNetwork":true})";
  mutable TestCore core_;
};

TEST_F(PolicyCheckTest, IsSaidAtThePlaceOfWhoeverWroteItAndNothingIsStored) {
  const core::v1::ApplyResponse response = Apply({});
  ASSERT_THAT(Brief(response), ElementsAre("8:16 POLICY_REFUSED /spec/components/0/traits/0"));
  EXPECT_EQ(
      response.diagnostics(0).message(),
      "Deployment/front /spec/template/spec/hostNetwork: default/shop/front/host#0 puts a pod "
      "into its node's network, which the namespace default does not allow");
  EXPECT_EQ(response.diagnostics(0).found(), "true");
  EXPECT_EQ(response.diagnostics(0).hint(),
            "an operator can allow it in core.yaml: namespaces: {default: {allow: [hostNetwork]}}");
  EXPECT_THAT(response.changes(), IsEmpty());
  EXPECT_THAT(Keys(core_.store, "application/"), IsEmpty());
  EXPECT_THAT(Keys(core_.store, "component/"), IsEmpty());
  EXPECT_THAT(Keys(core_.store, "desired/"), IsEmpty());
  EXPECT_EQ(core_.runtime.applies(), 0);
}

TEST_F(PolicyCheckTest, IsRefusedByADryRunAndAPlanAlike) {
  EXPECT_EQ(Brief(Apply({}, /*dry_run=*/true)), Brief(Apply({})));
  const core::v1::PlanResponse plan = Plan({});
  ASSERT_THAT(plan.diagnostics(), SizeIs(1));
  EXPECT_EQ(plan.diagnostics(0).code(), "POLICY_REFUSED");
  EXPECT_THAT(plan.objects(), IsEmpty());
}

TEST_F(PolicyCheckTest, WhatTheNamespaceAllowsIsStored) {
  EXPECT_THAT(Brief(core_.Apply({ComponentText(), ApplicationText(kHost)})), IsEmpty());
  EXPECT_THAT(Keys(core_.store, "application/"), SizeIs(1));
}

TEST_F(PolicyCheckTest, WhatAnotherNamespaceAllowsIsNotAllowedHere) {
  written_ = R"({"hostPID":true})";
  EXPECT_THAT(Brief(core_.Apply({ComponentText(), ApplicationText(kHost)})),
              ElementsAre("8:16 POLICY_REFUSED /spec/components/0/traits/0"));
}

TEST_F(PolicyCheckTest, EverythingIsSaidAtOnceWhoeverWroteItAndWhatTheRuntimeSaysToo) {
  const auto render = core_.web->render_workload;
  core_.web->render_workload = [&](const pb::RenderWorkloadRequest& request) {
    absl::StatusOr<pb::RenderResponse> response = render(request);
    AddPart("", request.instance().name(), kSpec, R"({"hostIPC":true})", *response);
    AddPart("other", "far", "", "{}", *response);
    AddPart(kSystemNamespace, "own", "", "{}", *response);
    return response;
  };
  core_.runtime.SetOutcome(kFront, runtime::v1::APPLY_OUTCOME_REFUSED, "no such field");
  const core::v1::ApplyResponse response = Apply({});
  ASSERT_THAT(Brief(response), ElementsAre("8:16 POLICY_REFUSED /spec/components/0/traits/0",
                                           "6:7 POLICY_REFUSED /spec/components/0",
                                           "6:7 POLICY_REFUSED /spec/components/0",
                                           "6:7 POLICY_REFUSED /spec/components/0",
                                           "6:7 RUNTIME_REFUSED /spec/components/0"));
  EXPECT_THAT(response.diagnostics(1).hint(), HasSubstr("allow: [hostIPC]"));
  EXPECT_THAT(response.diagnostics(2).hint(), HasSubstr("allow: [otherNamespaces]"));
  EXPECT_THAT(response.diagnostics(3).hint(), HasSubstr("no setting allows this"));
}

TEST_F(PolicyCheckTest, ARollbackIsJudgedByThePolicyOfToday) {
  core_.Apply({ComponentText(), ApplicationText(kHost)});
  ASSERT_THAT(Brief(core_.Apply({ApplicationText()})), IsEmpty());
  const auto before = core_.store.List("", "", 0);
  for (const bool dry_run : {true, false}) {
    const auto refused = Rollback({}, dry_run);
    ASSERT_TRUE(refused.ok()) << refused.status();
    ASSERT_THAT(refused->diagnostics(), SizeIs(1));
    EXPECT_EQ(refused->diagnostics(0).code(), "POLICY_REFUSED");
    EXPECT_EQ(refused->diagnostics(0).document(), "");
    EXPECT_THAT(refused->diagnostics(0).message(), HasSubstr("default/shop/front/host#0"));
    EXPECT_FALSE(refused->has_change());
  }
  EXPECT_EQ(*core_.store.List("", "", 0), *before);
  const auto restored = Rollback({{"default", {Allowance::kHostNetwork}}});
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->restored(), 1);
}

TEST_F(PolicyCheckTest, WhatStandsStaysWhenTheNamespaceDoesNotAllowItAnyMore) {
  core_.Apply({ComponentText(), ApplicationText(kHost)});
  const auto before = core_.store.List("", "", 0);
  EXPECT_THAT(Brief(Apply({})), ElementsAre("8:16 POLICY_REFUSED /spec/components/0/traits/0"));
  EXPECT_EQ(*core_.store.List("", "", 0), *before);
}

TEST_F(PolicyCheckTest, AnObjectThatCannotBeReadIsNotPassed) {
  DesiredApplication desired;
  desired.objects.emplace_back().mutable_object()->set_json("{");
  EXPECT_TRUE(absl::IsDataLoss(CheckPolicy(desired, {}).status()));
}

}  // namespace
}  // namespace weft::scheduler
