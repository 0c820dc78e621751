#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/conformance/runtime/conformance.h"

namespace weft::conformance {
namespace {

class Jobs : public Programs {
 protected:
  static std::string Task(const std::vector<std::string>& statements,
                          const std::string& restart = "Never", const std::string& more = "") {
    return PodOf({Container(statements, more)},
                 absl::StrCat(R"(,"restartPolicy":")", restart, R"(")"));
  }
  bool UntilComplete() {
    return Until("it is complete", [&] { return HasCondition("Job", "pi", "Complete"); });
  }
  bool UntilFailed(const std::string& reason) {
    return Until("it has failed: " + reason,
                 [&] { return HasCondition("Job", "pi", "Failed", reason); });
  }
};

TEST_F(Jobs, OneThatEndsWellIsComplete) {
  Accept(Job("pi", Task({"say 3.14"})));
  UntilComplete();
  EXPECT_EQ(Number("Job", "pi", "succeeded"), 1);
  EXPECT_NE(json::GetString(StatusOf("Job", "pi"), {"completionTime"}), "");
  EXPECT_NE(json::GetString(StatusOf("Job", "pi"), {"startTime"}), "");
}

TEST_F(Jobs, TheOutputOfWhatHasEndedIsThere) {
  Accept(Job("pi", Task({"say 3.14"})));
  UntilComplete();
  UntilSaid("pi", {"3.14"}, "Job");
  UntilPod(
      "it has succeeded", "pi",
      [](const PodSeen& pod) { return json::GetString(pod.status, {"phase"}) == "Succeeded"; },
      "Job");
}

TEST_F(Jobs, RunsSoOften) {
  Accept(Job("pi", Task({"say one"}), R"(,"completions":3)"));
  UntilComplete();
  EXPECT_EQ(Number("Job", "pi", "succeeded"), 3);
}

TEST_F(Jobs, RunsSoManyAtOnceAndNoMore) {
  Accept(Job("pi", Task({"wait"}), R"(,"completions":5,"parallelism":2)"));
  // The Job may say so before its pods are seen.
  Until("two are active",
        [&] { return Number("Job", "pi", "active") == 2 && PodsOf("pi", "Job").size() == 2; });
  AllTheTime(absl::Seconds(2), [&] { return PodsOf("pi", "Job").size() == 2; });
}

TEST_F(Jobs, OneThatFailsMoreOftenThanItMayHasFailed) {
  Accept(Job("pi", Task({"exit 3"}), R"(,"backoffLimit":0)"));
  UntilFailed("BackoffLimitExceeded");
  EXPECT_EQ(Number("Job", "pi", "failed"), 1);
  EXPECT_EQ(Number("Job", "pi", "succeeded"), 0);
}

TEST_F(Jobs, OneThatFailsIsTriedAgainInAnotherPod) {
  Accept(Job("pi", Task({"exit 3"}), R"(,"backoffLimit":1)"));
  UntilFailed("BackoffLimitExceeded");
  EXPECT_EQ(Number("Job", "pi", "failed"), 2);
}

TEST_F(Jobs, OnFailureItsContainerIsRestarted) {
  Accept(
      Job("pi", PodOf({Container({"once /v/left 4", "say second"},
                                 R"(,"volumeMounts":[{"name":"v","mountPath":"/v"}])")},
                      R"(,"restartPolicy":"OnFailure","volumes":[{"name":"v","emptyDir":{}}])")));
  UntilComplete();
  UntilPod(
      "it was restarted", "pi", [](const PodSeen& pod) { return pod.Restarts() == 1; }, "Job");
  EXPECT_EQ(PodsOf("pi", "Job").size(), 1u);
}

TEST_F(Jobs, OneThatTakesTooLongHasFailed) {
  const auto pi = Job("pi", Task({"wait"}), R"(,"activeDeadlineSeconds":2)");
  Accept(pi);
  UntilFailed("DeadlineExceeded");
  Until("nothing of it runs", [&] {
    const std::vector<PodSeen> pods = AllPodsOf("pi", "Job");
    return std::none_of(pods.begin(), pods.end(), [](const PodSeen& pod) { return pod.Runs(); });
  });
}

TEST_F(Jobs, ThePodsOfOneThatIsOverGoWhenItsTimeIsOver) {
  Accept(Job("pi", Task({"say done"}), R"(,"ttlSecondsAfterFinished":1)"));
  bool came = false;
  // Nothing runs then, and nothing is left of what ran; of the Job itself runtimes differ.
  Until("its pods came", [&] {
    came |= !PodsOf("pi", "Job").empty() || Number("Job", "pi", "succeeded") == 1;
    return came;
  });
  Until("its pods are gone", [&] { return AllPodsOf("pi", "Job").empty(); });
}

TEST_F(Jobs, OneThatIsSuspendedRunsNothing) {
  Accept(Job("pi", Task({"say now"}), R"(,"suspend":true)"));
  Until("it is suspended", [&] { return HasCondition("Job", "pi", "Suspended"); });
  EXPECT_TRUE(PodsOf("pi", "Job").empty());
  Accept(Job("pi", Task({"say now"}), R"(,"suspend":false)"));
  UntilComplete();
}

TEST_F(Jobs, WhatIsOverStaysOver) {
  Accept(Job("pi", Task({"say done"})));
  UntilComplete();
  AllTheTime(absl::Seconds(2), [&] { return PodsOf("pi", "Job").size() == 1; });
  EXPECT_EQ(Number("Job", "pi", "succeeded"), 1);
}

TEST_F(Jobs, DeletingOneEndsWhatRuns) {
  const auto pi = Job("pi", Task({"wait"}));
  Accept(pi);
  Until("it is active", [&] { return Number("Job", "pi", "active") == 1; });
  EXPECT_TRUE(Delete(pi).ok());
  Until("it is gone",
        [&] { return !Find("Job", "pi").has_value() && AllPodsOf("pi", "Job").empty(); });
}

TEST_F(Jobs, APodThatAlwaysRestartsIsRefused) {
  WEFT_NEEDS(kAdmission);
  EXPECT_EQ(Apply(Job("pi", Task({"say 1"}, "Always"))).outcome(),
            runtime::v1::APPLY_OUTCOME_REFUSED);
}

}  // namespace
}  // namespace weft::conformance
