#include "core/api/timeline.h"

#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "core/scheduler/testing.h"

namespace weft::api {
namespace {

namespace pb = ::weft::provider::v1;

using core::v1::TimelineRequest;
using core::v1::TimelineResponse;
using scheduler::ApplicationText;
using scheduler::ComponentText;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

constexpr int kFrom = 1000, kTo = 2000;  // Seconds.

void AddEntry(int64_t seconds, const std::string& effect, pb::TimelineResponse& to) {
  pb::TimelineResponse::Entry* entry = to.add_entries();
  entry->mutable_time()->set_seconds(seconds);
  entry->set_effect(effect);
  entry->set_reason("because");
}

// The application "shop": a workload and the traits "clock" and "tide", which have timelines, and
// "idle", which has none.
class TimelineTest : public testing::Test {
 protected:
  void SetUp() override {
    core_.StartScheduler();
    DescribeTraits();
    DescribeWorkload();
    core_.traits->render_trait = [](const pb::RenderTraitRequest& request) {
      pb::RenderResponse response;
      response.set_outcome(pb::OUTCOME_READY);
      response.set_artifact(request.expected_artifact());
      return response;
    };
    core_.traits->timeline = [this](const pb::TimelineRequest& request) {
      return answers_[request.instance().type()];
    };
    core_.web->timeline = core_.traits->timeline;
    core_.Apply({ComponentText(), ApplicationText("{name: tide}, {name: idle}, {name: clock}")});
    ASSERT_TRUE(core_.AwaitSettled(common::v1::VERDICT_HEALTHY));
  }

  void DescribeTraits() {
    pb::DescribeResponse description;
    description.add_protocol_versions("v1");
    for (const char* type : {"clock", "tide", "idle"}) {
      pb::Capability* capability = description.add_capabilities();
      capability->set_kind(pb::CAPABILITY_KIND_TRAIT);
      capability->set_type(type);
      capability->add_applies_to("*");
      if (std::string(type) != "idle") capability->add_features(pb::FEATURE_TIMELINE);
    }
    core_.traits->SetDescription(description);
    Reconnect(*core_.traits, "traits");
  }
  void DescribeWorkload() {
    pb::DescribeResponse description;
    core_.web->Describe({}, [&](auto answer) { description = *std::move(answer); });
    description.mutable_capabilities(0)->add_features(pb::FEATURE_TIMELINE);
    core_.web->SetDescription(description);
    Reconnect(*core_.web, "web");
  }
  void Reconnect(mesh::FakeProvider& provider, const std::string& name) {
    core_.SetConnected(provider, name, false);
    core_.SetConnected(provider, name, true);
  }

  absl::StatusOr<TimelineResponse> Ask(int64_t from = kFrom, int64_t to = kTo,
                                       const std::string& name = "shop") {
    TimelineRequest request;
    request.set_namespace_("default");
    request.set_name(name);
    request.mutable_from()->set_seconds(from);
    request.mutable_to()->set_seconds(to);
    std::promise<absl::StatusOr<TimelineResponse>> answer;
    Foretell(request, core_.store, core_.providers(),
             [&](auto response) { answer.set_value(std::move(response)); });
    return answer.get_future().get();
  }
  // "SECONDS INSTANCE TYPE EFFECT REASON"
  std::vector<std::string> Entries() {
    const absl::StatusOr<TimelineResponse> response = Ask();
    EXPECT_TRUE(response.ok()) << response.status();
    if (!response.ok()) return {};
    problems_ = {response->problems().begin(), response->problems().end()};
    std::vector<std::string> entries;
    for (const TimelineResponse::Entry& entry : response->entries())
      entries.push_back(absl::StrCat(entry.time().seconds(), " ", entry.instance_name(), " ",
                                     entry.type(), " ", entry.effect(), " ", entry.reason()));
    return entries;
  }

  scheduler::TestCore core_;
  std::map<std::string, pb::TimelineResponse> answers_;  // By type.
  std::vector<std::string> problems_;                    // Of the last Entries.
};

TEST_F(TimelineTest, TellsEveryInstanceByTimeThenInTheOrderOfTheDocument) {
  AddEntry(1100, "a", answers_["clock"]);
  AddEntry(1300, "b", answers_["clock"]);
  AddEntry(1100, "c", answers_["tide"]);
  AddEntry(1200, "d", answers_["example.org/v1.Web"]);
  AddEntry(1100, "e", answers_["idle"]);
  EXPECT_THAT(Entries(),
              ElementsAre("1100 front tide c because", "1100 front clock a because",
                          "1200 front example.org/v1.Web d because", "1300 front clock b because"));
  EXPECT_THAT(problems_, IsEmpty());
}

TEST_F(TimelineTest, AsksForTheInstanceAndTheSpan) {
  core_.traits->timeline = [](const pb::TimelineRequest& request) {
    pb::TimelineResponse response;
    AddEntry(request.to().seconds() - 1, request.instance().key(), response);
    AddEntry(request.from().seconds(), request.instance().properties(), response);
    return response;
  };
  EXPECT_THAT(Entries(), ElementsAre("1000 front tide {} because", "1000 front clock {} because",
                                     "1999 front tide default/shop/front/tide#0 because",
                                     "1999 front clock default/shop/front/clock#0 because"));
}

TEST_F(TimelineTest, WhoCannotBeAskedIsAProblemAndTheOthersAreTold) {
  AddEntry(1100, "a", answers_["clock"]);
  core_.SetConnected(*core_.web, "web", false);
  EXPECT_THAT(Entries(), ElementsAre("1100 front clock a because"));
  EXPECT_THAT(problems_, ElementsAre(StartsWith("example.org/v1.Web of front: the provider web")));
  core_.SetConnected(*core_.web, "web", true);
  core_.traits->timeline = [](const pb::TimelineRequest&) {
    return absl::DeadlineExceededError("no answer in time");
  };
  EXPECT_THAT(Entries(), IsEmpty());
  EXPECT_THAT(problems_,
              ElementsAre("tide of front: no answer in time", "clock of front: no answer in time"));
}

TEST_F(TimelineTest, WhatIsOutsideOfTheSpanIsNotTold) {
  for (const int64_t seconds : {999, 1000, 1999, 2000}) AddEntry(seconds, "a", answers_["clock"]);
  EXPECT_THAT(Entries(), ElementsAre("1000 front clock a because", "1999 front clock a because"));
}

TEST_F(TimelineTest, SaysThatThereMayBeMore) {
  for (int i = 0; i < 1001; ++i) AddEntry(1000 + i / 2, "a", answers_["clock"]);
  EXPECT_EQ(Entries().size(), 1000u);
  EXPECT_THAT(problems_, ElementsAre("clock of front: only its first 1000 changes are told"));
}

TEST_F(TimelineTest, RefusesASpanThatIsEmptyOrTooLong) {
  EXPECT_EQ(Ask(1000, 1000).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Ask(0, 366 * 86400 + 1).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(Ask(0, 366 * 86400).ok());
}

TEST_F(TimelineTest, KnowsNothingOfAnApplicationThatIsNotThere) {
  EXPECT_EQ(Ask(kFrom, kTo, "none").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(TimelineTest, AnApplicationThatIsBeingDeletedWillDoNothing) {
  AddEntry(1100, "a", answers_["clock"]);
  core_.runtime.SetAway(true);  // So that it stays.
  ASSERT_TRUE(core_.admission().Delete("default", "shop").ok());
  EXPECT_THAT(Entries(), IsEmpty());
  EXPECT_THAT(problems_, IsEmpty());
}

}  // namespace
}  // namespace weft::api
