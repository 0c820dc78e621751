#include "core/scheduler/pod_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "core/scheduler/testing.h"

namespace weft::scheduler {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class PodEventsTest : public testing::Test {
 protected:
  PodEventsTest() { SetGeneration(1); }

  void SetGeneration(uint64_t generation) {
    runtime::v1::Projection& front = view_.objects[kFront];
    *front.mutable_ref() = Ref("Deployment", "front");
    front.set_generation(generation);
  }
  void SetPod(const std::string& name, const std::string& container, int restarts = 0,
              const std::string& ended = "", const std::string& started = "") {
    runtime::v1::Projection& pod = view_.objects["v1|Pod|default|" + name];
    *pod.mutable_ref() = Ref("Pod", name);
    pod.set_owner("default/shop/front");
    pod.set_status(
        absl::StrCat(R"({"containerStatuses":[{"containerID":")", container, R"(","restartCount":)",
                     restarts, R"(,"state":{"running":{"startedAt":")", started,
                     R"("}},"lastState":{"terminated":)", R"({"reason":")", ended, R"("}}}]})"));
  }
  // "REASON POD: MESSAGE"
  std::vector<std::string> Look() {
    std::vector<std::string> lines;
    for (const auto& event : pods_.Look("default/shop", view_, now_, [this] { return healthy_; })) {
      EXPECT_EQ(event.instance(), "default/shop/front");
      lines.push_back(
          absl::StrCat(event.reason(), " ", event.object().name(), ": ", event.message()));
    }
    return lines;
  }

  Observed::View view_;
  absl::Time now_ = absl::FromUnixSeconds(1000000);
  bool healthy_ = false;
  PodEvents pods_;
};

constexpr char kRestarted[] = "Restarted front-0: a container ended and was started again";

TEST_F(PodEventsTest, TellsWhatWasStartedAgainWhileItLooks) {
  SetPod("front-0", "a", 7);
  SetPod("front-1", "b");
  EXPECT_THAT(Look(), IsEmpty());
  EXPECT_THAT(Look(), IsEmpty());
  SetPod("front-0", "a", 8);
  EXPECT_THAT(Look(), ElementsAre(kRestarted));
  EXPECT_THAT(Look(), IsEmpty());
  SetPod("front-0", "c", 9, "OOMKilled");
  EXPECT_THAT(Look(), ElementsAre(absl::StrCat(kRestarted, " (OOMKilled)")));
}

TEST_F(PodEventsTest, AnotherContainerInItsPlaceIsARestart) {
  SetPod("front-0", "a");
  Look();
  SetPod("front-0", "");
  EXPECT_THAT(Look(), IsEmpty());
  SetPod("front-0", "b");
  EXPECT_THAT(Look(), ElementsAre(kRestarted));
}

TEST_F(PodEventsTest, TheSameContainerThatWasStartedAgainIsARestart) {
  SetPod("front-0", "a", 0, "", "2026-01-01T00:00:00Z");
  Look();
  SetPod("front-0", "a");
  EXPECT_THAT(Look(), IsEmpty());
  SetPod("front-0", "a", 0, "", "2026-01-01T00:10:00Z");
  EXPECT_THAT(Look(), ElementsAre(kRestarted));
}

TEST_F(PodEventsTest, WhatIsCarriedOutIsNoRestart) {
  SetPod("front-0", "a");
  SetPod("front-1", "b");
  Look();
  SetGeneration(2);
  healthy_ = true;  // Of what was observed before.
  Look();
  healthy_ = false;
  now_ += absl::Minutes(5);
  SetPod("front-0", "c");
  EXPECT_THAT(Look(), IsEmpty());
  now_ += absl::Minutes(9);  // Long after the change, but not after the pod before.
  SetPod("front-1", "d");
  EXPECT_THAT(Look(), IsEmpty());
  SetPod("front-0", "c", 1);  // The same container ended.
  EXPECT_THAT(Look(), ElementsAre(kRestarted));
  now_ += absl::Minutes(10);
  SetPod("front-0", "e");
  EXPECT_THAT(Look(), ElementsAre(kRestarted));
}

// As of an application that never becomes healthy.
TEST_F(PodEventsTest, WhatIsCarriedOutAndFailsIsARestart) {
  Look();
  SetGeneration(2);
  SetPod("front-0", "a");
  EXPECT_THAT(Look(), IsEmpty());
  SetPod("front-0", "b", 1, "Error");
  EXPECT_THAT(Look(), ElementsAre(absl::StrCat(kRestarted, " (Error)")));
  SetPod("front-0", "c", 2, "Error");
  EXPECT_THAT(Look(), ElementsAre(absl::StrCat(kRestarted, " (Error)")));
}

TEST_F(PodEventsTest, WhatWasCarriedOutIsNotWaitedFor) {
  SetPod("front-0", "a");
  Look();
  SetGeneration(2);
  SetPod("front-0", "b");
  EXPECT_THAT(Look(), IsEmpty());
  healthy_ = true;
  EXPECT_THAT(Look(), IsEmpty());
  healthy_ = false;
  SetPod("front-0", "c");
  EXPECT_THAT(Look(), ElementsAre(kRestarted));
}

TEST_F(PodEventsTest, APodThatIsMadeOrGoesIsNone) {
  SetPod("front-0", "a");
  Look();
  view_.objects.erase("v1|Pod|default|front-0");
  EXPECT_THAT(Look(), IsEmpty());
  SetPod("front-0", "b", 3);
  EXPECT_THAT(Look(), IsEmpty());
}

}  // namespace
}  // namespace weft::scheduler
