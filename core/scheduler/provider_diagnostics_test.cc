#include "core/scheduler/provider_diagnostics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/model/testing.h"
#include "core/scheduler/testing.h"

namespace weft::scheduler {
namespace {

namespace pb = ::weft::provider::v1;
using model::Brief;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ProviderDiagnosticsTest : public testing::Test {
 protected:
  void SetUp() override {
    workload_.key = "default/shop/front";
    workload_.name = "front";
    workload_.component_name = "site";
    workload_.type.name = "example.org/v1.Web";
    workload_.type.provider = "web";
    workload_.pointer = "/spec/components/0";
    resolve::TraitInstance scaler;
    scaler.key = "default/shop/front/scaler#0";
    scaler.type.name = "scaler";
    scaler.type.provider = "traits";
    scaler.pointer = "/spec/components/0/traits/0";
    workload_.traits = {scaler};
  }
  Placement Workload() const { return {application_, components_, workload_, nullptr}; }
  Placement Trait() const { return {application_, components_, workload_, &workload_.traits[0]}; }

  static pb::RenderResponse Ready() {
    pb::RenderResponse answer;
    answer.set_outcome(pb::OUTCOME_READY);
    return answer;
  }
  // An answer with one diagnostic.
  static pb::RenderResponse Saying(const std::string& pointer,
                                   common::v1::Severity severity = common::v1::SEVERITY_ERROR) {
    pb::RenderResponse answer = Ready();
    common::v1::Diagnostic* diagnostic = answer.add_diagnostics();
    diagnostic->set_severity(severity);
    diagnostic->set_code("TOO_MANY");
    diagnostic->set_message("too many");
    diagnostic->set_pointer(pointer);
    diagnostic->set_found("3");
    diagnostic->set_expected("at most 2");
    diagnostic->set_hint("write less");
    return answer;
  }
  model::Diagnostics Report(const Placement& at, const absl::StatusOr<pb::RenderResponse>& answer,
                            const std::string& why_away = "") const {
    model::Diagnostics diagnostics;
    ReportAnswer(at, answer, why_away, diagnostics);
    return diagnostics;
  }

  const model::Decoded documents_ =
      model::Decode({{"site.yaml", ComponentText()},
                     {"shop.yaml", ApplicationText("{name: scaler, properties: {replicas: 3}}")}},
                    "default");
  const model::Document& application_ = documents_.documents.at(1);
  std::map<std::string, model::Document> components_ = {{"site", documents_.documents.at(0)}};
  resolve::WorkloadInstance workload_;
};

TEST_F(ProviderDiagnosticsTest, PutsWhatAProviderSaysAtItsPlace) {
  const struct {
    const char* name;
    Placement at;
    std::string pointer;
    const char* document;
    const char* expected;
  } kCases[] = {
      {"a trait's property", Trait(), "/replicas", "shop.yaml",
       "8:54 TOO_MANY /spec/components/0/traits/0/properties/replicas"},
      {"a trait", Trait(), "", "shop.yaml", "8:16 TOO_MANY /spec/components/0/traits/0"},
      {"a property that the trait does not have", Trait(), "/other", "shop.yaml",
       "8:43 TOO_MANY /spec/components/0/traits/0/properties/other"},
      {"a component of the same call", Workload(), "/containers/0/image", "site.yaml",
       "6:36 TOO_MANY /spec/containers/0/image"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    const model::Diagnostics diagnostics = Report(c.at, Saying(c.pointer));
    ASSERT_THAT(Brief(diagnostics), ElementsAre(c.expected));
    EXPECT_EQ(diagnostics[0].document, c.document);
  }
}

TEST_F(ProviderDiagnosticsTest, AStoredComponentIsBlamedWhereItIsUsed) {
  components_.clear();
  EXPECT_THAT(Brief(Report(Workload(), Saying("/containers/0/image"))),
              ElementsAre("6:7 TOO_MANY /spec/components/0"));
}

TEST_F(ProviderDiagnosticsTest, KeepsEverythingElseThatAProviderSays) {
  const model::Diagnostics diagnostics = Report(Trait(), Saying("/replicas"));
  ASSERT_EQ(diagnostics.size(), 1u);
  EXPECT_EQ(diagnostics[0].message, "too many");
  EXPECT_EQ(diagnostics[0].found, "3");
  EXPECT_EQ(diagnostics[0].expected, "at most 2");
  EXPECT_EQ(diagnostics[0].hint, "write less");
}

TEST_F(ProviderDiagnosticsTest, AnUnknownSeverityIsAnError) {
  const struct {
    common::v1::Severity severity;
    bool error;
  } kCases[] = {{common::v1::SEVERITY_ERROR, true},
                {common::v1::SEVERITY_WARNING, false},
                {common::v1::SEVERITY_NOTE, false},
                {common::v1::SEVERITY_UNSPECIFIED, true},
                {static_cast<common::v1::Severity>(77), true}};
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.severity);
    const pb::RenderResponse answer = Saying("", c.severity);
    EXPECT_EQ(HasError(answer.diagnostics()), c.error);
    EXPECT_EQ(model::HasError(Report(Trait(), answer)), c.error);
  }
  EXPECT_FALSE(HasError({}));
}

TEST_F(ProviderDiagnosticsTest, ACallThatFailedIsAnErrorAtWhatWasAsked) {
  const absl::Status failure = absl::DeadlineExceededError("no answer in 2 s");
  model::Diagnostics diagnostics = Report(Trait(), failure);
  ASSERT_THAT(Brief(diagnostics), ElementsAre("8:16 PROVIDER_FAILED /spec/components/0/traits/0"));
  EXPECT_EQ(diagnostics[0].message,
            "the trait scaler of front cannot be rendered: the provider traits failed: "
            "no answer in 2 s");
  diagnostics = Report(Workload(), failure, "the provider web does not answer at unix:/web");
  ASSERT_THAT(Brief(diagnostics), ElementsAre("6:7 PROVIDER_FAILED /spec/components/0"));
  EXPECT_EQ(diagnostics[0].message,
            "the workload front cannot be rendered: the provider web does not answer at unix:/web");
}

TEST_F(ProviderDiagnosticsTest, AnAnswerThatIsNotReadyIsAnError) {
  pb::RenderResponse answer = Ready();
  answer.set_outcome(pb::OUTCOME_NOT_READY);
  answer.set_reason("the address is not known yet");
  const model::Diagnostics diagnostics = Report(Trait(), answer, "it is away");
  ASSERT_THAT(Brief(diagnostics), ElementsAre("8:16 NOT_READY /spec/components/0/traits/0"));
  EXPECT_THAT(diagnostics[0].message, HasSubstr("the address is not known yet"));
}

TEST_F(ProviderDiagnosticsTest, AnAnswerOfAProviderThatIsAwayIsAWarning) {
  EXPECT_THAT(Report(Trait(), Ready()), IsEmpty());
  const model::Diagnostics diagnostics = Report(Trait(), Ready(), "the provider traits is away");
  ASSERT_THAT(Brief(diagnostics),
              ElementsAre("8:16 warning PROVIDER_AWAY /spec/components/0/traits/0"));
  EXPECT_THAT(diagnostics[0].message, HasSubstr("the provider traits is away"));
}

TEST_F(ProviderDiagnosticsTest, AProblemOfTheMergeIsPutWhereItsOwnerStands) {
  model::Diagnostics diagnostics;
  ReportProblems(Workload(),
                 {{"default/shop/front", "NOT_PERMITTED", "may not", {}, ""},
                  {"default/shop/front/scaler#0", "CONFLICT", "two values", {}, "/spec/replicas"},
                  {"someone", "CONFLICT", "two values", {}, ""}},
                 diagnostics);
  ASSERT_THAT(Brief(diagnostics), ElementsAre("6:7 NOT_PERMITTED /spec/components/0",
                                              "8:16 CONFLICT /spec/components/0/traits/0",
                                              "6:7 CONFLICT /spec/components/0"));
  EXPECT_EQ(diagnostics[1].message, "two values");
}

TEST_F(ProviderDiagnosticsTest, AValueThatIsOnlyASeedIsAWarningWhereItIsGiven) {
  const auto steered = [](const std::string& owner, const std::string& seed_owner) {
    return merge::MergedObject{
        {"apps/v1", "Deployment", "default", "front"},
        {},
        {},
        {{"/spec/replicas", owner, merge::Steering::kActions, 5, seed_owner}}};
  };
  const std::string workload = "default/shop/front", trait = "default/shop/front/scaler#0";
  model::Diagnostics diagnostics;
  ReportSteered(Workload(),
                {steered(workload, trait), steered(trait, workload), steered(trait, trait),
                 steered(trait, "")},
                diagnostics);
  ASSERT_THAT(Brief(diagnostics),
              ElementsAre("8:16 warning STEERED_VALUE /spec/components/0/traits/0",
                          "6:7 warning STEERED_VALUE /spec/components/0"));
  EXPECT_EQ(diagnostics[0].message,
            "Deployment/front /spec/replicas: 5 is only what it starts with: example.org/v1.Web "
            "steers it");
  EXPECT_THAT(diagnostics[1].message, HasSubstr("scaler steers it"));
}

TEST_F(ProviderDiagnosticsTest, TheProtocolSaysTheSame) {
  model::Diagnostic from{model::Severity::kWarning,
                         "CODE",
                         "message",
                         "shop.yaml",
                         "/spec",
                         4,
                         7,
                         "found",
                         "expected",
                         "hint"};
  const common::v1::Diagnostic to = ToProto(from);
  EXPECT_EQ(to.severity(), common::v1::SEVERITY_WARNING);
  EXPECT_EQ(to.code(), "CODE");
  EXPECT_EQ(to.message(), "message");
  EXPECT_EQ(to.document(), "shop.yaml");
  EXPECT_EQ(to.pointer(), "/spec");
  EXPECT_EQ(to.line(), 4);
  EXPECT_EQ(to.column(), 7);
  EXPECT_EQ(to.found(), "found");
  EXPECT_EQ(to.expected(), "expected");
  EXPECT_EQ(to.hint(), "hint");
  from.severity = model::Severity::kNote;
  EXPECT_EQ(ToProto(from).severity(), common::v1::SEVERITY_NOTE);
  from.severity = model::Severity::kError;
  EXPECT_EQ(ToProto(from).severity(), common::v1::SEVERITY_ERROR);
}

}  // namespace
}  // namespace weft::scheduler
