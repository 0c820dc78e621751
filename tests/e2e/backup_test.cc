// What weft backup wrote comes back: into the data directory that went on, and into an empty one.
#include <cstdlib>
#include <filesystem>
#include <gmock/gmock.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/sqlite.h"
#include "deploy/examples/hello/http.h"
#include "tests/e2e/documents.h"
#include "tests/e2e/mesh.h"

namespace weft::e2e {
namespace {

using testing::HasSubstr;

constexpr int kReplicas = 2;
constexpr int kCalls = 10;

class Backup : public Mesh {
 protected:
  void SetUp() override {
    Mesh::SetUp();
    if (HasFatalFailure()) return;
    ImportHello();
    ASSERT_EQ(Apply("component", WebComponent()).status, 0);
    for (const char* name : {"shop", "bystander"}) {
      ASSERT_EQ(Apply(name, Text({name, kReplicas})).status, 0);
      ASSERT_TRUE(AwaitConverged(name, {{InstanceOf(name), kReplicas}}));
    }
    const core::v1::ComponentStatus web = OnlyComponent("shop");
    ASSERT_EQ(web.health().endpoints_size(), 1);
    endpoint_ = std::string(absl::StripPrefix(web.health().endpoints(0).url(), "http://"));
    ASSERT_TRUE(ShopIsAsBackedUp());
    bystander_ = Pods("bystander-web");
    const CommandResult backup = Weft({"backup", File()});
    ASSERT_EQ(backup.status, 0) << backup.err;
    ASSERT_EQ(Apply("shop", Text({"shop", kReplicas, "Changed"})).status, 0);
    ASSERT_TRUE(AwaitConverged("shop", {{"shop-web", kReplicas}}));
    ASSERT_EQ(Apply("later", Text({"later", 1})).status, 0);
    ASSERT_TRUE(AwaitConverged("later", {{"later-web", 1}}));
    later_ = Pods("later-web");
    EXPECT_FALSE(ShopIsAsBackedUp());
  }

  std::string File() const { return scratch() + "/weft.tar"; }

  // Every pod of the shop answers as those did that the backup knows.
  bool ShopIsAsBackedUp() const {
    const Runs pods = Pods("shop-web");
    if (pods.size() != kReplicas) return false;
    for (int i = 0; i < kCalls; ++i) {
      if (!absl::StartsWith(hello::Get(endpoint_), "Hello from shop-web-")) return false;
    }
    return true;
  }

  std::string endpoint_;  // Of the shop.
  Runs bystander_, later_;
};

TEST_F(Backup, IsRestoredOverWhatCameSince) {
  ASSERT_EQ(Weft({"down"}).status, 0);
  const CommandResult refused = Weft({"restore", File()});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("--force"));
  const CommandResult restored = Weft({"restore", File(), "--force"});
  ASSERT_EQ(restored.status, 0) << restored.err;
  EXPECT_THAT(restored.out, HasSubstr(data().Below("replaced-")));
  ASSERT_EQ(Weft({"up", "--detach"}).status, 0);

  ASSERT_TRUE(AwaitConverged("shop", {{"shop-web", kReplicas}}));
  EXPECT_TRUE(Await("the shop as it was", [&] { return ShopIsAsBackedUp(); }));
  ASSERT_TRUE(AwaitConverged("bystander", {{"bystander-web", kReplicas}}));
  EXPECT_EQ(Disturbed(bystander_, Pods("bystander-web")), "");
  // What the backup does not know is left alone, and taken over when it is applied again.
  EXPECT_TRUE(absl::IsNotFound(Find("later").status()));
  EXPECT_EQ(Disturbed(later_, Pods("later-web")), "");
  ASSERT_EQ(Apply("later", Text({"later", 1})).status, 0);
  ASSERT_TRUE(AwaitConverged("later", {{"later-web", 1}}));
  EXPECT_EQ(Disturbed(later_, Pods("later-web")), "");
  // It goes on from there.
  ASSERT_EQ(Apply("shop", Text({"shop", 1, "Changed again"})).status, 0);
  ASSERT_TRUE(AwaitConverged("shop", {{"shop-web", 1}}));
}

// The runtime's own file is the one that went on: it knows newer generations than the core, as a
// cluster does.
TEST_F(Backup, IsRestoredIntoAnEmptyDirectoryForARuntimeThatWentOn) {
  ASSERT_EQ(Weft({"down"}).status, 0);
  const std::string other = scratch() + "/e", socket = data().Below("engine/docker.sock");
  setenv("WEFT_DATA", other.c_str(), 1);
  setenv("WEFT_ENGINE", ("unix://" + socket).c_str(), 1);
  const CommandResult restored = Weft({"restore", File()});
  ASSERT_EQ(restored.status, 0) << restored.err;
  const std::string database = other + "/runtime-local.db";
  std::filesystem::remove(database);
  ASSERT_TRUE(sqlite::Database::Copy(data().Below("runtime-local.db"), database).ok());
  const CommandResult up = Weft({"up", "--detach"});
  EXPECT_EQ(up.status, 0) << up.err;

  EXPECT_TRUE(Await("the shop as it was", [&] { return ShopIsAsBackedUp(); }));
  for (const char* name : {"shop", "bystander"}) {
    EXPECT_TRUE(Await(absl::StrCat(name, " is healthy"), [&] {
      return absl::StrContains(Weft({"status", name}).out, absl::StrCat(name, "  HEALTHY"));
    }));
  }
  EXPECT_EQ(Disturbed(bystander_, Pods("bystander-web")), "");
  EXPECT_EQ(Disturbed(later_, Pods("later-web")), "");
  const CommandResult down = Weft({"down"});
  EXPECT_EQ(down.status, 0) << down.err;
  setenv("WEFT_DATA", data().path().c_str(), 1);
  setenv("WEFT_ENGINE", "private", 1);
}

}  // namespace
}  // namespace weft::e2e
