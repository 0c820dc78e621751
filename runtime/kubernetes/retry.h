#pragma once

#include <functional>
#include <optional>

#include "absl/time/time.h"
#include "runtime/kubernetes/http.h"

namespace weft::kubernetes {

// How a failed request is tried again.
struct RetryRules {
  int attempts = 6;                                          // In all.
  absl::Duration first = absl::Milliseconds(100);            // Doubles each time...
  absl::Duration longest_back_off = absl::Seconds(2);        // ... up to here.
  absl::Duration longest_wait_asked_for = absl::Seconds(5);  // A longer Retry-After is not waited
                                                             // for.
};

// How long to wait before the request is sent again; nothing: `response` stands. Sent again are
// 429, 500, 502, 503 and 504, and what had no answer. `attempt` counts from 1; `random` is from [0,
// 1). Pure.
std::optional<absl::Duration> WaitBeforeRetry(const RetryRules& rules, int attempt,
                                              const absl::StatusOr<HttpResponse>& response,
                                              double random);

// Sends again what failed for a reason that passes. Only for requests that may be carried out
// twice: reads, server-side applies, deletions with preconditions. Thread-safe.
class RetryingServer final : public ApiServer {
 public:
  // `inner` outlives it. `wait` blocks for a duration; false: give up.
  RetryingServer(ApiServer& inner, RetryRules rules, std::function<bool(absl::Duration)> wait)
      : inner_(inner), rules_(rules), wait_(std::move(wait)) {}

  absl::StatusOr<HttpResponse> Send(const HttpRequest& request) override;

 private:
  ApiServer& inner_;
  const RetryRules rules_;
  const std::function<bool(absl::Duration)> wait_;
};

// Between 0 and 1, a number of its own for each thread.
double RandomFraction();

}  // namespace weft::kubernetes
