#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/cli/command_testing.h"

// `weft plan`, `weft history` and `weft rollback`.
namespace weft::cli {
namespace {

using ::testing::HasSubstr;

core::v1::ApplyResponse::Change Updated(int64_t generation) {
  core::v1::ApplyResponse::Change change;
  change.set_kind("ApplicationConfiguration");
  change.set_namespace_("default");
  change.set_name("hello");
  change.set_revision(generation);
  change.set_action(core::v1::ApplyResponse::ACTION_UPDATED);
  return change;
}

core::v1::ObjectChange NewObject() {
  core::v1::ObjectChange object;
  object.set_application("default/hello");
  object.set_action(core::v1::ObjectChange::ACTION_CREATED);
  object.mutable_ref()->set_kind("Service");
  object.mutable_ref()->set_name("web");
  return object;
}

TEST_F(CommandTest, PlanSendsTheDocumentsAndPrintsWhatWouldChange) {
  core::v1::PlanResponse plan;
  *plan.add_changes() = Updated(2);
  *plan.add_objects() = NewObject();
  mesh_->applications.SetPlan(plan);
  EXPECT_EQ(Weft({"-n", "shop", "plan", "-f", "-"}, "text"), 0) << err_;
  EXPECT_EQ(mesh_->applications.last_plan().documents(0).content(), "text");
  EXPECT_EQ(mesh_->applications.last_plan().default_namespace(), "shop");
  EXPECT_EQ(out_,
            "application/hello would be updated (generation 2)\n"
            "default/hello\n"
            "+ Service/web\n");
  EXPECT_EQ(Weft({"plan", "-f", "-", "-o", "json"}, "text"), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("\"action\": \"ACTION_CREATED\""));
}

TEST_F(CommandTest, APlanThatIsRefusedFails) {
  core::v1::PlanResponse plan;
  plan.add_diagnostics()->set_message("no such type");
  plan.mutable_diagnostics(0)->set_severity(common::v1::SEVERITY_ERROR);
  mesh_->applications.SetPlan(plan);
  EXPECT_EQ(Weft({"plan", "-f", "-"}, "text"), 1);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(err_, "error: no such type\n");
}

TEST_F(CommandTest, HistoryListsRevisions) {
  core::v1::HistoryResponse history;
  history.add_revisions()->set_generation(7);
  mesh_->applications.SetHistory(history);
  mesh_->applications.Add(MakeApplication("default", "hello", common::v1::VERDICT_HEALTHY));
  EXPECT_EQ(Weft({"history", "hello"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("\n7 "));
  EXPECT_EQ(Weft({"history", "none"}), 1);
  EXPECT_THAT(err_, HasSubstr("there is no application none"));
}

TEST_F(CommandTest, RollbackGoesToTheOneBeforeOrToAnother) {
  core::v1::RollbackResponse response;
  *response.mutable_change() = Updated(4);
  response.set_restored(2);
  *response.add_objects() = NewObject();
  mesh_->applications.SetRollback(response);
  EXPECT_EQ(Weft({"rollback", "hello"}), 0) << err_;
  EXPECT_EQ(mesh_->applications.last_rollback().name(), "hello");
  EXPECT_EQ(mesh_->applications.last_rollback().generation(), 0);
  EXPECT_FALSE(mesh_->applications.last_rollback().dry_run());
  EXPECT_EQ(out_, "application/hello updated (generation 4), as it was at generation 2\n");
  EXPECT_EQ(Weft({"rollback", "hello", "--to", "2", "--dry-run"}), 0) << err_;
  EXPECT_EQ(mesh_->applications.last_rollback().generation(), 2);
  EXPECT_TRUE(mesh_->applications.last_rollback().dry_run());
  EXPECT_EQ(out_,
            "application/hello would be updated (generation 4), as it was at generation 2\n"
            "default/hello\n"
            "+ Service/web\n");
  EXPECT_EQ(Weft({"rollback", "hello", "--to", "0"}), 2);
}

TEST_F(CommandTest, RollbackWaitsUntilTheApplicationIsHealthy) {
  core::v1::RollbackResponse response;
  *response.mutable_change() = Updated(4);
  mesh_->applications.SetRollback(response);
  mesh_->applications.SetProgress(
      {MakeApplication("default", "hello", common::v1::VERDICT_HEALTHY, 3)});
  mesh_->applications.Add(MakeApplication("default", "hello", common::v1::VERDICT_HEALTHY, 4));
  EXPECT_EQ(Weft({"rollback", "hello", "--wait"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("hello: HEALTHY\n"));
}

TEST_F(CommandTest, ARollbackThatIsRefusedSaysWhyAndFails) {
  core::v1::RollbackResponse response;
  response.add_diagnostics()->set_message("the instance name front belongs to another");
  response.mutable_diagnostics(0)->set_severity(common::v1::SEVERITY_ERROR);
  mesh_->applications.SetRollback(response);
  EXPECT_EQ(Weft({"rollback", "hello"}), 1);
  EXPECT_EQ(err_, "error: the instance name front belongs to another\n");
  EXPECT_EQ(out_, "");
}

}  // namespace
}  // namespace weft::cli
