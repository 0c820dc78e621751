#include "runtime/kubernetes/retry.h"

#include <gtest/gtest.h>
#include <vector>

namespace weft::kubernetes {
namespace {

HttpResponse Answer(int status, absl::Duration retry_after = absl::ZeroDuration()) {
  return {status, "", retry_after};
}

// Answers as it is told, the last one for ever.
class ScriptedServer final : public ApiServer {
 public:
  explicit ScriptedServer(std::vector<absl::StatusOr<HttpResponse>> answers)
      : answers_(std::move(answers)) {}
  absl::StatusOr<HttpResponse> Send(const HttpRequest&) override {
    return answers_[std::min(sent_++, answers_.size() - 1)];
  }
  size_t sent() const { return sent_; }

 private:
  const std::vector<absl::StatusOr<HttpResponse>> answers_;
  size_t sent_ = 0;
};

TEST(Retry, SendsAgainWhatPassesAndNothingElse) {
  const RetryRules rules;
  for (const int status : {429, 500, 502, 503, 504})
    EXPECT_TRUE(WaitBeforeRetry(rules, 1, Answer(status), 0).has_value()) << status;
  for (const int status : {200, 201, 400, 401, 403, 404, 409, 410, 422})
    EXPECT_FALSE(WaitBeforeRetry(rules, 1, Answer(status), 0).has_value()) << status;
  EXPECT_TRUE(WaitBeforeRetry(rules, 1, absl::UnavailableError("refused"), 0).has_value());
}

TEST(Retry, DoesNotSendAMalformedApplyAgainWhateverItsCode) {
  for (const char* text : {"failed to create typed patch object (d/web; ...",
                           "failed to convert new object (d/keys; ..."})
    EXPECT_EQ(WaitBeforeRetry({}, 1, HttpResponse{500, text, {}}, 0), std::nullopt) << text;
}

TEST(Retry, WaitsTwiceAsLongEachTimeWithHalfOfItAtRandom) {
  const RetryRules rules;
  EXPECT_EQ(WaitBeforeRetry(rules, 1, Answer(503), 0), absl::Milliseconds(50));
  EXPECT_EQ(WaitBeforeRetry(rules, 1, Answer(503), 0.5), absl::Milliseconds(75));
  EXPECT_EQ(WaitBeforeRetry(rules, 3, Answer(503), 0), absl::Milliseconds(200));
  EXPECT_EQ(WaitBeforeRetry({.attempts = 99}, 98, Answer(503), 0), absl::Seconds(1));
}

TEST(Retry, WaitsAsLongAsTheServerAsksUnlessThatIsTooLong) {
  const RetryRules rules;
  EXPECT_EQ(WaitBeforeRetry(rules, 1, Answer(429, absl::Seconds(3)), 0), absl::Seconds(3));
  EXPECT_EQ(WaitBeforeRetry(rules, 1, Answer(429, absl::Seconds(6)), 0), std::nullopt);
}

TEST(Retry, EndsAfterItsAttemptsWithTheLastAnswer) {
  ScriptedServer server({absl::UnavailableError("refused"), Answer(429), Answer(503)});
  RetryingServer retrying(server, {.attempts = 4}, [](absl::Duration) { return true; });
  EXPECT_EQ(retrying.Send({})->status, 503);
  EXPECT_EQ(server.sent(), 4);
}

TEST(Retry, EndsWithTheFirstAnswerThatStands) {
  ScriptedServer server({Answer(503), Answer(201), Answer(503)});
  RetryingServer retrying(server, {}, [](absl::Duration) { return true; });
  EXPECT_EQ(retrying.Send({})->status, 201);
  EXPECT_EQ(server.sent(), 2);
}

TEST(Retry, GivesUpWhenToldNotToWait) {
  ScriptedServer server({absl::UnavailableError("refused")});
  RetryingServer retrying(server, {}, [](absl::Duration) { return false; });
  EXPECT_TRUE(absl::IsUnavailable(retrying.Send({}).status()));
  EXPECT_EQ(server.sent(), 1);
}

}  // namespace
}  // namespace weft::kubernetes
