#include "core/mesh/breaker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

namespace weft::mesh {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Verdict = Breaker::Verdict;

// Over a clock that tests move.
class BreakerTest : public testing::Test {
 protected:
  // Asks and is answered; false: it may not ask.
  bool Ask(uint64_t request, const std::string& application, Verdict verdict) {
    const auto pass = breaker_.Admit(request, application);
    if (!pass.ok()) return false;
    breaker_.Answered(*pass, verdict, "too slow");
    return true;
  }
  std::string WhyNot(uint64_t request) {
    return std::string(breaker_.Admit(request, "shop").status().message());
  }
  // Failures of other requests each, of so many applications in turn.
  void Fail(size_t calls, size_t applications) {
    for (size_t i = 0; i < calls; ++i)
      ASSERT_TRUE(Ask(++other_, absl::StrCat("app", i % applications), Verdict::kFailed));
  }

  Breaker::Clock::time_point now_{};
  double random_ = 0;
  uint64_t other_ = 1000;
  Breaker breaker_{{.now = [this] { return now_; }, .random = [this] { return random_; }}};
};

TEST_F(BreakerTest, ALateAnswerIsChargedToItsRequestWithABackOffThatDoubles) {
  for (const auto backoff : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    ASSERT_TRUE(Ask(1, "shop", Verdict::kFailed));
    EXPECT_THAT(WhyNot(1),
                HasSubstr(absl::StrCat("too slow; it is asked again in ", backoff.count(), " s")));
    ASSERT_TRUE(Ask(2, "shop", Verdict::kGood)) << "another request";
    now_ += backoff - 1ms;
    EXPECT_FALSE(Ask(1, "shop", Verdict::kGood));
    now_ += 1ms;
  }
  ASSERT_TRUE(Ask(1, "shop", Verdict::kGood));
  ASSERT_TRUE(Ask(1, "shop", Verdict::kFailed));
  now_ += 1s;
  EXPECT_TRUE(Ask(1, "shop", Verdict::kGood)) << "a good answer ends the doubling";
}

TEST_F(BreakerTest, ABackOffIsUpToAFifthShorter) {
  random_ = 0.5;
  ASSERT_TRUE(Ask(1, "shop", Verdict::kFailed));
  now_ += 899ms;
  EXPECT_FALSE(Ask(1, "shop", Verdict::kGood));
  now_ += 1ms;
  EXPECT_TRUE(Ask(1, "shop", Verdict::kGood));
}

TEST_F(BreakerTest, CallsThatFailTogetherAreOneFailure) {
  const auto first = breaker_.Admit(1, "shop"), second = breaker_.Admit(1, "shop");
  now_ += 2s;
  breaker_.Answered(*first, Verdict::kFailed, "too slow");
  breaker_.Answered(*second, Verdict::kFailed, "too slow");
  now_ += 1s;
  EXPECT_TRUE(breaker_.Admit(1, "shop").ok());
}

TEST_F(BreakerTest, ABadAnswerIsChargedForEver) {
  ASSERT_TRUE(Ask(1, "shop", Verdict::kRefused));
  now_ += 24h;
  breaker_.Reset();
  EXPECT_THAT(WhyNot(1), HasSubstr("when the request or the provider's program is another"));
}

TEST_F(BreakerTest, RemembersTheLatestChargesOnly) {
  for (uint64_t request = 1; request <= Breaker::kCharges + 1; ++request) {
    // Good ones between, so that the breaker stays closed.
    ASSERT_TRUE(Ask(request, "shop", Verdict::kRefused));
    ASSERT_TRUE(Ask(0, "shop", Verdict::kGood));
  }
  EXPECT_TRUE(breaker_.Admit(1, "shop").ok());
  EXPECT_FALSE(breaker_.Admit(2, "shop").ok());
}

TEST_F(BreakerTest, WhatIsAwayCountsForNothing) {
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Ask(1, absl::StrCat("app", i), Verdict::kAway));
  EXPECT_EQ(breaker_.WhyOpen(), "");
}

TEST_F(BreakerTest, OpensWhenMoreThanHalfOfTheLastAnswersFailedOfThreeApplications) {
  for (size_t i = 0; i < 2 * Breaker::kWindow; ++i) ASSERT_TRUE(Ask(1, "shop", Verdict::kGood));
  Fail(10, 3);
  EXPECT_EQ(breaker_.WhyOpen(), "");
  Fail(1, 3);
  EXPECT_EQ(
      breaker_.WhyOpen(),
      "11 of its last 20 answers were late or could not be used, the last: too slow; one call "
      "tries it in 1 s");
  EXPECT_EQ(WhyNot(1), breaker_.WhyOpen());
}

