#include "core/scheduler/finalizer.h"

#include <gmock/gmock.h>
#include <memory>

#include "core/scheduler/finalizer_testing.h"
#include "core/scheduler/leaving.h"

namespace weft::scheduler {
namespace {

namespace pb = ::weft::provider::v1;
using testing::Contains;
using testing::IsEmpty;
using testing::SizeIs;

// The object itself, without a scheduler; "queue" of front leaves.
class FinalizerAloneTest : public FinalizerTest {
 protected:
  void SetUp() override {
    FinalizerTest::SetUp();
    Apply(kQueue);
    Apply("");
    observed_.complete = true;
    now_ = absl::Now();
  }
  std::unique_ptr<Finalizer> Make() {
    return std::make_unique<Finalizer>(
        core_.store, core_.providers(), core_.events, [](const std::string&) {},
        [this] { return now_; });
  }
  absl::Duration Ask(Finalizer& finalizer) {
    return finalizer.Ask(Record(), *ReadInventory(core_.store, "default", "shop"), observed_);
  }
  void Set(const std::string& instance, const absl::StatusOr<pb::FinalizeResponse>& answer) {
    std::lock_guard lock(mutex_);
    answers_.insert_or_assign(instance, answer);
  }
  bool IsWanted(const std::string& object) {
    return ReadInventory(core_.store, "default", "shop")->at(object).wanted();
  }

  absl::Time now_;
  Observed::View observed_;
};

TEST_F(FinalizerAloneTest, ADoneThatWasNotStoredIsAskedForAgain) {
  Set(kQueueKey, DoneAnswer());
  auto finalizer = Make();
  Ask(*finalizer);
  EXPECT_THAT(Asked(), SizeIs(1));
  finalizer = Make();
  ASSERT_TRUE(finalizer->Store(kShop).ok());
  EXPECT_TRUE(IsWanted(kConfig));
  Ask(*finalizer);
  EXPECT_THAT(Asked(), SizeIs(2));
  ASSERT_TRUE(finalizer->Store(kShop).ok());
  EXPECT_FALSE(IsWanted(kConfig));
  EXPECT_TRUE(IsWanted(kFront));
  EXPECT_THAT(Record().leaving(), IsEmpty());
  EXPECT_EQ(Record().generation(), 2);
  finalizer = Make();
  ASSERT_TRUE(finalizer->Store(kShop).ok());
  EXPECT_EQ(Ask(*finalizer), absl::InfiniteDuration());
  EXPECT_THAT(Asked(), SizeIs(2));
}

TEST_F(FinalizerAloneTest, ADoneOfAnEarlierTimeLetsNobodyGo) {
  Set(kQueueKey, DoneAnswer());
  auto finalizer = Make();
  Ask(*finalizer);
  Apply(kQueue);
  const auto before = Record();
  ASSERT_TRUE(finalizer->Store(kShop).ok());
  EXPECT_EQ(Record().instances(0).traits_size(), 1);
  EXPECT_TRUE(IsWanted(kConfig));
  EXPECT_EQ(Record().SerializeAsString(), before.SerializeAsString());
}

TEST_F(FinalizerAloneTest, NobodyIsAskedWhileItIsNotKnownWhatIsOnThePlatform) {
  auto finalizer = Make();
  observed_.complete = false;
  Ask(*finalizer);
  EXPECT_THAT(Asked(), IsEmpty());
  EXPECT_EQ(finalizer->WaitsFor(Record().leaving(0), Record(), observed_),
            "it is not known what is on the platform");
}

TEST_F(FinalizerAloneTest, IsAskedAgainInTimeOrWhenThePlatformSaysSomethingNew) {
  const std::vector<std::pair<absl::Duration, absl::Duration>> cases = {
      {absl::ZeroDuration(), absl::Seconds(1)},
      {absl::Seconds(7), absl::Seconds(7)},
      {absl::Hours(1), absl::Minutes(1)}};
  auto finalizer = Make();
  size_t asked = 0;
  for (const auto& [said, kept] : cases) {
    Set(kQueueKey, Wait("more", said));
    EXPECT_LE(Ask(*finalizer), absl::Minutes(10));
    EXPECT_THAT(Asked(), SizeIs(++asked));
    EXPECT_EQ(Ask(*finalizer), kept);
    EXPECT_THAT(Asked(), SizeIs(asked));
    now_ += kept;
  }
  Ask(*finalizer);
  EXPECT_THAT(Asked(), SizeIs(++asked));
  observed_.objects[kFront].set_owner("default/shop/front");
  Ask(*finalizer);
  EXPECT_THAT(Asked(), SizeIs(++asked));
}

TEST_F(FinalizerAloneTest, AFailureIsTriedAgainWithABackOffThatDoubles) {
  Set(kQueueKey, absl::UnavailableError("it is away"));
  auto finalizer = Make();
  for (const int seconds : {1, 2, 4, 8, 16, 32, 60, 60}) {
    const size_t asked = Asked().size();
    Ask(*finalizer);
    ASSERT_THAT(Asked(), SizeIs(asked + 1));
    const absl::Duration again = Ask(*finalizer);
    EXPECT_LE(again, absl::Seconds(seconds));
    EXPECT_GE(again, absl::Seconds(seconds) * 4 / 5);
    now_ += again;
  }
  EXPECT_EQ(finalizer->WaitsFor(Record().leaving(0), Record(), observed_),
            "the provider traits failed: it is away");
  const size_t asked = Asked().size();
  Ask(*finalizer);
  finalizer->RetryFailed();
  Ask(*finalizer);
  EXPECT_THAT(Asked(), SizeIs(asked + 2));
}

TEST_F(FinalizerAloneTest, ThatItIsBlockedIsToldOnceByAnyCore) {
  Set(kQueueKey, Wait("2 messages are left"));
  auto finalizer = Make();
  Ask(*finalizer);
  now_ += kBlockedAfter;
  Ask(*finalizer);
  Ask(*finalizer);
  finalizer = Make();
  Ask(*finalizer);
  Ask(*finalizer);
  EXPECT_THAT(core_.EventsOf(),
              Contains("FinalizeBlocked " + std::string(kQueueKey) +
                       " x1: the provider traits has not let it go for 10 min: 2 messages are "
                       "left (provider/traits)"));
}

}  // namespace
}  // namespace weft::scheduler
