#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/conformance/runtime/conformance.h"

namespace weft::conformance {
namespace {

class CronJobs : public Programs {
 protected:
  static std::string Task(const std::vector<std::string>& statements,
                          const std::string& restart = "Never") {
    return PodOf({Container(statements)}, absl::StrCat(R"(,"restartPolicy":")", restart, R"(")"));
  }
  std::string When(const std::string& name, const std::string& field) {
    return json::GetString(StatusOf("CronJob", name), {field});
  }
  size_t Active(const std::string& name) {
    const json::value status = StatusOf("CronJob", name);
    const json::value* active = json::Find(status, "active");
    return active == nullptr ? 0 : active->as_array().size();
  }
};

// One case, as each would wait for a minute.
TEST_F(CronJobs, BeginAJobAsAMinuteBeginsAndEndWithIt) {
  const auto held = CronJob("held", Task({"wait"}), R"(,"concurrencyPolicy":"Forbid")");
  Accept(CronJob("tick", Task({"say tick"})));
  Accept(held);
  Accept(CronJob("never", Task({"wait"}), R"(,"suspend":true)"));
  const int64_t minute = absl::ToUnixSeconds(absl::Now()) / 60 + 1;
  absl::SleepFor(absl::FromUnixSeconds(minute * 60) - absl::Now());
  const std::string due = absl::StrCat("tick-", minute);
  UntilSaid(due, {"tick"}, "Job");
  Until("its good end is told", [&] { return !When("tick", "lastSuccessfulTime").empty(); });
  EXPECT_NE(When("tick", "lastScheduleTime"), "");
  EXPECT_EQ(Active("tick"), 0u);
  EXPECT_EQ(PodsOf(due, "Job").size(), 1u) << "it stays to be looked at";
  Until("the one that waits is active", [&] { return Active("held") == 1; });
  EXPECT_EQ(When("held", "lastSuccessfulTime"), "");
  EXPECT_EQ(When("never", "lastScheduleTime"), "");
  EXPECT_TRUE(Delete(held).ok());
  Until("it is gone, with what it ran", [&] {
    return !Find("CronJob", "held").has_value() &&
           AllPodsOf(absl::StrCat("held-", minute), "Job").empty();
  });
}

TEST_F(CronJobs, WhatCouldNeverRunIsRefused) {
  WEFT_NEEDS(kAdmission);
  const auto outcome = [&](const std::string& restart, const std::string& more) {
    return Apply(CronJob("tick", Task({"wait"}, restart), more)).outcome();
  };
  EXPECT_EQ(outcome("Never", R"(,"timeZone":"Nowhere/AtAll")"), runtime::v1::APPLY_OUTCOME_REFUSED);
  EXPECT_EQ(outcome("Always", ""), runtime::v1::APPLY_OUTCOME_REFUSED);
}

}  // namespace
}  // namespace weft::conformance
