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
  const bool always = attempt.image != nullptr && attempt.image->pull == PullPolicy::kAlways;
  State state;
  {
    std::lock_guard lock(mutex_);
    auto& states = states_[attempt.key];
    if (const auto found = states.find(attempt.name); found != states.end()) state = found->second;
    if (always && (state.since == 0 || state.run != attempt.run)) {
      state.run = attempt.run;
      state.since = images_.Mark();
      states[attempt.name] = state;
    }
  }
  if (state.times > 0 && state.retry_at > now_()) {
    waiting = state.waiting;
    return state.retry_at - now_();
  }
  if (attempt.image != nullptr) {
    WEFT_ASSIGN_OR_RETURN(
        const ImagePuller::Answer answer,
        images_.Ask({attempt.image->image, attempt.image->pull != PullPolicy::kNever, attempt.key,
                     attempt.logins, always ? state.since : 0}));
    waiting = {answer.reason, answer.message};
    if (!answer.present) return absl::InfiniteDuration();
  }
  const absl::Status started = attempt.start(state.times > 0);
  if (EngineIsAway(started)) return started;
  std::lock_guard lock(mutex_);
  if (started.ok()) {
    states_[attempt.key].erase(attempt.name);
    return absl::InfiniteDuration();
  }
  waiting = {attempt.image != nullptr ? "CreateContainerError" : attempt.reason,
             std::string(started.message())};
  spdlog::warn("msg=\"cannot start a container\" object={} what=\"{}\" error=\"{}\"", attempt.key,
               attempt.name, waiting.message);
  const absl::Duration wait =
      std::min(kFirstRetry * (1 << std::min(state.times, 10)), kLongestRetry);
  states_[attempt.key][attempt.name] = {waiting, now_() + wait, state.times + 1};
  return wait;
}

void Attempts::Forget(const std::string& key) {
  std::lock_guard lock(mutex_);
  states_.erase(key);
}

}  // namespace weft::local
