// What weft/runtime/v1 says of its calls, with objects that make nothing run.
#include <algorithm>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/conformance/runtime/conformance.h"

namespace weft::conformance {
namespace {

using runtime::v1::APPLY_OUTCOME_ACCEPTED;
using runtime::v1::APPLY_OUTCOME_OUTDATED;
using runtime::v1::APPLY_OUTCOME_REFUSED;
using testing::Contains;
using testing::HasSubstr;

class Protocol : public Conformance {
 protected:
  runtime::v1::ListResponse List() {
    grpc::ClientContext context;
    runtime::v1::ListResponse response;
    const grpc::Status status = runtime().List(&context, {}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  // Those of the case.
  std::vector<std::string> Listed() {
    std::vector<std::string> names;
    const runtime::v1::ListResponse list = List();
    for (const runtime::v1::Projection& item : list.items())
      if (item.ref().namespace_() == ns_ && item.ref().kind() == "ConfigMap")
        names.push_back(item.ref().name());
    std::sort(names.begin(), names.end());
    return names;
  }
  bool UntilThere(const std::string& name) {
    return Until(name + " is there", [&] { return Find("ConfigMap", name).has_value(); });
  }
  bool UntilGone(const std::string& name) {
    return Until(name + " is gone", [&] { return !Find("ConfigMap", name).has_value(); });
  }
  runtime::v1::AppliedObject Of(const std::string& name, uint64_t generation,
                                const std::string& data = R"({"a":"1"})") {
    runtime::v1::AppliedObject object = ConfigMap(name, data);
    object.set_generation(generation);
    return object;
  }
};

TEST_F(Protocol, DescribeSaysWhatItIs) {
  grpc::ClientContext context;
  runtime::v1::DescribeResponse response;
  ASSERT_TRUE(runtime().Describe(&context, {}, &response).ok());
  EXPECT_NE(response.name(), "");
  EXPECT_NE(response.version(), "");
  EXPECT_NE(response.platform(), "");
  EXPECT_THAT(response.protocol_versions(), Contains("v1"));
}

TEST_F(Protocol, WhatIsAcceptedIsListedWithItsGenerationAndItsOwner) {
  runtime::v1::AppliedObject object = Of("settings", 7);
  object.set_owner("shop/site/settings");
  EXPECT_EQ(Apply(object).outcome(), APPLY_OUTCOME_ACCEPTED);
  UntilThere("settings");
  const runtime::v1::ListResponse list = List();
  EXPECT_TRUE(list.complete());
  const auto found = std::find_if(list.items().begin(), list.items().end(), [&](const auto& item) {
    return item.ref().namespace_() == ns_ && item.ref().name() == "settings";
  });
  ASSERT_NE(found, list.items().end());
  EXPECT_EQ(found->generation(), 7u);
  EXPECT_EQ(found->owner(), "shop/site/settings");
  EXPECT_EQ(found->ref().api_version(), "v1");
  EXPECT_EQ(found->ref().kind(), "ConfigMap");
  EXPECT_FALSE(found->deleting());
}

TEST_F(Protocol, TheSameGenerationIsAcceptedAgain) {
  EXPECT_EQ(Apply(Of("settings", 3)).outcome(), APPLY_OUTCOME_ACCEPTED);
  EXPECT_EQ(Apply(Of("settings", 3)).outcome(), APPLY_OUTCOME_ACCEPTED);
  Until("generation 3", [&] {
    const auto found = Find("ConfigMap", "settings");
    return found.has_value() && found->generation() == 3;
  });
}

TEST_F(Protocol, ALowerGenerationIsOutdatedAndChangesNothing) {
  EXPECT_EQ(Apply(Of("settings", 5)).outcome(), APPLY_OUTCOME_ACCEPTED);
  EXPECT_EQ(Apply(Of("settings", 4, R"({"a":"2"})")).outcome(), APPLY_OUTCOME_OUTDATED);
  Until("generation 5", [&] {
    const auto found = Find("ConfigMap", "settings");
    return found.has_value() && found->generation() == 5;
  });
}

TEST_F(Protocol, GenerationsMayLeaveSomeOut) {
  EXPECT_EQ(Apply(Of("settings", 1)).outcome(), APPLY_OUTCOME_ACCEPTED);
  EXPECT_EQ(Apply(Of("settings", 1000000, R"({"a":"2"})")).outcome(), APPLY_OUTCOME_ACCEPTED);
  Until("the last generation", [&] {
    const auto found = Find("ConfigMap", "settings");
    return found.has_value() && found->generation() == 1000000;
  });
}

TEST_F(Protocol, ADryRunChangesNothing) {
  EXPECT_EQ(Apply(Of("settings", 1), /*dry_run=*/true).outcome(), APPLY_OUTCOME_ACCEPTED);
  EXPECT_EQ(Apply(Of("other", 1)).outcome(), APPLY_OUTCOME_ACCEPTED);
  UntilThere("other");  // It was asked for later.
  EXPECT_THAT(Listed(), testing::ElementsAre("other"));
}

TEST_F(Protocol, WhatIsDeletedIsGoneFromWatchAndList) {
  Accept(Of("settings", 1));
  UntilThere("settings");
  EXPECT_TRUE(Delete(Of("settings", 1)).ok());
  UntilGone("settings");
  EXPECT_THAT(Listed(), testing::IsEmpty());
}

TEST_F(Protocol, DeletingWhatIsNotThereSucceeds) {
  EXPECT_TRUE(Delete(Of("never", 1)).ok());
  Accept(Of("settings", 1));
  EXPECT_TRUE(Delete(Of("settings", 1)).ok());
  EXPECT_TRUE(Delete(Of("settings", 1)).ok());
}

TEST_F(Protocol, WhatWasDeletedMayComeAgainAtTheFirstGeneration) {
  Accept(Of("settings", 9));
  UntilThere("settings");
  EXPECT_TRUE(Delete(Of("settings", 9)).ok());
  UntilGone("settings");
  EXPECT_EQ(Apply(Of("settings", 1)).outcome(), APPLY_OUTCOME_ACCEPTED);
  Until("generation 1", [&] {
    const auto found = Find("ConfigMap", "settings");
    return found.has_value() && found->generation() == 1;
  });
}

TEST_F(Protocol, ANewWatchTellsWhatThereIsAndThenSynced) {
  Accept(Of("settings", 1));
  UntilThere("settings");
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  const auto reader = runtime().Watch(&context, {});
  bool told = false, synced = false;
  for (runtime::v1::WatchResponse response; !synced && reader->Read(&response);) {
    synced = response.has_synced();
    if (synced) EXPECT_TRUE(response.synced().complete());
    told |= response.has_changed() && response.changed().ref().namespace_() == ns_ &&
            response.changed().ref().name() == "settings";
  }
  EXPECT_TRUE(synced);
  EXPECT_TRUE(told);
  context.TryCancel();
}

TEST_F(Protocol, ResultsComeInTheOrderOfTheRequest) {
  runtime::v1::ApplyResponse response;
  ASSERT_TRUE(ApplyAll({Of("c", 1), Of("a", 1), Of("b", 1)}, response).ok());
  std::string names;
  for (const auto& result : response.results()) names += result.ref().name();
  EXPECT_EQ(names, "cab");
}

TEST_F(Protocol, AnEmptyApplyAndAnEmptyDeleteAreFine) {
  runtime::v1::ApplyResponse response;
  EXPECT_TRUE(ApplyAll({}, response).ok());
  EXPECT_EQ(response.results_size(), 0);
  grpc::ClientContext context;
  runtime::v1::DeleteResponse deleted;
  EXPECT_TRUE(runtime().Delete(&context, {}, &deleted).ok());
}

TEST_F(Protocol, ACallTakesAsManyObjectsAsTheProtocolSaysAndNoMore) {
  std::vector<runtime::v1::AppliedObject> objects;
  objects.reserve(513);
  for (int i = 0; i < 513; ++i) objects.push_back(Of(absl::StrCat("n", i), 1));
  runtime::v1::ApplyResponse response;
  const grpc::Status status = ApplyAll(objects, response, /*dry_run=*/true);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("512"));
  objects.resize(512);
  ASSERT_TRUE(ApplyAll(objects, response, /*dry_run=*/true).ok());
  EXPECT_EQ(response.results_size(), 512);
  objects.resize(64);
  ASSERT_TRUE(ApplyAll(objects, response).ok());
  EXPECT_EQ(response.results_size(), 64);
  Until("all of them are there", [&] { return Listed().size() == 64; });
}

TEST_F(Protocol, ObjectsOfOneNameInTwoNamespacesAreTwo) {
  Accept(Of("settings", 1));
  const std::string first = ns_;
  ns_ += "-too";
  Accept(Of("settings", 2));
  UntilThere("settings");
  EXPECT_TRUE(Delete(Of("settings", 2)).ok());
  UntilGone("settings");
  ns_ = first;
  UntilThere("settings");
  EXPECT_EQ(Find("ConfigMap", "settings").value().generation(), 1u);
}

TEST_F(Protocol, OfManyAtOnceTheHighestGenerationStays) {
  std::vector<std::thread> threads;
  for (uint64_t generation = 1; generation <= 8; ++generation)
    threads.emplace_back([&, object = Of("settings", generation)] {
      runtime::v1::ApplyRequest request;
      *request.add_objects() = object;
      runtime::v1::ApplyResponse response;
      grpc::ClientContext context;
      EXPECT_TRUE(runtime().Apply(&context, request, &response).ok());
    });
  for (std::thread& thread : threads) thread.join();
  Until("generation 8", [&] {
    const auto found = Find("ConfigMap", "settings");
    return found.has_value() && found->generation() == 8;
  });
  EXPECT_EQ(Apply(Of("settings", 7)).outcome(), APPLY_OUTCOME_OUTDATED);
}

TEST_F(Protocol, LargeAndForeignTextsArrive) {
  const std::string large(200'000, 'x');
  Accept(Of("large", 1, absl::StrCat(R"({"a":")", large, R"(","b":"Grüße, 世界"})")));
  UntilThere("large");
}

TEST_F(Protocol, ObjectsFailOneByOne) {
  WEFT_NEEDS(kAdmission);
  runtime::v1::ApplyResponse response;
  ASSERT_TRUE(
      ApplyAll({Of("good", 1), Object("v1", "Dragon", "bad", ""), Of("too", 1)}, response).ok());
  ASSERT_EQ(response.results_size(), 3);
  EXPECT_EQ(response.results(0).outcome(), APPLY_OUTCOME_ACCEPTED);
  EXPECT_EQ(response.results(1).outcome(), APPLY_OUTCOME_REFUSED);
  EXPECT_EQ(response.results(2).outcome(), APPLY_OUTCOME_ACCEPTED);
  UntilThere("good");
  UntilThere("too");
}

TEST_F(Protocol, AKindThatNobodyKnowsIsRefusedByName) {
  WEFT_NEEDS(kAdmission);
  const auto result = Apply(Object("v1", "Dragon", "smaug", ""));
  EXPECT_EQ(result.outcome(), APPLY_OUTCOME_REFUSED);
  EXPECT_THAT(result.DebugString(), HasSubstr("Dragon"));
}

TEST_F(Protocol, ALeafThatNobodyKnowsIsRefusedAtItsPlace) {
  WEFT_NEEDS(kAdmission);
  const auto result =
      Apply(Object("v1", "ConfigMap", "settings", R"("data":{"a":"1"},"shade":"blue")"));
  EXPECT_EQ(result.outcome(), APPLY_OUTCOME_REFUSED);
  ASSERT_GE(result.diagnostics_size(), 1) << result.DebugString();
  EXPECT_EQ(result.diagnostics(0).pointer(), "/shade");
}

TEST_F(Protocol, AValueOfAnotherTypeIsRefusedAtItsPlace) {
  WEFT_NEEDS(kAdmission);
  const auto result = Apply(Object("v1", "ConfigMap", "settings", R"("data":{"a":1})"));
  EXPECT_EQ(result.outcome(), APPLY_OUTCOME_REFUSED);
  EXPECT_THAT(result.DebugString(), HasSubstr("data"));
}

TEST_F(Protocol, ARefusedObjectIsNotThere) {
  WEFT_NEEDS(kAdmission);
  Apply(Object("v1", "ConfigMap", "bad", R"("data":{"a":1})"));
  Accept(Of("good", 1));
  UntilThere("good");
  EXPECT_THAT(Listed(), testing::ElementsAre("good"));
}

TEST_F(Protocol, ARefusedChangeLeavesWhatThereWas) {
  WEFT_NEEDS(kAdmission);
  Accept(Of("settings", 1));
  UntilThere("settings");
  EXPECT_EQ(Apply(Object("v1", "ConfigMap", "settings", R"("data":{"a":1})")).outcome(),
            APPLY_OUTCOME_REFUSED);
  const runtime::v1::ListResponse list = List();
  for (const runtime::v1::Projection& item : list.items())
    if (item.ref().namespace_() == ns_) EXPECT_EQ(item.generation(), 1u);
  EXPECT_THAT(Listed(), testing::ElementsAre("settings"));
}

TEST_F(Protocol, ADryRunRefusesWhatAnApplyWould) {
  WEFT_NEEDS(kAdmission);
  const runtime::v1::AppliedObject bad = Object("v1", "ConfigMap", "bad", R"("data":{"a":1})");
  EXPECT_EQ(Apply(bad, /*dry_run=*/true).outcome(), APPLY_OUTCOME_REFUSED);
}

TEST_F(Protocol, DescribeNamesTheKindsThatAreCarriedOut) {
  WEFT_NEEDS(kAdmission);
  grpc::ClientContext context;
  runtime::v1::DescribeResponse response;
  ASSERT_TRUE(runtime().Describe(&context, {}, &response).ok());
  if (response.kinds().empty()) return;  // It takes whatever its platform has.
  std::vector<std::string> kinds;
  for (const auto& kind : response.kinds()) kinds.push_back(kind.api_version() + " " + kind.kind());
  for (const char* kind :
       {"apps/v1 DaemonSet", "apps/v1 Deployment", "apps/v1 StatefulSet", "batch/v1 CronJob",
        "batch/v1 Job", "networking.k8s.io/v1 NetworkPolicy", "v1 Service", "v1 ConfigMap",
        "v1 Secret", "v1 PersistentVolumeClaim", "networking.k8s.io/v1 Ingress",
        "autoscaling/v2 HorizontalPodAutoscaler"})
    EXPECT_THAT(kinds, Contains(kind));
}

}  // namespace
}  // namespace weft::conformance
