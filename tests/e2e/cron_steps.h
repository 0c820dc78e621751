#pragma once

#include <csignal>
#include <gmock/gmock.h>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/documents.h"
#include "tests/e2e/mesh.h"

namespace weft::e2e {

inline constexpr char kCron[] = "weft-provider-cron-hpa";

// Three pods from second 0, 20 and 40 of every minute on, one pod from second 10, 30 and 50 on.
inline constexpr char kEveryTwentySeconds[] =
    R"({name: cron-hpa, properties: {jobs: [
        {name: up, schedule: "0,20,40 * * * * *", targetSize: 3},
        {name: down, schedule: "10,30,50 * * * * *", targetSize: 1}]}})";
// Always five, by the clock: the job fires every second.
inline constexpr char kFiveByTheClock[] =
    R"({name: cron-hpa, properties: {jobs: [
        {name: always, schedule: "* * * * * *", targetSize: 5}]}})";

// What cron-hpa is held to on every runtime; `Base` is a Mesh that has one.
template <class Base>
class CronSteps : public Base {
 protected:
  using Base::Base;

  void SetUp() override {
    Base::SetUp();
    if (testing::Test::IsSkipped() || testing::Test::HasFatalFailure()) return;
    this->ImportHello();
    ASSERT_EQ(this->Apply("component", WebComponent()).status, 0);
  }

  // The application "shop" of one instance "shop-web" with this trait, or none.
  CommandResult ApplyShop(const std::string& trait, const std::string& greeting = "Hello") const {
    return this->Apply(
        "shop", absl::StrCat("apiVersion: core.oam.dev/v1alpha1\nkind: ApplicationConfiguration\n"
                             "metadata: {name: shop}\nspec:\n  components:\n"
                             "    - componentName: web\n      instanceName: shop-web\n"
                             "      parameterValues: [{name: greeting, value: ",
                             greeting, "}]\n      traits: [", trait, "]\n"));
  }

  testing::AssertionResult AwaitSize(int pods, absl::Duration limit = absl::Seconds(60)) const {
    return this->AwaitConverged("shop", {{"shop-web", pods}}, limit);
  }

  void MovesUpAndDownAndUpAgain() const {
    ASSERT_EQ(ApplyShop(kEveryTwentySeconds).status, 0);
    ASSERT_TRUE(AwaitSize(3));
    ASSERT_TRUE(AwaitSize(1));
    ASSERT_TRUE(AwaitSize(3));
    const CommandResult status = this->Weft({"status", "shop"});
    EXPECT_THAT(status.out, testing::HasSubstr("steers Deployment/shop-web /spec/replicas = "));
    const CommandResult schedule = this->Weft({"schedule", "shop"});
    EXPECT_EQ(schedule.status, 0) << schedule.err;
    EXPECT_THAT(schedule.out, testing::HasSubstr("3 replicas"));
    EXPECT_THAT(schedule.out, testing::HasSubstr("job down"));
  }

  void KeepsTheLiveSizeWhenAppliedAgain() const {
    ASSERT_EQ(ApplyShop(kFiveByTheClock).status, 0);
    ASSERT_TRUE(AwaitSize(5));
    const Runs before = this->Pods("shop-web");
    ASSERT_EQ(ApplyShop(kFiveByTheClock).status, 0);
    ASSERT_TRUE(AwaitSize(5));
    EXPECT_EQ(Disturbed(before, this->Pods("shop-web")), "");
    // Another greeting rolls the pods, and leaves their number alone.
    ASSERT_EQ(ApplyShop(kFiveByTheClock, "Goodbye").status, 0);
    EXPECT_TRUE(this->AwaitStatus("shop", [&](const core::v1::Application& shop) {
      EXPECT_GE(shop.components(0).pods_size(), 5);
      return shop.settled() && shop.generation() == 2 &&
             shop.health().verdict() == common::v1::VERDICT_HEALTHY;
    }));
    ASSERT_TRUE(AwaitSize(5));
  }

  void IsRightAtOnceWhoeverDiesOverAFire(const std::vector<const char*>& victims) const {
    ASSERT_EQ(ApplyShop(kEveryTwentySeconds).status, 0);
    for (const char* victim : victims) {
      ASSERT_TRUE(AwaitSize(3));
      // Stopped before the fire, killed after it: it has missed the fire for sure.
      this->Signal(victim, SIGSTOP);
      ASSERT_TRUE(Await("the fire is over", [] { return SizeNow() == 1; }));
      this->Signal(victim, SIGKILL);
      EXPECT_TRUE(AwaitSize(1, absl::Seconds(9))) << victim;
    }
  }

  void HasTheDocumentsSizeWithoutTheTrait() const {
    ASSERT_EQ(ApplyShop(kFiveByTheClock).status, 0);
    ASSERT_TRUE(AwaitSize(5));
    ASSERT_EQ(ApplyShop("").status, 0);
    EXPECT_TRUE(AwaitSize(1));
  }

 private:
  // The size that the jobs of kEveryTwentySeconds give it now.
  static int SizeNow() {
    return absl::ToCivilSecond(absl::Now(), absl::UTCTimeZone()).second() % 20 < 10 ? 3 : 1;
  }
};

}  // namespace weft::e2e