TEST_F(BreakerTest, OneOrTwoApplicationsDoNotOpenIt) {
  Fail(100, 2);
  EXPECT_EQ(breaker_.WhyOpen(), "");
}

TEST_F(BreakerTest, AfterABackOffOneCallTriesAndAGoodAnswerClosesIt) {
  Fail(11, 3);
  now_ += 1s;
  EXPECT_EQ(breaker_.WhyOpen(), "") << "the next call may be made";
  const auto trial = breaker_.Admit(1, "shop");
  ASSERT_TRUE(trial.ok());
  EXPECT_THAT(WhyNot(2), HasSubstr("one call is trying it"));
  EXPECT_TRUE(breaker_.Answered(*trial, Verdict::kGood, ""));
  EXPECT_EQ(breaker_.WhyOpen(), "");
  Fail(10, 3);  // It counts from nothing.
  EXPECT_EQ(breaker_.WhyOpen(), "");
}

TEST_F(BreakerTest, ATrialThatFailsDoublesTheBackOff) {
  Fail(11, 3);
  now_ += 1s;
  ASSERT_TRUE(Ask(1, "shop", Verdict::kFailed));
  now_ += 1999ms;
  EXPECT_FALSE(Ask(2, "shop", Verdict::kGood));
  now_ += 1ms;
  EXPECT_TRUE(Ask(2, "shop", Verdict::kGood));
}

TEST_F(BreakerTest, ATrialThatFindsNobodyLeavesTheNextToTry) {
  Fail(11, 3);
  now_ += 1s;
  ASSERT_TRUE(Ask(1, "shop", Verdict::kAway));
  EXPECT_TRUE(Ask(2, "shop", Verdict::kGood));
  EXPECT_EQ(breaker_.WhyOpen(), "");
}

TEST_F(BreakerTest, WhatWasAskedBeforeItOpenedDoesNotCloseIt) {
  const auto before = breaker_.Admit(1, "shop");
  Fail(11, 3);
  EXPECT_FALSE(breaker_.Answered(*before, Verdict::kGood, ""));
  EXPECT_NE(breaker_.WhyOpen(), "");
}

TEST_F(BreakerTest, AnotherProcessStartsAnew) {
  Fail(11, 3);
  breaker_.Reset();
  EXPECT_EQ(breaker_.WhyOpen(), "");
  EXPECT_TRUE(Ask(other_, "shop", Verdict::kGood)) << "the charges are forgotten too";
}

TEST_F(BreakerTest, AnswersThatWillAlwaysBeWrongPutItInQuarantineUntilItIsReleased) {
  for (size_t i = 0; i < 11; ++i) {
    ASSERT_TRUE(Ask(100 + i, absl::StrCat("app", i % 3), Verdict::kRefused));
  }
  EXPECT_THAT(breaker_.WhyOpen(),
              HasSubstr("it is in quarantine until its program is another or somebody"));
  now_ += 24h;
  breaker_.Reset();
  EXPECT_EQ(WhyNot(1), breaker_.WhyOpen()) << "no call tries it, and a connection is no cure";
  breaker_.Release();
  EXPECT_EQ(breaker_.WhyOpen(), "");
  EXPECT_TRUE(Ask(100, "app0", Verdict::kGood)) << "the charges are forgotten too";
}

TEST_F(BreakerTest, WrongAnswersAmongLateOnesAreNoQuarantine) {
  for (size_t i = 0; i < 10; ++i) {
    ASSERT_TRUE(Ask(100 + i, absl::StrCat("app", i % 3), Verdict::kRefused));
  }
  Fail(1, 3);
  EXPECT_THAT(breaker_.WhyOpen(), HasSubstr("one call tries it"));
}

TEST(Breaker, MayBeUsedFromManyThreads) {
  constexpr int kThreads = 8, kCalls = 2000;
  Breaker breaker({.now = Breaker::Clock::now, .random = [] { return 0.0; }});
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&breaker, t] {
      for (int i = 0; i < kCalls; ++i) {
        const auto pass = breaker.Admit(i % 50, absl::StrCat("app", t));
        if (pass.ok()) breaker.Answered(*pass, static_cast<Verdict>(i % 4), "why");
        if (i % 100 == 0) breaker.Reset();
        breaker.WhyOpen();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  breaker.Reset();
  EXPECT_EQ(breaker.WhyOpen(), "");
}

}  // namespace
}  // namespace weft::mesh
