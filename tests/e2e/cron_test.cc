// Sizes that follow the clock: cron-hpa on the real engine, whoever dies meanwhile.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <gmock/gmock.h>
#include <set>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "core/base/files.h"
#include "core/cli/testing.h"
#include "core/store/keys.h"
#include "core/store/records.pb.h"
#include "core/store/sqlite_store.h"
#include "tests/e2e/cron_steps.h"

namespace weft::e2e {
namespace {

using testing::HasSubstr;

// Two pods from second 0, 10, 20 ... on, one from second 5, 15, 25 ... on.
constexpr char kEveryFiveSeconds[] =
    R"({name: cron-hpa, properties: {jobs: [
        {name: up, schedule: "*/10 * * * * *", targetSize: 2},
        {name: down, schedule: "5/10 * * * * *", targetSize: 1}]}})";

class Cron : public CronSteps<Mesh> {};

TEST_F(Cron, MovesAComponentUpAndDownAndUpAgain) { MovesUpAndDownAndUpAgain(); }

TEST_F(Cron, ApplyingAgainDoesNotResetTheLiveSize) { KeepsTheLiveSizeWhenAppliedAgain(); }

TEST_F(Cron, WhoDiesOverAFireIsRightAtOnceAfterwards) {
  IsRightAtOnceWhoeverDiesOverAFire({kCron, kCore, kRuntime});
}

TEST_F(Cron, WithoutTheTraitItHasTheDocumentsSize) { HasTheDocumentsSizeWithoutTheTrait(); }

TEST_F(Cron, HandsOverToAFixedSizeAndBackWithoutAGap) {
  const std::string five = "{name: manual-scaler, properties: {replicaCount: 5}}";
  ASSERT_EQ(ApplyShop(five).status, 0);
  ASSERT_TRUE(AwaitSize(5));
  const Runs before = Pods("shop-web");
  std::atomic<bool> watching = true;
  std::atomic<size_t> least = 5;
  std::thread watcher([&] {
    while (watching) least = std::min<size_t>(least, Pods("shop-web").size());
  });
  for (const std::string& trait : {std::string(kFiveByTheClock), five}) {
    EXPECT_EQ(ApplyShop(trait).status, 0);
    EXPECT_TRUE(AwaitSize(5));
  }
  watching = false;
  watcher.join();
  EXPECT_EQ(Disturbed(before, Pods("shop-web")), "");
  EXPECT_EQ(least, 5u);
}

// The provider twice, and what both ask the core for.
class TwoReplicas : public Cron, public testing::WithParamInterface<int> {
 protected:
  void TearDown() override {
    second_.reset();
    Cron::TearDown();
  }

  // A second process of the provider, which the core knows by the first one's token.
  void StartSecond() {
    const std::string tokens = ReadFileOrEmpty(data().Below("tokens"));
    std::string token;
    for (const absl::string_view line : absl::StrSplit(tokens, '\n')) {
      if (absl::StartsWith(line, absl::StrCat(kCron, " ")))
        token = std::string(line.substr(line.find(' ') + 1));
    }
    ASSERT_NE(token, "") << tokens;
    const std::string file = scratch() + "/token";
    ASSERT_TRUE(WriteFileAtomically(file, token).ok());
    second_.emplace(
        std::vector<std::string>{"/bin/sh", "-c",
                                 absl::StrCat("WEFT_TOKEN_FD=3 exec ", WEFT_BIN_DIR, "/", kCron,
                                              " --listen unix:", scratch(), "/second.sock --core ",
                                              data().SocketAddress("core"), " 3< ", file)});
    ASSERT_TRUE(Await("the second replica watches", [&] {
      return absl::StrContains(second_->Text(), "watching instances");
    })) << second_->Text();
  }

  // Notes what was asked for since, until so many actions were noted, the last of them in an epoch
  // from `epoch` on.
  testing::AssertionResult AwaitActions(size_t count, uint64_t epoch = 0,
                                        absl::Duration limit = absl::Seconds(60)) {
    const auto store = store::OpenSqliteStore(data().Below("core.db"));
    if (!store.ok()) return testing::AssertionFailure() << store.status();
    return Await(
        absl::StrCat(count, " actions"),
        [&] {
          Note(**store);
          return actions_.size() >= count && LastEpoch() >= epoch;
        },
        limit);
  }
  void Note(store::Store& store) {
    const auto inventory = store.List(store::InventoryPrefix("default", "shop"));
    ASSERT_TRUE(inventory.ok()) << inventory.status();
    for (const auto& [key, bytes] : *inventory) {
      store::v1::InventoryRecord record;
      ASSERT_TRUE(record.ParseFromString(bytes));
      for (const store::v1::ClaimRecord& claim : record.claims())
        actions_[{claim.epoch(), claim.sequence()}] = claim.reason();
    }
  }
  uint64_t LastEpoch() const { return actions_.empty() ? 0 : actions_.rbegin()->first.first; }

  std::optional<cli::testing::Program> second_;
  std::map<std::pair<uint64_t, uint64_t>, std::string> actions_;  // By epoch and sequence: why.
};

TEST_P(TwoReplicas, OneActsAndWhenItIsGoneTheOtherAndNoFireActsTwice) {
  ASSERT_EQ(ApplyShop(kEveryFiveSeconds).status, 0);
  ASSERT_TRUE(AwaitActions(1));
  ASSERT_NO_FATAL_FAILURE(StartSecond());
  ASSERT_TRUE(AwaitActions(3));
  const uint64_t epoch = LastEpoch();
  EXPECT_EQ(actions_.begin()->first.first, epoch) << "who comes later stands by";

  if (GetParam() == SIGKILL) Signal(kSupervisor, SIGKILL);  // Nobody starts it again.
  Signal(kCron, GetParam());
  EXPECT_TRUE(AwaitActions(4, epoch + 1, absl::Seconds(15)));
  if (GetParam() == SIGSTOP) Signal(kCron, SIGCONT);  // It does not know what happened meanwhile.
  EXPECT_TRUE(AwaitActions(actions_.size() + 2, epoch + 1));

  std::set<std::string> reasons;
  std::map<uint64_t, uint64_t> count;  // By epoch.
  for (const auto& [order, reason] : actions_) {
    EXPECT_TRUE(reasons.insert(reason).second) << "twice: " << reason;
    EXPECT_EQ(order.second, ++count[order.first]) << "another action before: " << reason;
  }
  EXPECT_EQ(LastEpoch(), epoch + 1);
}

INSTANTIATE_TEST_SUITE_P(Ends, TwoReplicas, testing::Values(SIGKILL, SIGSTOP),
                         [](const auto& info) {
                           return std::string(info.param == SIGKILL ? "Killed" : "Stopped");
                         });

}  // namespace
}  // namespace weft::e2e
