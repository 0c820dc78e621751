#include "runtime/kubernetes/retry.h"

#include <algorithm>
#include <random>

#include "runtime/kubernetes/api_status.h"

namespace weft::kubernetes {
namespace {

bool Passes(const absl::StatusOr<HttpResponse>& response) {
  if (!response.ok()) return true;
  switch (response->status) {
    case 500:  // Also a change of etcd's leader.
      return !IsMalformedApply(*response);
    case 429:
    case 502:
    case 503:
    case 504:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::optional<absl::Duration> WaitBeforeRetry(const RetryRules& rules, int attempt,
                                              const absl::StatusOr<HttpResponse>& response,
                                              double random) {
  if (attempt >= rules.attempts || !Passes(response)) return std::nullopt;
  const absl::Duration asked = response.ok() ? response->retry_after : absl::ZeroDuration();
  if (asked > rules.longest_wait_asked_for) return std::nullopt;
  absl::Duration back_off = rules.first;
  for (int i = 1; i < attempt; ++i) back_off = std::min(2 * back_off, rules.longest_back_off);
  // Half of it at random, so that those who failed together do not come together again.
  return std::max(asked, back_off / 2) + back_off / 2 * random;
}

absl::StatusOr<HttpResponse> RetryingServer::Send(const HttpRequest& request) {
  for (int attempt = 1;; ++attempt) {
    absl::StatusOr<HttpResponse> response = inner_.Send(request);
    const auto wait = WaitBeforeRetry(rules_, attempt, response, RandomFraction());
    if (!wait.has_value() || !wait_(*wait)) return response;
  }
}

double RandomFraction() {
  thread_local std::mt19937_64 engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(engine);
}

}  // namespace weft::kubernetes
