#include "plugins/workloads/faas/functions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/workloads/faas/functions_testing.h"

namespace weft::faas {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const FunctionName kName{"d", "fn"};
const std::vector<sdk::Pod> kReady = {{"a", "10.0.0.1", true}};

// What requests were told: the host of an endpoint, or why there is none.
struct Told {
  std::vector<std::string> hosts;
  std::vector<absl::Status> errors;

  Visit::Found Note() {
    return [this](const absl::StatusOr<Endpoint>& found) {
      if (found.ok()) {
        hosts.push_back(found->host);
      } else {
        errors.push_back(found.status());
      }
    };
  }
};

class FunctionsTest : public testing::Test {
 protected:
  FunctionsTest() { functions_.Attach(kFunctionType, core_); }

  // The provider acts, and knows everything.
  void Begin() {
    functions_.Synced(kFunctionType);
    functions_.MayAct(kFunctionType, true);
  }
  Visit Enter() { return *functions_.Enter(kName); }

  absl::Time now_ = absl::FromUnixSeconds(1000);
  FakeInstances core_;
  Functions functions_{{.held_per_function = 2, .held = 3, .hold = absl::Seconds(10)},
                       [this] { return now_; }};
  Told told_;
};

TEST_F(FunctionsTest, AColdRequestIsHeldUntilAPodIsReady) {
  Begin();
  functions_.Changed(Live({}));
  const Visit visit = Enter();
  visit.FindEndpoint("", told_.Note());
  EXPECT_THAT(core_.TakeAsked(), ElementsAre("d/app/fn 1"));
  // Others come, and time goes on: it is asked once.
  const Visit second = Enter();
  second.FindEndpoint("", told_.Note());
  now_ += absl::Seconds(1);
  functions_.Tick();
  core_.Answer(sdk::ActOutcome::kDone);
  functions_.Changed(Live({.value = 1, .pods = {{"a", "10.0.0.1", false}}}));
  functions_.Tick();
  EXPECT_THAT(core_.TakeAsked(), IsEmpty());
  EXPECT_THAT(told_.hosts, IsEmpty());
  functions_.Changed(Live({.value = 1, .pods = kReady}));
  EXPECT_THAT(told_.hosts, ElementsAre("10.0.0.1", "10.0.0.1"));
  EXPECT_THAT(told_.errors, IsEmpty());
}

TEST_F(FunctionsTest, AWarmRequestGoesThroughAtOnce) {
  Begin();
  functions_.Changed(Live({.value = 1, .pods = kReady}));
  Enter().FindEndpoint("", told_.Note());
  EXPECT_THAT(told_.hosts, ElementsAre("10.0.0.1"));
  EXPECT_THAT(core_.TakeAsked(), IsEmpty());
}

TEST_F(FunctionsTest, ARequestIsHeldForSoLongAndNoLonger) {
  Begin();
  functions_.Changed(Live({}));
  const Visit visit = Enter();
  visit.FindEndpoint("", told_.Note());
  now_ += absl::Seconds(9.9);
  functions_.Tick();
  EXPECT_THAT(told_.errors, IsEmpty());
  now_ += absl::Seconds(0.1);
  functions_.Tick();
  ASSERT_THAT(told_.errors, SizeIs(1));
  EXPECT_TRUE(absl::IsDeadlineExceeded(told_.errors[0])) << told_.errors[0];
  // The time counts from the request's arrival, also for another try.
  visit.FindEndpoint("a", told_.Note());
  EXPECT_THAT(told_.errors, SizeIs(2));
}

TEST_F(FunctionsTest, SoManyRequestsAreHeldForOneFunction) {
  Begin();
  functions_.Changed(Live({}));
  std::vector<Visit> visits;
  for (int i = 0; i < 3; ++i) {
    visits.push_back(Enter());
    visits.back().FindEndpoint("", told_.Note());
  }
  ASSERT_THAT(told_.errors, SizeIs(1));
  EXPECT_TRUE(absl::IsResourceExhausted(told_.errors[0])) << told_.errors[0];
  EXPECT_THAT(std::string(told_.errors[0].message()), HasSubstr("fn in the namespace d"));
  functions_.Changed(Live({.value = 1, .pods = kReady}));
  EXPECT_THAT(told_.hosts, SizeIs(2));
}

TEST_F(FunctionsTest, SoManyRequestsAreHeldInAll) {
  Begin();
  std::vector<Visit> visits;
  for (const char* name : {"one", "two"}) {
    functions_.Changed(Live({.name = name}));
    for (int i = 0; i < 2; ++i) {
      visits.push_back(*functions_.Enter({"d", name}));
      visits.back().FindEndpoint("", told_.Note());
    }
  }
  ASSERT_THAT(told_.errors, SizeIs(1));
  EXPECT_TRUE(absl::IsResourceExhausted(told_.errors[0])) << told_.errors[0];
  // What is no longer held makes room.
  functions_.Changed(Live({.name = "one", .value = 1, .pods = kReady}));
  visits.back().FindEndpoint("", told_.Note());
  EXPECT_THAT(told_.errors, SizeIs(1));
}

TEST_F(FunctionsTest, AnIdleFunctionGoesBackToItsMinimum) {
  Begin();
  const std::string properties = R"({"image":"i","idleSeconds":5})";
  functions_.Changed(Live({.properties = properties, .value = 1, .pods = kReady}));
  {
    const Visit visit = Enter();
    visit.FindEndpoint("", told_.Note());
    now_ += absl::Hours(1);
    functions_.Tick();
    EXPECT_THAT(core_.TakeAsked(), IsEmpty());  // It is in use.
  }
  now_ += absl::Seconds(5);
  functions_.Tick();
  EXPECT_THAT(core_.TakeAsked(), ElementsAre("d/app/fn 0"));
  core_.Answer(sdk::ActOutcome::kDone);
  functions_.Changed(Live({.properties = properties, .value = 0}));
  functions_.Tick();
  EXPECT_THAT(core_.TakeAsked(), IsEmpty());
}

TEST_F(FunctionsTest, ARequestThatComesWhileTheLastPodGoesWaitsForANewOne) {
  Begin();
  const std::string properties = R"({"image":"i","idleSeconds":5})";
  functions_.Changed(Live({.properties = properties, .value = 1, .pods = kReady}));
  now_ += absl::Seconds(5);
  functions_.Tick();
  EXPECT_THAT(core_.TakeAsked(), ElementsAre("d/app/fn 0"));
  const Visit visit = Enter();
  visit.FindEndpoint("", told_.Note());
  EXPECT_THAT(core_.TakeAsked(), IsEmpty());  // One action at a time.
  core_.Answer(sdk::ActOutcome::kDone);
  EXPECT_THAT(core_.TakeAsked(), ElementsAre("d/app/fn 1"));
  EXPECT_THAT(told_.hosts, IsEmpty());
  functions_.Changed(Live({.properties = properties,
                           .value = 1,
                           .pods = {{"a", "10.0.0.1", true}, {"b", "10.0.0.2", true}}}));
  EXPECT_THAT(told_.hosts, ElementsAre("10.0.0.2"));
}

TEST_F(FunctionsTest, AStandByHoldsButDoesNotAct) {
  functions_.Synced(kFunctionType);
  functions_.Changed(Live({}));
  const Visit visit = Enter();
  visit.FindEndpoint("", told_.Note());
  functions_.Tick();
  EXPECT_THAT(core_.TakeAsked(), IsEmpty());
  functions_.MayAct(kFunctionType, true);
  EXPECT_THAT(core_.TakeAsked(), ElementsAre("d/app/fn 1"));
  // It lost its epoch meanwhile.
  core_.Answer(sdk::ActOutcome::kStaleEpoch);
  functions_.MayAct(kFunctionType, false);
  now_ += absl::Seconds(2);
  functions_.Tick();
  EXPECT_THAT(core_.TakeAsked(), IsEmpty());
  functions_.MayAct(kFunctionType, true);
  EXPECT_THAT(core_.TakeAsked(), ElementsAre("d/app/fn 1"));
}

TEST_F(FunctionsTest, ARefusedActionIsAskedForAgain) {
  Begin();
  functions_.Changed(Live({}));
  const Visit visit = Enter();
  EXPECT_THAT(core_.TakeAsked(), ElementsAre("d/app/fn 1"));
  core_.Answer(sdk::ActOutcome::kSuperseded);
  functions_.Tick();
  EXPECT_THAT(core_.TakeAsked(), IsEmpty());
  now_ += Function::kActAgain;
  functions_.Tick();
  EXPECT_THAT(core_.TakeAsked(), ElementsAre("d/app/fn 1"));
}

TEST_F(FunctionsTest, AFunctionIsUnknownOnlyWhenEverythingIsKnown) {
  EXPECT_TRUE(absl::IsUnavailable(functions_.Enter(kName).status()));
  functions_.Synced(kFunctionType);
  EXPECT_TRUE(absl::IsNotFound(functions_.Enter(kName).status()));
}

TEST_F(FunctionsTest, WhatIsHeldEndsWithItsFunction) {
  Begin();
  functions_.Changed(Live({}));
  const Visit visit = Enter();
  visit.FindEndpoint("", told_.Note());
  functions_.Gone("d/app/fn");
  ASSERT_THAT(told_.errors, SizeIs(1));
  EXPECT_TRUE(absl::IsNotFound(told_.errors[0]));
  EXPECT_TRUE(absl::IsNotFound(functions_.Enter(kName).status()));
  // The answer to what was asked for it comes too late to matter.
  core_.Answer(sdk::ActOutcome::kDone);
  visit.FindEndpoint("", told_.Note());
  EXPECT_THAT(told_.errors, SizeIs(2));
}

// An instance name may pass to another application before the end of its last owner is told.
TEST_F(FunctionsTest, AFormerOwnersEndDoesNotEndTheFunctionOfTheNewOne) {
  Begin();
  functions_.Changed(Live({.value = 1, .pods = kReady}));
  sdk::LiveInstance other = Live({.value = 1, .pods = kReady});
  other.instance.key = "d/other/fn";
  functions_.Changed(other);
  functions_.Gone("d/app/fn");
  EXPECT_TRUE(functions_.Enter(kName).ok());
  functions_.Gone("d/other/fn");
  EXPECT_FALSE(functions_.Enter(kName).ok());
}

TEST_F(FunctionsTest, TheEndFailsWhatIsHeld) {
  Begin();
  functions_.Changed(Live({}));
  const Visit visit = Enter();
  visit.FindEndpoint("", told_.Note());
  functions_.Close();
  visit.FindEndpoint("", told_.Note());
  ASSERT_THAT(told_.errors, SizeIs(2));
  for (const absl::Status& error : told_.errors) EXPECT_TRUE(absl::IsUnavailable(error)) << error;
}

TEST_F(FunctionsTest, AreListedWithWhatTheyDid) {
  Begin();
  functions_.Changed(Live({.name = "zoo", .properties = R"({"image":"z"})", .replicas = 2}));
  functions_.Changed(Live({.value = 1, .replicas = 1, .pods = kReady}));
  Enter();
  const std::vector<FunctionStatus> list = functions_.List();
  ASSERT_THAT(list, SizeIs(2));
  EXPECT_EQ(list[0].name, kName);
  EXPECT_EQ(list[0].ready, 1);
  EXPECT_EQ(list[0].invocations, 1u);
  EXPECT_EQ(list[1].image, "z");
  EXPECT_EQ(list[1].replicas, 2);
  EXPECT_EQ(list[1].ready, 0);
}

}  // namespace
}  // namespace weft::faas
