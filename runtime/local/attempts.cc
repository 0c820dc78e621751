#include "runtime/local/attempts.h"

#include <algorithm>
#include <spdlog/spdlog.h>

#include "core/base/status.h"

namespace weft::local {

constexpr absl::Duration kFirstRetry = absl::Seconds(1);
constexpr absl::Duration kLongestRetry = absl::Minutes(1);

bool EngineIsAway(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

absl::StatusOr<absl::Duration> Attempts::Try(const Attempt& attempt, Waiting& waiting) {
  Failure failure;
  {
    std::lock_guard lock(mutex_);
    const auto& failures = failures_[attempt.key];
    if (const auto found = failures.find(attempt.name); found != failures.end())
      failure = found->second;
  }
  if (failure.times > 0 && failure.retry_at > now_()) {
    waiting = failure.waiting;
    return failure.retry_at - now_();
  }
  if (attempt.image != nullptr) {
    WEFT_ASSIGN_OR_RETURN(
        const ImagePuller::Answer answer,
        images_.Ask({attempt.image->image, attempt.image->pull, attempt.key, attempt.logins}));
    waiting = {answer.reason, answer.message};
    if (!answer.present) return absl::InfiniteDuration();
  }
  const absl::Status started = attempt.start(failure.times > 0);
  if (EngineIsAway(started)) return started;
  std::lock_guard lock(mutex_);
  if (started.ok()) {
    failures_[attempt.key].erase(attempt.name);
    return absl::InfiniteDuration();
  }
  waiting = {attempt.image != nullptr ? "CreateContainerError" : attempt.reason,
             std::string(started.message())};
  spdlog::warn("msg=\"cannot start a container\" object={} what=\"{}\" error=\"{}\"", attempt.key,
               attempt.name, waiting.message);
  const absl::Duration wait =
      std::min(kFirstRetry * (1 << std::min(failure.times, 10)), kLongestRetry);
  failures_[attempt.key][attempt.name] = {waiting, now_() + wait, failure.times + 1};
  return wait;
}

void Attempts::Forget(const std::string& key) {
  std::lock_guard lock(mutex_);
  failures_.erase(key);
}

}  // namespace weft::local
