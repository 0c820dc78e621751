#include "core/scheduler/admission.h"

#include <atomic>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/base/json.h"
#include "core/scheduler/records.h"
#include "core/scheduler/testing.h"
#include "core/store/keys.h"

namespace weft::scheduler {
namespace {

namespace pb = ::weft::provider::v1;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kScaler[] = "{name: scaler, properties: {replicas: 3}}";
constexpr char kReader[] = "{name: reader}";

// An answer that only says `code` about `pointer`.
pb::RenderResponse Saying(const std::string& artifact, const std::string& code,
                          const std::string& pointer) {
  pb::RenderResponse response;
  response.set_outcome(pb::OUTCOME_READY);
  response.set_artifact(artifact);
  common::v1::Diagnostic* diagnostic = response.add_diagnostics();
  diagnostic->set_severity(common::v1::SEVERITY_ERROR);
  diagnostic->set_code(code);
  diagnostic->set_pointer(pointer);
  return response;
}

class AdmissionTest : public testing::Test {
 protected:
  // Everything that is stored but for the providers' answers, with its value.
  std::vector<std::pair<std::string, std::string>> Stored() {
    auto entries = *core_.store.List("", "", 0);
    std::erase_if(entries, [](const auto& e) { return absl::StartsWith(e.first, "answer/"); });
    return entries;
  }
  // What is wanted of the Deployment "front".
  json::value Desired() {
    const auto desired = ReadDesired(core_.store, "default", "shop");
    EXPECT_TRUE(desired.ok()) << desired.status();
    const auto front = desired->find(kFront);
    if (front == desired->end()) return nullptr;
    return json::Parse(front->second.object().json()).value();
  }
  core::v1::ApplyResponse Answer(const core::v1::ApplyRequest& request, bool system) {
    std::promise<core::v1::ApplyResponse> answer;
    core_.admission().Apply(request,
                            [&](const absl::StatusOr<core::v1::ApplyResponse>& response) {
                              answer.set_value(response.value_or(core::v1::ApplyResponse()));
                            },
                            {.system = system});
    return answer.get_future().get();
  }
  // The status of an Apply that fails as a call.
  static absl::Status Failure(const Admission& admission, core::v1::ApplyRequest request) {
    std::promise<absl::Status> answer;
    admission.Apply(std::move(request),
                    [&](const absl::StatusOr<core::v1::ApplyResponse>& response) {
                      answer.set_value(response.status());
                    });
    return answer.get_future().get();
  }

