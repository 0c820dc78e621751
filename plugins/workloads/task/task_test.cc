#include "plugins/workloads/task/task.h"

#include <gtest/gtest.h>

namespace weft::task {
namespace {

sdk::WorkloadRequest Request() {
  sdk::WorkloadRequest request;
  request.instance = {"d/a/mill", "d", "a", "mill", json::object{}};
  request.containers.push_back({.name = "main", .image = "mill:1"});
  return request;
}

TEST(Task, BecomesAJobThatIsMadeAnewWhenItChanges) {
  sdk::Diagnostics diagnostics;
  const sdk::Parts parts = kTask.render(Request(), diagnostics);
  ASSERT_EQ(parts.parts().size(), 2u);
  EXPECT_EQ(parts.parts()[0].object, (sdk::ObjectRef{"batch/v1", "Job", "mill", ""}));
  EXPECT_EQ(
      json::Canonical(parts.parts()[0].value),
      R"({"spec":{"backoffLimit":4,"podReplacementPolicy":"Failed","template":{"metadata":{"labels":)"
      R"({"weft.dev/application":"a","weft.dev/component":"mill"}},)"
      R"("spec":{"containers":[{"image":"mill:1","name":"main",)"
      R"("terminationMessagePolicy":"FallbackToLogsOnError"}],"restartPolicy":"Never"}}}})");
  EXPECT_TRUE(parts.parts()[1].replace_if_immutable);
  EXPECT_TRUE(diagnostics.all().empty());
}

sdk::Health Of(const std::string& status, bool up_to_date = true) {
  sdk::AssessRequest request{{"d/a/mill", "d", "a", "mill", json::object{}}, kTask.shape, {}, {}};
  request.observed.push_back(
      {{"batch/v1", "Job", "mill", "d"}, {}, *json::Parse(status), up_to_date, false});
  return kTask.assess(request);
}

TEST(TaskHealth, IsItsEndWhenItHasOne) {
  const sdk::Health complete = Of(
      R"({"succeeded":1,"conditions":[{"type":"Complete","status":"True","message":"all of it"}]})");
  EXPECT_EQ(complete.verdict, sdk::Verdict::kHealthy);
  EXPECT_EQ(complete.reason, "Completed");
  EXPECT_EQ(complete.message, "all of it");
  const sdk::Health failed = Of(R"({"conditions":[{"type":"Failed","status":"True",
      "reason":"BackoffLimitExceeded","message":"too often"}]})");
  EXPECT_EQ(failed.verdict, sdk::Verdict::kFailed);
  EXPECT_EQ(failed.reason, "BackoffLimitExceeded");
}

TEST(TaskHealth, TellsHowFarItHasCome) {
  const sdk::Health health = Of(R"({"active":1,"failed":2})");
  EXPECT_EQ(health.verdict, sdk::Verdict::kProgressing);
  EXPECT_EQ(health.reason, "Retrying");
  EXPECT_EQ(health.message, "1 active, 0 succeeded, 2 failed");
  EXPECT_EQ(Of(R"({"active":1})").reason, "Running");
  // The end of a run before says nothing of this one.
  EXPECT_EQ(Of(R"({"conditions":[{"type":"Complete","status":"True"}]})", false).reason,
            "NotCreated");
}

}  // namespace
}  // namespace weft::task
