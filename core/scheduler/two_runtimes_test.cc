// Several runtimes at one core: that none hinders another.
#include <atomic>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>

#include "absl/strings/str_cat.h"
#include "core/scheduler/scheduler.h"
#include "core/scheduler/testing.h"

namespace weft::scheduler {
namespace {

using common::v1::VERDICT_HEALTHY;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Two applications, "shop" on the runtime "local" and "till" on "other".
class TwoRuntimesTest : public testing::Test {
 protected:
  void SetUp() override {
    core_.StartScheduler();
    std::string till = ApplicationText("", "till", "box");
    till.replace(till.find("{name: till}"), 12,
                 "{name: till, annotations: {weft.dev/runtime: other}}");
    const core::v1::ApplyResponse response =
        core_.Apply({ComponentText(), ApplicationText(), till});
    ASSERT_EQ(response.changes_size(), 3) << response.DebugString();
  }
  bool AwaitHealthy(const std::string& name) {
    return Await([&] {
      const core::v1::Application status = core_.Status(name);
      return status.settled() && status.health().verdict() == VERDICT_HEALTHY;
    });
  }

  TestCore core_{{"local", "other"}};
};

TEST_F(TwoRuntimesTest, EachApplicationIsCarriedOutWhereItGoes) {
  ASSERT_TRUE(AwaitHealthy("shop"));
  ASSERT_TRUE(AwaitHealthy("till"));
  EXPECT_THAT(core_.runtime.Objects(), ElementsAre(HasSubstr("front")));
  EXPECT_THAT(core_.other.Objects(), ElementsAre(HasSubstr("box")));
  EXPECT_EQ(core_.Status("shop").runtime(), "local");
  EXPECT_EQ(core_.Status("till").runtime(), "other");
  ASSERT_TRUE(core_.admission().Delete("default", "till").ok());
  EXPECT_TRUE(Await([&] { return core_.other.Objects().empty(); }));
  EXPECT_THAT(core_.runtime.Objects(), ElementsAre(HasSubstr("front")));
}

TEST_F(TwoRuntimesTest, OneThatIsAwayDoesNotHinderTheOther) {
  ASSERT_TRUE(AwaitHealthy("till"));
  core_.other.SetAway(true);
  ASSERT_TRUE(Await([&] { return core_.Status("till").problems_size() == 1; }));
  EXPECT_THAT(core_.Status("till").problems(0), HasSubstr("the runtime other does not answer"));
  core_.Apply({ComponentText("site:2"), ApplicationText()});
  EXPECT_TRUE(AwaitHealthy("shop"));
  EXPECT_THAT(core_.runtime.JsonOf(kFront), HasSubstr("site:2"));
  EXPECT_THAT(core_.Status("shop").problems(), IsEmpty());
}

TEST_F(TwoRuntimesTest, OneThatDoesNotReturnDoesNotHinderTheOther) {
  ASSERT_TRUE(AwaitHealthy("till"));
  std::promise<void> let_go;
  // Copied: a call may still be on its way out of here when this test has ended.
  const std::shared_future<void> held = let_go.get_future().share();
  const auto holds = std::make_shared<std::atomic<int>>(0);
  core_.other.OnApply([held, holds](const runtime::v1::ApplyRequest& request) {
    if (request.dry_run()) return;
    ++*holds;
    held.wait();
  });
  // As many as there are threads for a runtime, and more.
  for (int i = 0; i < 6; ++i) {
    std::string text = ApplicationText("", absl::StrCat("stuck-", i), absl::StrCat("stuck-", i));
    text.replace(text.find("}\n"), 1, ", annotations: {weft.dev/runtime: other}}");
    ASSERT_EQ(core_.Apply({text}).changes_size(), 1) << text;
  }
  ASSERT_TRUE(Await([&] { return *holds >= 4; }));
  core_.Apply({ComponentText("site:2"), ApplicationText()});
  EXPECT_TRUE(AwaitHealthy("shop"));
  EXPECT_THAT(core_.runtime.JsonOf(kFront), HasSubstr("site:2"));
  let_go.set_value();
  EXPECT_TRUE(AwaitHealthy("stuck-5"));
  core_.other.OnApply(nullptr);
}

TEST_F(TwoRuntimesTest, WhatRunsStaysWhenItsRuntimeIsNotConfiguredAnyMore) {
  ASSERT_TRUE(AwaitHealthy("till"));
  core_.ConfigureRuntime("other", false);
  ASSERT_TRUE(Await([&] { return core_.Status("till").problems_size() == 1; }));
  EXPECT_EQ(core_.Status("till").problems(0), "the runtime other is not configured");
  EXPECT_FALSE(core_.Status("till").settled());
  EXPECT_THAT(core_.other.Objects(), ElementsAre(HasSubstr("box")));
  // Nor is it deleted from the store before its runtime deleted it.
  ASSERT_TRUE(core_.admission().Delete("default", "till").ok());
  EXPECT_TRUE(Await([&] { return core_.Status("till").deleting(); }));
  EXPECT_TRUE(AwaitHealthy("shop"));
  EXPECT_THAT(core_.other.Objects(), ElementsAre(HasSubstr("box")));
  core_.ConfigureRuntime("other");
  EXPECT_TRUE(Await([&] { return core_.Status("till").name().empty(); }));
  EXPECT_THAT(core_.other.Objects(), IsEmpty());
}

TEST_F(TwoRuntimesTest, AnApplicationMayBeAppliedToAnotherRuntimeOnceItIsGone) {
  ASSERT_TRUE(AwaitHealthy("till"));
  ASSERT_TRUE(core_.admission().Delete("default", "till").ok());
  ASSERT_TRUE(Await([&] { return core_.Status("till").name().empty(); }));
  core_.Apply({ApplicationText("", "till", "box")});
  ASSERT_TRUE(AwaitHealthy("till"));
  EXPECT_EQ(core_.Status("till").runtime(), "local");
  EXPECT_THAT(core_.other.Objects(), IsEmpty());
}

}  // namespace
}  // namespace weft::scheduler
