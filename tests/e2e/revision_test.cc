// What an application was, it can be again.
#include <gmock/gmock.h>

#include "tests/e2e/documents.h"
#include "tests/e2e/mesh.h"

namespace weft::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

class Revisions : public Mesh {};

TEST_F(Revisions, ARollbackBringsBackWhatWasThereWithoutAskingAProvider) {
  ImportHello();
  ASSERT_EQ(Apply("component", WebComponent()).status, 0);
  ASSERT_EQ(Apply("shop", Text({"shop", 2, "Hello"})).status, 0);
  ASSERT_TRUE(AwaitConverged("shop", {{"shop-web", 2}}));
  const std::string bad = WriteDocument("bad", Text({"shop", 3, "Goodbye"}));
  const CommandResult plan = Weft({"plan", "-f", bad});
  ASSERT_EQ(plan.status, 0) << plan.err;
  EXPECT_THAT(plan.out, HasSubstr("~ Deployment/shop-web\n"));
  EXPECT_THAT(plan.out, HasSubstr("/spec/replicas: 2 -> 3  [shop-web/manual-scaler]"));
  EXPECT_THAT(plan.out, HasSubstr("\"Hello\" -> \"Goodbye\"  [shop-web]"));
  EXPECT_THAT(plan.out, Not(HasSubstr("Service/shop-web")));
  const Runs before = Pods("shop-web");
  EXPECT_EQ(Pods("shop-web").size(), 2u) << "a plan changes nothing";
  ASSERT_EQ(Weft({"apply", "-f", bad, "--wait"}).status, 0);
  ASSERT_TRUE(AwaitConverged("shop", {{"shop-web", 3}}));

  // At night, with the provider that broke it: it is stopped, not only slow.
  Signal(kServer, SIGSTOP);
  const CommandResult rollback = Weft({"rollback", "shop"});
  EXPECT_EQ(rollback.status, 0) << rollback.err;
  EXPECT_EQ(rollback.out, "application/shop updated (generation 3), as it was at generation 1\n");
  Signal(kServer, SIGCONT);
  ASSERT_TRUE(AwaitConverged("shop", {{"shop-web", 2}}));
  for (const auto& [name, run] : Pods("shop-web"))
    EXPECT_FALSE(before.contains(name) && before.at(name).id == run.id) << name;
  const CommandResult history = Weft({"history", "shop"});
  EXPECT_THAT(history.out, HasSubstr("rolled back to 1  shop-web (web 1)"));
  const CommandResult again =
      Weft({"plan", "-f", WriteDocument("good", Text({"shop", 2, "Hello"}))});
  EXPECT_EQ(again.out, "application/shop unchanged\nno object changes\n");
}

}  // namespace
}  // namespace weft::e2e