  TestCore core_;
};

// There may be very many in a namespace.
TEST_F(AdmissionTest, ReadsTheNamesOfAllComponentsOnlyWhereOneIsMissing) {
  std::atomic<int> lists = 0;
  core_.store.OnList([&](const std::string& prefix) {
    if (prefix == store::ComponentKey("default", "")) ++lists;
  });
  EXPECT_THAT(Brief(core_.Apply({ComponentText("site:1"), ApplicationText(kScaler)})), IsEmpty());
  EXPECT_THAT(Brief(core_.Apply({ApplicationText(kScaler, "blog", "page")})), IsEmpty());
  EXPECT_EQ(lists, 0);
  const core::v1::ApplyResponse missing = core_.Apply({absl::StrReplaceAll(
      ApplicationText(kScaler, "wiki", "text"), {{"componentName: site", "componentName: siet"}})});
  ASSERT_EQ(missing.diagnostics_size(), 1);
  EXPECT_THAT(missing.diagnostics(0).hint(), HasSubstr("write site"));
  EXPECT_EQ(lists, 1);
  core_.store.OnList(nullptr);
}

TEST_F(AdmissionTest, StoresComponentsAndApplicationsOfOneCall) {
  const core::v1::ApplyResponse response = core_.Apply({ApplicationText(kScaler), ComponentText()});
  EXPECT_THAT(Brief(response), IsEmpty());
  EXPECT_THAT(Changes(response), ElementsAre("ApplicationConfiguration shop 1 CREATED",
                                             "ComponentSchematic site 1 CREATED"));
  const json::value front = Desired();
  EXPECT_EQ(json::GetInt(front, {"spec", "replicas"}), 3);
  EXPECT_EQ(json::GetString(front, {"metadata", "labels", "weft.dev/component"}), "front");
  EXPECT_EQ(json::GetString(front, {"metadata", "labels", "weft.dev/installation"}), "test");
  EXPECT_EQ(json::GetString(front, {"metadata", "labels", "weft.dev/revision"}), "1");
}

TEST_F(AdmissionTest, TheSameAgainChangesNothingAndAsksNobody) {
  core_.Apply({ComponentText(), ApplicationText(kScaler)});
  const auto before = Stored();
  const int renders = core_.web->renders() + core_.traits->renders();
  const core::v1::ApplyResponse response = core_.Apply({ComponentText(), ApplicationText(kScaler)});
  EXPECT_THAT(Changes(response), ElementsAre("ComponentSchematic site 1 UNCHANGED",
                                             "ApplicationConfiguration shop 1 UNCHANGED"));
  EXPECT_EQ(Stored(), before);
  EXPECT_EQ(core_.web->renders() + core_.traits->renders(), renders);
}

TEST_F(AdmissionTest, ADryRunSaysTheSameAndStoresNothing) {
  const auto before = Stored();
  const core::v1::ApplyResponse response =
      core_.Apply({ComponentText(), ApplicationText()}, /*dry_run=*/true);
  EXPECT_THAT(Changes(response), ElementsAre("ComponentSchematic site 1 CREATED",
                                             "ApplicationConfiguration shop 1 CREATED"));
  EXPECT_EQ(Stored(), before);
  EXPECT_EQ(core_.runtime.applies(), 0);
}

TEST_F(AdmissionTest, SaysEverythingThatIsWrongWithTheDocumentsAtOnceAndStoresNothing) {
  const auto before = Stored();
  const core::v1::ApplyResponse response =
      core_.Apply({ComponentText(), ApplicationText("{name: scaler}, {name: nobody}"),
                   ApplicationText("", "blog", "Front"), "kind: [\n"});
  EXPECT_THAT(Changes(response), IsEmpty());
  std::set<std::string> documents;
  for (const common::v1::Diagnostic& d : response.diagnostics()) documents.insert(d.document());
  EXPECT_THAT(documents, ElementsAre("1.yaml", "2.yaml", "3.yaml")) << response.DebugString();
  EXPECT_THAT(Brief(response), testing::Contains(HasSubstr("/spec/components/0/traits/1")));
  EXPECT_EQ(Stored(), before);
  EXPECT_EQ(core_.web->renders(), 0);
}

TEST_F(AdmissionTest, SaysEverythingThatProvidersSayAtOnceAndStoresNothing) {
  core_.web->render_workload = [](const pb::RenderWorkloadRequest& request) {
    return Saying(request.expected_artifact(), "BAD_IMAGE", "/containers/0/image");
  };
  core_.traits->render_trait = [](const pb::RenderTraitRequest& request) {
    return Saying(request.expected_artifact(), "TOO_MANY", "/replicas");
  };
  const auto before = Stored();
  const core::v1::ApplyResponse response = core_.Apply(
      {ComponentText(), ApplicationText(kScaler), ApplicationText(kScaler, "blog", "back")});
  EXPECT_THAT(Brief(response),
              ElementsAre("6:36 BAD_IMAGE /spec/containers/0/image",
                          "8:54 TOO_MANY /spec/components/0/traits/0/properties/replicas",
                          "6:36 BAD_IMAGE /spec/containers/0/image",
                          "8:54 TOO_MANY /spec/components/0/traits/0/properties/replicas"));
  EXPECT_THAT(Changes(response), IsEmpty());
  EXPECT_EQ(Stored(), before);
}

TEST_F(AdmissionTest, ATraitThatReadsItsWorkloadGetsItsObjects) {
  std::atomic<int> objects = -1;
  const auto render = core_.traits->render_trait;
  core_.traits->render_trait = [&](const pb::RenderTraitRequest& request) {
    objects = request.workload().objects_size();
    EXPECT_EQ(request.workload().objects(0).ref().name(), "front");
    EXPECT_EQ(request.workload().shape().scale(), "/spec/replicas");
    return render(request);
  };
  EXPECT_THAT(Brief(core_.Apply({ComponentText(), ApplicationText(kReader)})), IsEmpty());
  EXPECT_EQ(objects, 1);
  EXPECT_EQ(json::GetString(Desired(), {"metadata", "annotations", "seen"}), "1");
}

TEST_F(AdmissionTest, ATraitThatReadsAWorkloadThatFailedIsNotAskedNorBlamed) {
  core_.web->render_workload = [](const pb::RenderWorkloadRequest&) {
    return absl::InternalError("broken");
  };
  const core::v1::ApplyResponse response = core_.Apply({ComponentText(), ApplicationText(kReader)});
  ASSERT_THAT(Brief(response), ElementsAre("6:7 PROVIDER_FAILED /spec/components/0"));
  EXPECT_THAT(response.diagnostics(0).message(), HasSubstr("the provider web failed: broken"));
  EXPECT_EQ(core_.traits->renders(), 0);
}

TEST_F(AdmissionTest, ATraitThatReadsAWorkloadThatCannotBeMergedIsNotAskedNorBlamed) {
  core_.web->render_workload = [](const pb::RenderWorkloadRequest& request) {
    pb::RenderResponse response;
    response.set_outcome(pb::OUTCOME_READY);
    response.set_artifact(request.expected_artifact());
    pb::Part* part = response.add_parts();
    part->mutable_object()->set_api_version("v1");
    part->mutable_object()->set_kind("Secret");
    part->mutable_object()->set_name("front");
    part->set_operation(pb::PART_OPERATION_MERGE);
    part->set_json(R"({"data":{"a":"b"}})");
    return response;
  };
  EXPECT_THAT(Brief(core_.Apply({ComponentText(), ApplicationText(kReader)})),
              ElementsAre("6:7 NOT_PERMITTED /spec/components/0"));
  EXPECT_EQ(core_.traits->renders(), 0);
}

// The second is asked whatever becomes of the first.
TEST_F(AdmissionTest, EveryTraitThatWasAskedIsHeard) {
  core_.traits->render_trait = [](const pb::RenderTraitRequest& request) {
    return Saying(request.expected_artifact(), "WRONG", "");
  };
  EXPECT_THAT(
      Brief(core_.Apply({ComponentText(), ApplicationText(absl::StrCat(kScaler, ", ", kReader))})),
      ElementsAre("8:16 WRONG /spec/components/0/traits/0",
                  "8:59 WRONG /spec/components/0/traits/1"));
}

TEST_F(AdmissionTest, AProviderThatCannotBeAskedIsAnErrorAtItsPlace) {
  core_.SetConnected(*core_.web, "web", false);
  core_.SetConnected(*core_.traits, "traits", false);
  const core::v1::ApplyResponse response = core_.Apply({ComponentText(), ApplicationText(kScaler)});
  ASSERT_THAT(Brief(response), ElementsAre("6:7 PROVIDER_FAILED /spec/components/0",
                                           "8:16 PROVIDER_FAILED /spec/components/0/traits/0"));
  EXPECT_THAT(response.diagnostics(1).message(),
              HasSubstr("the provider traits does not answer at unix:/none"));
}

TEST_F(AdmissionTest, AnAnswerThatIsKnownServesWhileItsProviderIsAway) {
  core_.Apply({ComponentText(), ApplicationText(kScaler)}, /*dry_run=*/true);
  core_.SetConnected(*core_.traits, "traits", false);
  const core::v1::ApplyResponse response = core_.Apply({ComponentText(), ApplicationText(kScaler)});
  EXPECT_THAT(Brief(response),
              ElementsAre("8:16 warning PROVIDER_AWAY /spec/components/0/traits/0"));
  EXPECT_EQ(response.changes_size(), 2);
  EXPECT_EQ(json::GetInt(Desired(), {"spec", "replicas"}), 3);
}

TEST_F(AdmissionTest, WhatDoesNotUseAProviderThatIsAwayApplies) {
  core_.SetConnected(*core_.traits, "traits", false);
  EXPECT_THAT(Brief(core_.Apply({ComponentText(), ApplicationText()})), IsEmpty());
}

TEST_F(AdmissionTest, AnAnswerThatIsNotReadyIsAskedForAgain) {
  const auto render = core_.traits->render_trait;
  core_.traits->render_trait = [](const pb::RenderTraitRequest& request) {
    pb::RenderResponse response;
    response.set_outcome(pb::OUTCOME_NOT_READY);
    response.set_artifact(request.expected_artifact());
    response.set_reason("no address yet");
    return response;
  };
  EXPECT_THAT(Brief(core_.Apply({ComponentText(), ApplicationText(kScaler)})),
              ElementsAre("8:16 NOT_READY /spec/components/0/traits/0"));
  core_.traits->render_trait = render;
  EXPECT_THAT(Brief(core_.Apply({ComponentText(), ApplicationText(kScaler)})), IsEmpty());
}

TEST_F(AdmissionTest, WhatTheRuntimeRefusesIsAnErrorAndStoresNothing) {
  core_.runtime.SetOutcome(kFront, runtime::v1::APPLY_OUTCOME_REFUSED, "no such field");
  const auto before = Stored();
  const core::v1::ApplyResponse response = core_.Apply({ComponentText(), ApplicationText()});
  ASSERT_THAT(Brief(response), ElementsAre("6:7 RUNTIME_REFUSED /spec/components/0"));
  EXPECT_EQ(response.diagnostics(0).message(),
            "the runtime refuses Deployment/front: no such field");
  EXPECT_EQ(Stored(), before);
}

TEST_F(AdmissionTest, ARuntimeThatCannotBeAskedIsAWarning) {
  core_.runtime.SetAway(true);
  const core::v1::ApplyResponse response = core_.Apply({ComponentText(), ApplicationText()});
  EXPECT_THAT(Brief(response), ElementsAre("3:18 warning RUNTIME_AWAY /metadata/name"));
  EXPECT_EQ(response.changes_size(), 2);
}

TEST_F(AdmissionTest, UsesTheStoredRevisionOfAComponent) {
  core_.Apply({ComponentText("site:1")});
  core_.Apply({ComponentText("site:2")});
  core_.Apply({ApplicationText()});
  EXPECT_THAT(json::Canonical(Desired()), HasSubstr("site:2"));
  EXPECT_EQ(json::GetString(Desired(), {"metadata", "labels", "weft.dev/revision"}), "2");
}

TEST_F(AdmissionTest, BeginsAgainWhenTheStoreChangedWhileItRendered) {
  core_.Apply({ComponentText("site:1")});
  const auto render = core_.web->render_workload;
  std::atomic<bool> first = true;
  core_.web->render_workload = [&](const pb::RenderWorkloadRequest& request) {
    if (first.exchange(false)) core_.Apply({ComponentText("site:2")});
    return render(request);
  };
  const core::v1::ApplyResponse response = core_.Apply({ApplicationText()});
  EXPECT_THAT(Changes(response), ElementsAre("ApplicationConfiguration shop 1 CREATED"));
  EXPECT_THAT(json::Canonical(Desired()), HasSubstr("site:2"));
}

TEST_F(AdmissionTest, AnApplicationThatIsDeletedWhileItIsAppliedStaysDeleted) {
  core_.Apply({ComponentText(), ApplicationText()});
  const auto render = core_.traits->render_trait;
  core_.traits->render_trait = [&](const pb::RenderTraitRequest& request) {
    EXPECT_TRUE(core_.admission().Delete("default", "shop").ok());
    return render(request);
  };
  const core::v1::ApplyResponse response = core_.Apply({ApplicationText(kScaler)});
  EXPECT_THAT(Brief(response), ElementsAre("3:18 BEING_DELETED /metadata/name"));
  const auto inventory = ReadInventory(core_.store, "default", "shop");
  ASSERT_EQ(inventory->size(), 1u);
  EXPECT_FALSE(inventory->at(kFront).wanted());
}

TEST_F(AdmissionTest, DeletesOnceAndOnlyWhatThereIs) {
  core_.Apply({ComponentText(), ApplicationText()});
  EXPECT_TRUE(core_.admission().Delete("default", "shop").ok());
  const auto before = Stored();
  EXPECT_TRUE(core_.admission().Delete("default", "shop").ok());
  EXPECT_EQ(Stored(), before);
  EXPECT_TRUE(absl::IsNotFound(core_.admission().Delete("default", "none")));
}

TEST_F(AdmissionTest, WhatIsTheInstallationsOwnIsNotDeletedByUsers) {
  EXPECT_TRUE(absl::IsFailedPrecondition(core_.admission().Delete("weft-system", "greeter")));
  EXPECT_TRUE(
      absl::IsNotFound(core_.admission().Delete("weft-system", "greeter", {.system = true})));
}

TEST_F(AdmissionTest, ACallWithoutDocumentsOrWithOneThatIsTooLargeIsTheCallersFault) {
  core::v1::ApplyRequest request;
  EXPECT_TRUE(absl::IsInvalidArgument(Failure(core_.admission(), request)));
  core::v1::Document* document = request.add_documents();
  document->set_name("large.yaml");
  document->set_content(std::string(1024 * 1024 + 1, ' '));
  const absl::Status status = Failure(core_.admission(), request);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_EQ(status.message(), "large.yaml is over 1 MiB");
}

TEST_F(AdmissionTest, TheRuntimeThatAnApplicationGoesToIsAskedAndRemembered) {
  TestCore core({"local", "other"}, {.runtime = "other", .of_namespace = {}});
  core.other.SetOutcome(kFront, runtime::v1::APPLY_OUTCOME_REFUSED, "not here");
  const core::v1::ApplyResponse refused = core.Apply({ComponentText(), ApplicationText()});
  EXPECT_THAT(Brief(refused), ElementsAre("6:7 RUNTIME_REFUSED /spec/components/0"));
  core.other.SetOutcome(kFront, runtime::v1::APPLY_OUTCOME_ACCEPTED);
  core.runtime.SetOutcome(kFront, runtime::v1::APPLY_OUTCOME_REFUSED);
  EXPECT_THAT(Brief(core.Apply({ComponentText(), ApplicationText()})), IsEmpty());
  EXPECT_EQ(ReadApplication(core.store, "default", "shop")->record.runtime(), "other");
}

TEST_F(AdmissionTest, AnApplicationOfBeforeThereWereSeveralRuntimesIsTheLocalOnes) {
  core_.Apply({ComponentText(), ApplicationText()});
  StoredApplication stored = *ReadApplication(core_.store, "default", "shop");
  stored.record.clear_runtime();
  store::Transaction old;
  old.Put(store::ApplicationKey("default", "shop"), stored.record.SerializeAsString());
  ASSERT_TRUE(core_.store.Commit(std::move(old)).ok());
  EXPECT_THAT(Changes(core_.Apply({ApplicationText()})),
              ElementsAre("ApplicationConfiguration shop 1 UNCHANGED"));
}

TEST_F(AdmissionTest, MovingAnApplicationToAnotherRuntimeChangesNothing) {
  TestCore core({"local", "other"});
  core.Apply({ComponentText(), ApplicationText()});
  std::string moved = ApplicationText(kScaler);
  moved.replace(moved.find("{name: shop}"), 12,
                "{name: shop, annotations: {weft.dev/runtime: other}}");
  const core::v1::ApplyResponse response = core.Apply({moved});
  EXPECT_THAT(Brief(response),
              ElementsAre("3:56 RUNTIME_CHANGED /metadata/annotations/weft.dev~1runtime"));
  EXPECT_THAT(response.changes(), IsEmpty());
  EXPECT_EQ(ReadApplication(core.store, "default", "shop")->record.generation(), 1);
}

TEST_F(AdmissionTest, OnlyTheSystemAppliesToItsNamespace) {
  std::string written = ComponentText();
  written.replace(written.find("{name: site}"), 12, "{name: site, namespace: weft-system}");
  EXPECT_THAT(Brief(core_.Apply({written})),
              ElementsAre("3:35 SYSTEM_NAMESPACE /metadata/namespace"));
  core::v1::ApplyRequest request;
  request.set_default_namespace("weft-system");
  for (const std::string& text : {ComponentText(), ApplicationText()})
    request.add_documents()->set_content(text);
  EXPECT_THAT(Brief(Answer(request, /*system=*/false)),
              ElementsAre("2:7 SYSTEM_NAMESPACE /kind", "2:7 SYSTEM_NAMESPACE /kind"));
  EXPECT_THAT(
      Changes(Answer(request, /*system=*/true)),
      ElementsAre("ComponentSchematic site 1 CREATED", "ApplicationConfiguration shop 1 CREATED"));
}

TEST_F(AdmissionTest, TooManyCallsAreTurnedAway) {
  WorkerPool full(1, /*limit=*/0);
  const Admission admission({.store = &core_.store,
                             .providers = &core_.providers(),
                             .runtimes = &core_.runtimes(),
                             .pool = &full,
                             .installation = "test",
                             .on_stored = [](const std::string&) {}});
  EXPECT_TRUE(absl::IsResourceExhausted(Failure(admission, {})));
}

TEST_F(AdmissionTest, ManyCallsAtOnceAllEndWell) {
  constexpr int kCalls = 20;
  core_.Apply({ComponentText()});
  std::vector<std::future<core::v1::ApplyResponse>> calls;
  calls.reserve(kCalls);
  for (int i = 0; i < kCalls; ++i) {
    calls.push_back(std::async(std::launch::async, [this, i] {
      return core_.Apply(
          {ApplicationText(kScaler, absl::StrCat("shop-", i % 4), absl::StrCat("front-", i % 4))});
    }));
  }
  for (auto& call : calls) EXPECT_EQ(call.get().changes_size(), 1);
  EXPECT_EQ(Keys(core_.store, "application/").size(), 4u);
}

}  // namespace
}  // namespace weft::scheduler
