#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/cli/command_testing.h"

// `weft confirm`, and `weft provider retry`.
namespace weft::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

core::v1::Application Holding() {
  core::v1::Application application;
  application.set_namespace_("default");
  application.set_name("shop");
  common::v1::ObjectRef* ref = application.add_held_deletions();
  ref->set_kind("ConfigMap");
  ref->set_name("zone-1");
  application.set_held_digest("abc");
  return application;
}

TEST_F(CommandTest, ConfirmShowsWhatWouldGoAndAsks) {
  mesh_->applications.Add(Holding());
  EXPECT_EQ(Weft({"confirm", "shop"}, "n\n"), 1);
  EXPECT_THAT(out_, HasSubstr("- ConfigMap/zone-1\nDelete them? [y/N] "));
  EXPECT_THAT(err_, HasSubstr("not confirmed: all stays as it is"));
  EXPECT_EQ(Weft({"confirm", "shop"}), 1) << "no answer is no consent";
  EXPECT_EQ(Weft({"confirm", "shop"}, "y\n"), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("application/shop confirmed\n"));
  EXPECT_EQ(Weft({"confirm", "shop"}), 0) << err_;
  EXPECT_EQ(out_, "nothing is held back of application/shop\n");
}

TEST_F(CommandTest, ConfirmNeedsNoQuestionWithYes) {
  mesh_->applications.Add(Holding());
  EXPECT_EQ(Weft({"confirm", "shop", "--yes"}), 0) << err_;
  EXPECT_THAT(out_, ::testing::Not(HasSubstr("[y/N]")));
  EXPECT_EQ(Weft({"confirm", "none"}), 1);
}

TEST_F(CommandTest, AProviderIsAskedAgain) {
  EXPECT_EQ(Weft({"provider", "retry", "scaler"}), 0) << err_;
  EXPECT_EQ(out_, "provider/scaler is asked again\n");
  EXPECT_THAT(mesh_->catalog.retried, ElementsAre("scaler"));
}

}  // namespace
}  // namespace weft::cli
