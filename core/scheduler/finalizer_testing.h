#pragma once

#include <algorithm>
#include <gmock/gmock.h>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/scheduler/finalizer.h"
#include "core/scheduler/records.h"
#include "core/scheduler/testing.h"

// For tests only: what leaves, and a provider that says when it may go.
namespace weft::scheduler {

inline constexpr char kShop[] = "default/shop";
inline constexpr char kQueue[] = "{name: queue}";
inline constexpr char kQueueKey[] = "default/shop/front/queue#0";
inline constexpr char kScalerKey[] = "default/shop/front/scaler#0";
inline constexpr char kNotYet[] = "its time has not come";
inline constexpr char kConfig[] = "v1|ConfigMap|default|front-queue";

inline provider::v1::FinalizeResponse Wait(const std::string& message,
                                           absl::Duration retry = absl::Seconds(30)) {
  provider::v1::FinalizeResponse response;
  response.set_outcome(provider::v1::FINALIZE_OUTCOME_WAIT);
  response.set_message(message);
  response.mutable_retry_after()->set_seconds(absl::ToInt64Seconds(retry));
  return response;
}

inline provider::v1::FinalizeResponse DoneAnswer() {
  provider::v1::FinalizeResponse response;
  response.set_outcome(provider::v1::FINALIZE_OUTCOME_DONE);
  return response;
}

// A core whose workload type and whose traits "scaler" and "queue" finalize; "queue" comes after
// "scaler" and makes a ConfigMap. Each instance waits until a test says something else.
class FinalizerTest : public testing::Test {
 protected:
  void SetUp() override {
    provider::v1::DescribeResponse web = DescriptionOf(*core_.web);
    web.mutable_capabilities(0)->add_features(provider::v1::FEATURE_FINALIZE);
    Redescribe(*core_.web, "web", web);
    provider::v1::DescribeResponse traits = DescriptionOf(*core_.traits);
    traits.mutable_capabilities(0)->add_features(provider::v1::FEATURE_FINALIZE);
    provider::v1::Capability* queue = traits.add_capabilities();
    queue->set_kind(provider::v1::CAPABILITY_KIND_TRAIT);
    queue->set_type("queue");
    queue->add_applies_to("*");
    queue->add_after("scaler");
    queue->add_features(provider::v1::FEATURE_FINALIZE);
    provider::v1::Write* write = queue->add_writes();
    write->set_api_version("v1");
    write->set_kind("ConfigMap");
    write->set_mode(provider::v1::WRITE_MODE_CREATE);
    core_.traits->render_trait =
        [others = core_.traits->render_trait](const provider::v1::RenderTraitRequest& request)
        -> absl::StatusOr<provider::v1::RenderResponse> {
      if (request.instance().type() != "queue") return others(request);
      provider::v1::RenderResponse response;
      response.set_outcome(provider::v1::OUTCOME_READY);
      response.set_artifact(request.expected_artifact());
      provider::v1::Part* part = response.add_parts();
      *part->mutable_object() = Ref("ConfigMap", request.instance().name() + "-queue");
      part->set_operation(provider::v1::PART_OPERATION_MERGE);
      part->set_json(R"({"data":{"queue":"orders"}})");
      return response;
    };
    Redescribe(*core_.traits, "traits", traits);
    core_.web->finalize = core_.traits->finalize =
        [this](const provider::v1::FinalizeRequest& request) { return Answer(request); };
  }

  static provider::v1::DescribeResponse DescriptionOf(mesh::FakeProvider& provider) {
    provider::v1::DescribeResponse description;
    provider.Describe({}, [&](const auto& answer) { description = *answer; });
    return description;
  }
  void Redescribe(mesh::FakeProvider& provider, const std::string& name,
                  const provider::v1::DescribeResponse& description) {
    core_.SetConnected(provider, name, false);
    provider.SetDescription(description);
    core_.SetConnected(provider, name, true);
  }

  absl::StatusOr<provider::v1::FinalizeResponse> Answer(
      const provider::v1::FinalizeRequest& request) {
    std::lock_guard lock(mutex_);
    asked_.push_back(request);
    const auto answer = answers_.find(request.instance().key());
    return answer == answers_.end() ? Wait(kNotYet) : answer->second;
  }
  // What the provider says of an instance from now on; lets it be asked.
  void Say(const std::string& instance,
           const absl::StatusOr<provider::v1::FinalizeResponse>& answer) {
    {
      std::lock_guard lock(mutex_);
      answers_[instance] = answer;
    }
    AskAgain();
  }
  void AskAgain() {
    core_.Skip(Finalizer::kAgainLatest);
    core_.scheduler().Touch(kShop);
  }
  std::vector<provider::v1::FinalizeRequest> Asked() {
    std::lock_guard lock(mutex_);
    return asked_;
  }
  // The instances that were asked for, each once, in the order of the first question.
  std::vector<std::string> Order() {
    std::vector<std::string> keys;
    for (const provider::v1::FinalizeRequest& request : Asked()) {
      const std::string& key = request.instance().key();
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
    }
    return keys;
  }

  void Apply(const std::string& traits, const std::string& image = "site:1") {
    const auto response = core_.Apply({ComponentText(image), ApplicationText(traits)});
    ASSERT_THAT(Brief(response), testing::IsEmpty());
  }
  bool Has(const std::string& object) {
    return testing::Value(core_.runtime.Objects(), testing::Contains(testing::StartsWith(object)));
  }
  // Waits until its provider said that it has to wait.
  bool AwaitAsked(const std::string& instance) {
    return Await([&] {
      const core::v1::Application status = core_.Status();
      return !Order().empty() && Order().back() == instance &&
             std::any_of(status.leaving().begin(), status.leaving().end(),
                         [&](const auto& leaving) {
                           return leaving.key() == instance && leaving.message() == kNotYet;
                         });
    });
  }
  bool AwaitGone(const std::string& object) {
    return Await([&] { return !Has(object); });
  }
  // "TYPE: MESSAGE", with "BLOCKED " before it.
  std::vector<std::string> Leaving() {
    std::vector<std::string> leaving;
    const core::v1::Application status = core_.Status();
    for (const auto& instance : status.leaving())
      leaving.push_back(absl::StrCat(instance.blocked() ? "BLOCKED " : "", instance.type(), ": ",
                                     instance.message()));
    return leaving;
  }
  bool AwaitLeaving(const std::vector<std::string>& expected) {
    const bool came = Await([&] { return Leaving() == expected; });
    EXPECT_THAT(Leaving(), testing::ElementsAreArray(expected));
    return came;
  }
  store::v1::ApplicationRecord Record() {
    return ReadApplication(core_.store, "default", "shop")->record;
  }
  absl::Status Delete(bool force = false) {
    return core_.admission().Delete("default", "shop", {}, force);
  }
  bool AwaitDeparted() {
    return Await([&] { return Keys(core_.store, "application/").empty(); });
  }

  std::mutex mutex_;
  std::map<std::string, absl::StatusOr<provider::v1::FinalizeResponse>> answers_;
  std::vector<provider::v1::FinalizeRequest> asked_;
  TestCore core_;
};

}  // namespace weft::scheduler
