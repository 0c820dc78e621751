// Objects that would go though no user asked for it.
#include <gmock/gmock.h>

#include "core/scheduler/rerenderer_testing.h"

namespace weft::scheduler {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class DeletionGuardTest : public RerendererTest {};

TEST_F(DeletionGuardTest, ManyDeletionsWaitForConsent) {
  Apply("{name: record}");
  Report("14");
  const auto config_maps = [&] { return Keys(core_.store, "desired/").size() - 1; };
  ASSERT_TRUE(Await([&] { return config_maps() == 14; }));
  Report("4");  // Ten go: that is few.
  ASSERT_TRUE(Await([&] { return config_maps() == 4; }));
  Report("14");
  ASSERT_TRUE(Await([&] { return config_maps() == 14; }));
  Report("3");
  ASSERT_TRUE(Await([&] { return core_.Status().held_deletions_size() == 11; }));
  EXPECT_EQ(config_maps(), 14U);
  const core::v1::Application held = core_.Status();
  EXPECT_THAT(held.problems(), Contains(HasSubstr("it would lose 11 objects: weft confirm shop")));
  EXPECT_THAT(core_.EventsOf(), Contains(HasSubstr("DeletionHeld")));
  const int64_t now = absl::ToUnixMillis(core_.Now());
  EXPECT_TRUE(
      absl::IsFailedPrecondition(ConfirmDeletions("default", "shop", "another", now, core_.store)));
  // What is confirmed is what was seen, not what it became.
  Report("2");
  ASSERT_TRUE(Await([&] { return core_.Status().held_deletions_size() == 12; }));
  EXPECT_TRUE(absl::IsFailedPrecondition(
      ConfirmDeletions("default", "shop", held.held_digest(), now, core_.store)));
  ASSERT_TRUE(
      ConfirmDeletions("default", "shop", core_.Status().held_digest(), now, core_.store).ok());
  core_.rerenderer().Touch("default/shop");
  ASSERT_TRUE(Await([&] { return config_maps() == 2; }));
  EXPECT_EQ(core_.Status().held_digest(), "");
  EXPECT_TRUE(
      absl::IsFailedPrecondition(ConfirmDeletions("default", "shop", "", now, core_.store)));
  EXPECT_TRUE(absl::IsNotFound(ConfirmDeletions("default", "none", "", now, core_.store)));
}

TEST_F(DeletionGuardTest, AUsersApplyNeedsNoConsent) {
  Apply("{name: record}");
  Report("14");
  ASSERT_TRUE(Await([&] { return Keys(core_.store, "desired/").size() == 15; }));
  Report("1");
  ASSERT_TRUE(Await([&] { return core_.Status().held_deletions_size() == 13; }));
  EXPECT_THAT(Brief(Apply("{name: record}")), IsEmpty());
  EXPECT_EQ(Keys(core_.store, "desired/").size(), 2U);
  EXPECT_THAT(Due(), IsEmpty());
}

}  // namespace
}  // namespace weft::scheduler
