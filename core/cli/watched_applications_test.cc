#include "core/cli/watched_applications.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/cli/command_testing.h"

// `weft get apps --watch`.
namespace weft::cli {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1000000);

void Add(core::v1::WatchAllResponse& message, const std::string& name,
         common::v1::Verdict verdict) {
  core::v1::Application* application = message.add_changed();
  application->set_namespace_("default");
  application->set_name(name);
  application->set_runtime("local");
  application->mutable_health()->set_verdict(verdict);
}

TEST(WatchedApplications, ShowsATableThenRowsOfWhatLooksOtherwise) {
  WatchedApplications watched(/*namespaces=*/false);
  core::v1::WatchAllResponse first, second, third, fourth;
  first.set_reset(true);
  Add(first, "shop", common::v1::VERDICT_HEALTHY);
  EXPECT_EQ(watched.Take(first, kNow), "");
  Add(second, "blog", common::v1::VERDICT_PROGRESSING);
  second.set_synced(true);
  EXPECT_EQ(watched.Take(second, kNow),
            "NAME  HEALTH       COMPONENTS  PODS READY  RUNTIME  AGE\n"
            "shop  HEALTHY      0           0/0         local    -\n"
            "blog  PROGRESSING  0           0/0         local    -\n");
  Add(third, "shop", common::v1::VERDICT_HEALTHY);
  EXPECT_EQ(watched.Take(third, kNow), "") << "it looks as before";
  Add(fourth, "blog", common::v1::VERDICT_FAILED);
  fourth.add_gone()->set_namespace_("default");
  fourth.mutable_gone(0)->set_name("shop");
  EXPECT_EQ(watched.Take(fourth, kNow),
            "blog  FAILED       0           0/0         local    -\n"
            "shop  GONE         -           -           -        -\n");
  EXPECT_EQ(watched.Take(fourth, kNow), "") << "it was told already";
}

TEST(WatchedApplications, AfterANewBeginningShowsOnlyWhatIsOtherwise) {
  WatchedApplications watched(/*namespaces=*/true);
  core::v1::WatchAllResponse all;
  all.set_reset(true);
  all.set_synced(true);
  Add(all, "shop", common::v1::VERDICT_HEALTHY);
  EXPECT_THAT(watched.Take(all, kNow), HasSubstr("NAMESPACE"));
  EXPECT_EQ(watched.Take(all, kNow), "");
  all.clear_changed();
  EXPECT_EQ(watched.Take(all, kNow),
            "default    shop  GONE     -           -           -        -\n");
}

TEST_F(CommandTest, GetAppsWatchesUntilTheStreamFails) {
  core::v1::Application shop;
  shop.set_namespace_("default");
  shop.set_name("shop");
  mesh_->applications.Add(shop);
  EXPECT_EQ(Weft({"get", "apps", "--watch"}), 1);
  EXPECT_THAT(out_, HasSubstr("shop  UNKNOWN"));
  EXPECT_THAT(err_, HasSubstr("that was all"));
  EXPECT_EQ(Weft({"get", "apps", "--watch", "-o", "json"}), 1);
  EXPECT_THAT(
      out_,
      HasSubstr("{\"reset\":true,\"changed\":[{\"namespace\":\"default\",\"name\":\"shop\"}]"));
  EXPECT_EQ(Weft({"get", "types", "--watch"}), 1);
  EXPECT_THAT(err_, HasSubstr("--watch is for apps only"));
}

}  // namespace
}  // namespace weft::cli
