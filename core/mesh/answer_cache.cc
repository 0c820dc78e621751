#include "core/mesh/answer_cache.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <spdlog/spdlog.h>
#include <utility>
#include <vector>

#include "core/base/status.h"
#include "core/store/keys.h"
#include "core/store/records.pb.h"

namespace weft::mesh {
namespace {

constexpr absl::Duration kKept = absl::Hours(24 * 30);
constexpr absl::Duration kDay = absl::Hours(24);
constexpr std::chrono::minutes kFirst(5);  // A core that starts has other work.
constexpr std::chrono::hours kEvery(24);
constexpr std::chrono::minutes kAgain(1);  // After a failure.
constexpr absl::Duration kWriteWithin = absl::Milliseconds(100);
constexpr size_t kDeleted = 256;  // In one transaction.

struct Kept {
  int64_t unix_ms = 0;  // Last used. One that cannot be read: long ago.
  int64_t bytes = 0;
};

Kept KeptOf(const std::string& key, const std::string& value) {
  store::v1::CachedAnswer answer;
  return {.unix_ms = answer.ParseFromString(value) ? answer.used_unix_ms() : 0,
          .bytes = static_cast<int64_t>(key.size() + value.size())};
}

// From when on `answers` are kept: not before `oldest`, and not more than `room` bytes.
int64_t KeptSince(std::vector<Kept> answers, int64_t oldest, int64_t room) {
  std::ranges::sort(answers, std::greater<>(), &Kept::unix_ms);
  for (const Kept& answer : answers) {
    room -= answer.bytes;
    if (room < 0) return std::max(oldest, answer.unix_ms + 1);
  }
  return oldest;
}

}  // namespace

AnswerCache::AnswerCache(store::Store& store, int64_t limit) : store_(store), limit_(limit) {
  const auto first = store_.List(store::AnswerKey(""), "", 1);
  if (first.ok() && first->empty()) stored_.SetComplete();
}

AnswerCache::~AnswerCache() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void AnswerCache::Start() {
  thread_ = std::thread([this] { Run(); });
}

void AnswerCache::Run() {
  std::chrono::minutes delay = kFirst;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait_for(lock, delay, [this] { return stopping_ || bytes_ > limit_; });
    if (stopping_) return;
    lock.unlock();
    const bool trimmed = Trim(absl::Now()).ok();  // Else the store says what is wrong.
    lock.lock();
    if (!trimmed) wake_.wait_for(lock, kAgain, [this] { return stopping_.load(); });
    delay = kEvery;
  }
}

std::optional<provider::v1::RenderResponse> AnswerCache::Find(const std::string& key,
                                                              absl::Time now) {
  std::optional<std::string> bytes = recent_.Find(key);
  if (!bytes.has_value()) {
    if (!stored_.MayHave(key)) return std::nullopt;
    absl::StatusOr<std::string> stored = store_.Get(key);
    if (!stored.ok()) return std::nullopt;
    recent_.Put(key, *stored);
    bytes = *std::move(stored);
  }
  store::v1::CachedAnswer answer;
  if (!answer.ParseFromString(*bytes)) return std::nullopt;
  provider::v1::RenderResponse& response = *answer.mutable_response();
  if (now - absl::FromUnixMillis(answer.used_unix_ms()) > kDay) Keep(key, response, now);
  return std::move(response);
}

void AnswerCache::Keep(const std::string& key, provider::v1::RenderResponse& response,
                       absl::Time now) {
  store::v1::CachedAnswer answer;
  answer.set_used_unix_ms(absl::ToUnixMillis(now));
  answer.mutable_response()->Swap(&response);  // A copy takes longer than all else here.
  std::string bytes = answer.SerializeAsString();
  answer.mutable_response()->Swap(&response);
  const auto size = static_cast<int64_t>(key.size() + bytes.size());
  recent_.Put(key, bytes);
  stored_.Add(key);
  store::Transaction transaction;
  transaction.Put(key, std::move(bytes));
  store_.CommitLater(std::move(transaction), kWriteWithin);
  if ((bytes_ += size) > limit_) {
    std::lock_guard lock(mutex_);
    wake_.notify_all();
  }
}

absl::Status AnswerCache::Trim(absl::Time now) {
  const auto go_on = [this] {
    return stopping_ ? absl::CancelledError("stopping") : absl::OkStatus();
  };
  const int64_t added = bytes_;
  std::vector<Kept> answers;
  WEFT_RETURN_IF_ERROR(store::ForEach(store_, store::AnswerKey(""),
                                      [&](const std::string& key, const std::string& value) {
                                        answers.push_back(KeptOf(key, value));
                                        stored_.Add(key);
                                        return go_on();
                                      }));
  stored_.SetComplete();
  int64_t left = 0;
  for (const Kept& answer : answers) left += answer.bytes;
  const int64_t room = left > limit_ ? limit_ - limit_ / 4 : limit_;
  const int64_t since = KeptSince(std::move(answers), absl::ToUnixMillis(now - kKept), room);
  store::Transaction transaction;
  // One that is kept again meanwhile is asked for once more than it had to be.
  const auto commit = [&]() -> absl::Status {
    const std::vector<std::string> deleted = transaction.deletes;
    WEFT_RETURN_IF_ERROR(store_.Commit(std::exchange(transaction, {})));
    for (const std::string& key : deleted) stored_.Remove(key);
    return absl::OkStatus();
  };
  WEFT_RETURN_IF_ERROR(store::ForEach(
      store_, store::AnswerKey(""), [&](const std::string& key, const std::string& value) {
        const Kept answer = KeptOf(key, value);
        if (answer.unix_ms >= since) return go_on();
        if (store_.Get(key).value_or(value) != value) return go_on();  // Used meanwhile.
        recent_.Forget(key);
        transaction.Delete(key);
        left -= answer.bytes;
        return transaction.deletes.size() < kDeleted ? go_on() : commit();
      }));
  if (!transaction.deletes.empty()) WEFT_RETURN_IF_ERROR(commit());
  bytes_ += left - added;
  return absl::OkStatus();
}

}  // namespace weft::mesh
